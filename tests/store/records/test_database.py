"""Connections, transactions, schema version and backup of the records' file."""

import sqlite3
import threading
from types import SimpleNamespace

import pytest

from muster.errors import Conflict, SettingsError, Unavailable
from muster.store.records import database as database_module
from muster.store.records.database import MEMORY, Database, holds_anything
from muster.store.records.migrations import MIGRATIONS


@pytest.fixture
def path(tmp_path):
    return tmp_path / "records.sqlite"


@pytest.fixture
def database(path):
    database = Database(path)
    database.open()
    yield database
    database.close()


def add(database, name):
    with database.change() as writer:
        writer.execute("INSERT INTO spaces (id, name) VALUES (?, ?)", (name, name))


def names(database):
    return [row[0] for row in database.all("SELECT name FROM spaces ORDER BY name")]


def test_the_file_is_for_its_owner_alone(database, path):
    add(database, "one")

    assert {each.stat().st_mode & 0o777 for each in path.parent.iterdir()} == {0o600}


def test_what_was_written_is_there_after_a_restart(database, path):
    add(database, "one")
    database.close()
    database.open()

    assert names(database) == ["one"]


def test_records_in_memory_begin_with_the_schema_of_a_file_and_share_nothing(database):
    first, second = Database(MEMORY), Database(MEMORY)
    first.open()
    add(first, "one")
    second.open()
    schema = "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name"

    assert (names(first), names(second)) == (["one"], [])
    assert second.all(schema) == database.all(schema)
    assert second.one("PRAGMA foreign_keys") == (1,)
    for each in first, second:
        each.close()


def test_every_transaction_is_synced_and_foreign_keys_hold(database):
    with database.change() as writer:
        found = {
            name: writer.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }

    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    with pytest.raises(Conflict), database.change() as writer:
        writer.execute("INSERT INTO rooms (id, space, name) VALUES ('r', 'no such space', 'r')")


def test_a_change_that_raises_is_undone_whole(database):
    with pytest.raises(KeyError), database.change() as writer:
        writer.execute("INSERT INTO spaces (id, name) VALUES ('one', 'one')")
        raise KeyError

    assert names(database) == []
    add(database, "two")
    assert names(database) == ["two"]


def test_readers_do_not_wait_for_a_writer(database):
    add(database, "one")
    with database.change() as writer:
        writer.execute("INSERT INTO spaces (id, name) VALUES ('two', 'two')")
        seen = []
        reader = threading.Thread(target=lambda: seen.append(names(database)))
        reader.start()
        reader.join(60)

    assert seen == [["one"]]


def test_a_table_is_what_its_rows_are_one_by_one(database):
    texts = ["", "a", 'quoted "\\', "two\nlines", "\x01", "\u2028ö", None]
    numbers = [0, -1, 2**63 - 1, -(2**63), None, 1, 1_790_000_000_000_000_001]
    rows = list(zip(texts, numbers, strict=True))
    sql = f"VALUES {', '.join(['(?, ?)'] * len(rows))}"
    values = [each for row in rows for each in row]

    assert database.table(sql, values, columns=2) == database.all(sql, values) == rows
    assert database.table("SELECT 1 WHERE 0", columns=1) == []


def test_writers_take_turns(database):
    threads = [threading.Thread(target=add, args=(database, f"{each:03}")) for each in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(names(database)) == 40


def test_a_newer_schema_is_refused_and_left_alone(database, path):
    database.close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    before = path.read_bytes()

    with pytest.raises(SettingsError, match="newer than this Muster"):
        Database(path).open()
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_refused(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.commit()
    connection.close()

    with pytest.raises(SettingsError, match="not of Muster"):
        Database(path).open()


def test_a_file_that_is_no_database_is_refused(path):
    path.write_bytes(b"hello world, this is no database at all" * 100)

    with pytest.raises(SettingsError, match="restore it from a backup"):
        Database(path).open()


def test_damage_found_while_it_runs_is_not_blamed_on_who_asks(database, path):
    add(database, "one")
    root = database.one("SELECT rootpage FROM sqlite_schema WHERE name = 'spaces'")[0]
    size = database.one("PRAGMA page_size")[0]
    database.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    database.open()

    with pytest.raises(Unavailable, match=r"malformed.*restore it from a backup"):
        database.all("SELECT * FROM spaces")


def test_what_never_had_a_schema_holds_nothing(tmp_path, database, path):
    (tmp_path / "empty").touch()
    (tmp_path / "torn").write_bytes(b"x" * 5000)
    # Killed before its first checkpoint: all but the first page lies in the log.
    (tmp_path / "head").write_bytes(path.read_bytes()[:4096])
    held = {name: holds_anything(tmp_path / name) for name in ("absent", "empty", "torn", "head")}

    assert held == {"absent": False, "empty": False, "torn": True, "head": False}
    assert holds_anything(path)


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(Unavailable, match="No such file"):
        Database(tmp_path / "gone" / "records.sqlite").open()


def test_a_closed_database_says_so(database):
    database.close()

    with pytest.raises(Unavailable, match="closed"):
        database.all("SELECT 1")


def test_a_full_disk_loses_the_change_and_nothing_else(database):
    add(database, "one")
    with database.change() as writer:
        pages = writer.execute("PRAGMA page_count").fetchone()[0]
        writer.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(Unavailable, match="full"), database.change() as writer:
        for number in range(10_000):
            writer.execute(
                "INSERT INTO spaces (id, name) VALUES (?, ?)",
                (f"x{number}", "y" * 500 + str(number)),
            )
    with database.change() as writer:
        writer.execute("PRAGMA max_page_count = 1000000")
    add(database, "two")

    assert names(database) == ["one", "two"]


def test_an_error_on_a_full_disk_names_the_cause(tmp_path, monkeypatch):
    usage = SimpleNamespace(free=4096)
    monkeypatch.setattr(database_module.shutil, "disk_usage", lambda _: usage)
    (tmp_path / "records.sqlite").mkdir()

    with pytest.raises(Unavailable, match=r"records\.sqlite"):
        Database(tmp_path / "records.sqlite").open()
    assert database_module._full(tmp_path / "r") == " (the disk is full)"
    usage.free = 1 << 30
    assert database_module._full(tmp_path / "r") == ""


def test_a_backup_while_writing_is_whole_private_and_one_file(database, path, tmp_path):
    target = tmp_path / "copy" / "records.sqlite"
    target.parent.mkdir()
    for number in range(200):
        add(database, f"{number:03}")
    stop = threading.Event()

    def write_on():
        number = 1000
        while not stop.is_set():
            add(database, f"x{number}")
            number += 1

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        database.backup(target)
    finally:
        stop.set()
        writer.join(60)
    copy = Database(target)
    copy.open()
    found = names(copy)
    copy.close()

    assert found[:200] == [f"{number:03}" for number in range(200)]
    assert target.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in target.parent.iterdir()] == ["records.sqlite"]


def test_a_backup_never_overwrites(database, tmp_path):
    target = tmp_path / "copy.sqlite"
    target.write_bytes(b"precious")

    with pytest.raises(Unavailable, match="File exists"):
        database.backup(target)
    assert target.read_bytes() == b"precious"

"""The records as one thing: open, close, back up."""

import re
from pathlib import Path

from muster.model.access import AuditEvent
from muster.model.inventory import Space
from muster.ports.records import Records
from muster.store.records.records import SqliteRecords

EVENT = AuditEvent(time_ns=1, actor="a", action="t", object="o", address="", outcome="ok")


def test_making_them_touches_no_disk(tmp_path):
    SqliteRecords(path=tmp_path / "records.sqlite")

    assert list(tmp_path.iterdir()) == []


def test_a_backup_opens_as_records(tmp_path):
    with SqliteRecords(path=tmp_path / "records.sqlite") as records:
        records.nodes.create_space(Space("s", "Home"), EVENT)
        records.backup(tmp_path / "copy.sqlite")
    with SqliteRecords(path=tmp_path / "copy.sqlite") as copy:
        assert copy.nodes.spaces() == [Space("s", "Home")]


def test_they_are_what_core_asks_for(tmp_path):
    records: Records = SqliteRecords(path=tmp_path / "records.sqlite")

    assert {"nodes", "tokens", "people", "audit"} <= vars(records).keys()


def test_a_backup_knows_since_when_it_is_in_use(tmp_path):
    with SqliteRecords(path=tmp_path / "records.sqlite") as records:
        records.begin(5)
        records.backup(tmp_path / "copy.sqlite")
        assert records.nodes.restored_ns() == 0
    with SqliteRecords(path=tmp_path / "copy.sqlite") as copy:
        copy.begin(7)
        copy.begin(9)
        assert copy.nodes.restored_ns() == 7
        copy.backup(tmp_path / "again.sqlite")
    with SqliteRecords(path=tmp_path / "again.sqlite") as again:
        again.begin(11)
        assert again.nodes.restored_ns() == 11


def test_records_of_the_first_schema_are_brought_up_to_date(tmp_path):
    import sqlite3

    from muster.store.records.database import APPLICATION_ID
    from muster.store.records.migrations import MIGRATIONS

    connection = sqlite3.connect(tmp_path / "records.sqlite")
    connection.executescript(MIGRATIONS[0])
    connection.execute("INSERT INTO spaces (id, name) VALUES ('s', 'Home')")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()
    with SqliteRecords(path=tmp_path / "records.sqlite") as records:
        assert records.nodes.spaces() == [Space("s", "Home", main=True)]
        assert records.nodes.restored_ns() == 0


def test_every_table_is_on_the_page_of_the_format(tmp_path):
    page = (Path(__file__).parents[3] / "docs/formats/records.md").read_text()
    told = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`[^|]*) \|", page, re.MULTILINE))))
    with SqliteRecords(path=tmp_path / "records.sqlite") as records:
        rows = records._database.all(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        )

    assert {name for (name,) in rows} == told

"""What of the records' tables is counted, and when."""

import pytest

from muster.store.records.database import MEMORY, Database
from muster.store.records.watchedtables import Subject

NODE = (
    "INSERT INTO nodes (id, space, name, created_ns, last_seen_ns, revoked_ns, revoked_reason,"
    " renamed_from, facts) VALUES ('n', 's', 'web', 1, 1, 0, '', '', '{}')"
)
TOKEN = (
    "INSERT INTO tokens (id, space, proof_key, created_ns, expires_ns, uses, used, revoked_ns,"
    " created_by, description) VALUES ('t', 's', 'key', 1, 2, 3, 0, 0, '', '')"
)
CREDENTIAL = "INSERT INTO credentials VALUES ('hash', '1', 'n', 'key', 'ca', 1, 2, 'active', 0)"


@pytest.fixture(params=["file", "memory"])
def database(request, tmp_path):
    database = Database(tmp_path / "records.sqlite" if request.param == "file" else MEMORY)
    database.open()
    change(
        database,
        "INSERT INTO spaces (id, name) VALUES ('s', 'Home')",
        "INSERT INTO rooms (id, space, name) VALUES ('r', 's', 'Hall')",
        NODE,
        CREDENTIAL,
        TOKEN,
        "INSERT INTO node_rooms VALUES ('n', 'r')",
    )
    yield database
    database.close()


def change(database, *statements):
    with database.change() as writer:
        for statement in statements:
            writer.execute(statement)


def counted(database, *statements):
    """The subjects that a change counts for."""
    before = {subject: database.watched.count(subject) for subject in Subject}
    change(database, *statements)
    return {subject for subject in Subject if database.watched.count(subject) != before[subject]}


@pytest.mark.parametrize(
    ("statement", "subjects"),
    [
        ("UPDATE nodes SET name = 'db'", {Subject.NODES}),
        ("UPDATE nodes SET facts = '{}', address = '::1'", {Subject.NODES}),
        ("UPDATE nodes SET dialect = 'netdata'", {Subject.NODES}),
        ("UPDATE nodes SET last_seen_ns = 2", set()),
        (NODE.replace("'n'", "'m'").replace("'web'", "'db'"), {Subject.NODES}),
        ("DELETE FROM node_rooms", {Subject.NODES}),
        ("UPDATE credentials SET state = 'retired'", {Subject.CREDENTIALS}),
        ("DELETE FROM credentials", {Subject.CREDENTIALS}),
        ("UPDATE spaces SET name = 'House'", set()),
        ("UPDATE tokens SET used = 1", set()),
        ("UPDATE tokens SET revoked_ns = 1", {Subject.TOKENS}),
        ("DELETE FROM tokens", {Subject.TOKENS}),
    ],
)
def test_a_subject_is_counted_when_its_rows_change_and_no_other(database, statement, subjects):
    assert counted(database, statement) == subjects


def test_rows_that_go_with_others_are_counted_as_well(database):
    assert counted(database, "DELETE FROM nodes") == {Subject.NODES, Subject.CREDENTIALS}


def test_a_room_that_is_removed_counts_for_the_nodes_in_it(database):
    assert counted(database, "DELETE FROM rooms") == {Subject.NODES}


def test_nothing_is_counted_before_others_can_see_it(database):
    with database.change() as writer:
        before = database.watched.count(Subject.NODES)
        writer.execute("UPDATE nodes SET name = 'db'")
        meanwhile = database.watched.count(Subject.NODES)

    assert meanwhile == before
    assert database.watched.count(Subject.NODES) == before + 1


def test_a_change_that_fails_may_count_and_the_next_one_does(database):
    with pytest.raises(RuntimeError), database.change() as writer:
        writer.execute("UPDATE nodes SET name = 'db'")
        raise RuntimeError

    assert counted(database, "UPDATE nodes SET name = 'db'") == {Subject.NODES}


def test_the_file_knows_nothing_of_it(database):
    assert not database.all("SELECT 1 FROM main.sqlite_schema WHERE name LIKE 'watched%'")


def test_every_column_that_a_later_schema_adds_is_counted(tmp_path):
    database = Database(tmp_path / "records.sqlite")
    database.open()
    change(
        database,
        "INSERT INTO spaces (id, name) VALUES ('s', 'Home')",
        NODE,
        "ALTER TABLE nodes ADD COLUMN colour TEXT",
    )
    database.close()
    database.open()

    assert counted(database, "UPDATE nodes SET colour = 'red'") == {Subject.NODES}
    database.close()

"""The twentieth step adds marks of nodes."""

import sqlite3

from muster.store.records.database import APPLICATION_ID
from muster.store.records.migrations import MIGRATIONS, v0020_node_marks
from muster.store.records.records import SqliteRecords


def test_it_is_the_twentieth_step():
    assert MIGRATIONS[19] == v0020_node_marks.SQL


def test_records_of_before_have_none(tmp_path):
    path = tmp_path / "records.sqlite"
    connection = sqlite3.connect(path)
    for sql in MIGRATIONS[:19]:
        connection.executescript(sql)
    connection.executescript(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 19;")
    connection.close()
    with SqliteRecords(path=path) as records:
        assert records.marks.marks("any") == []

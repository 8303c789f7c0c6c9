"""The eighteenth step adds public links to dashboards."""

import sqlite3

from muster.store.records.database import APPLICATION_ID
from muster.store.records.migrations import MIGRATIONS, v0018_dashboard_links
from muster.store.records.records import SqliteRecords


def test_it_is_the_eighteenth_step():
    assert MIGRATIONS[17] == v0018_dashboard_links.SQL


def test_records_of_before_have_none(tmp_path):
    path = tmp_path / "records.sqlite"
    connection = sqlite3.connect(path)
    for sql in MIGRATIONS[:17]:
        connection.executescript(sql)
    connection.executescript(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 17;")
    connection.close()
    with SqliteRecords(path=path) as records:
        assert records.dashboard_links.links("any") == []

"""The seventeenth step adds the ids under which points of databases are kept."""

import sqlite3

from muster.store.records.database import APPLICATION_ID
from muster.store.records.migrations import MIGRATIONS, v0017_influx_stocks
from muster.store.records.records import SqliteRecords


def test_it_is_the_seventeenth_step():
    assert MIGRATIONS[16] == v0017_influx_stocks.SQL


def test_records_of_before_have_none(tmp_path):
    path = tmp_path / "records.sqlite"
    connection = sqlite3.connect(path)
    for sql in MIGRATIONS[:16]:
        connection.executescript(sql)
    connection.executescript(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 16;")
    connection.close()
    with SqliteRecords(path=path) as records:
        assert records.influx_stocks.stocks() == []

"""The sixteenth step adds databases and users of InfluxDB's wire."""

import sqlite3

from muster.store.records.database import APPLICATION_ID
from muster.store.records.migrations import MIGRATIONS, v0016_influx
from muster.store.records.records import SqliteRecords


def test_it_is_the_sixteenth_step():
    assert MIGRATIONS[15] == v0016_influx.SQL


def test_records_of_before_have_neither(tmp_path):
    path = tmp_path / "records.sqlite"
    connection = sqlite3.connect(path)
    for sql in MIGRATIONS[:15]:
        connection.executescript(sql)
    connection.executescript(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 15;")
    connection.close()
    with SqliteRecords(path=path) as records:
        assert records.influx.databases() == []
        assert records.influx.users() == []
        assert records.influx_shards.shards() == []

"""The eleventh step adds certificates of other services."""

import sqlite3

from muster.store.records.database import APPLICATION_ID
from muster.store.records.migrations import MIGRATIONS, v0011_services
from muster.store.records.records import SqliteRecords


def test_it_is_the_eleventh_step():
    assert MIGRATIONS[10] == v0011_services.SQL


def test_records_of_before_have_none_and_a_first_list(tmp_path):
    path = tmp_path / "records.sqlite"
    connection = sqlite3.connect(path)
    for sql in MIGRATIONS[:10]:
        connection.executescript(sql)
    connection.executescript(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 10;")
    connection.close()
    with SqliteRecords(path=path) as records:
        assert records.services.certificates() == []
        assert records.services.list_number() == 1

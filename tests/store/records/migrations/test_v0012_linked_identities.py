"""The twelfth step tells linked identities from those that made a user."""

import sqlite3

from muster.store.records.database import APPLICATION_ID
from muster.store.records.migrations import MIGRATIONS, v0012_linked_identities
from muster.store.records.records import SqliteRecords


def test_it_is_the_twelfth_step():
    assert MIGRATIONS[11] == v0012_linked_identities.SQL


def test_identities_of_before_have_made_their_user(tmp_path):
    path = tmp_path / "records.sqlite"
    connection = sqlite3.connect(path, isolation_level=None)
    for sql in MIGRATIONS[:11]:
        connection.executescript(sql)
    connection.executescript(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 11;")
    connection.execute(
        "INSERT INTO users (id, name, password_hash, created_ns, disabled)"
        " VALUES ('u', 'a', '', 1, 0)"
    )
    connection.execute("INSERT INTO identities VALUES ('i', '1', 'u', 'corp', 1, 2)")
    connection.close()
    with SqliteRecords(path=path) as records:
        assert records.signin.identity("i", "1").linked is False

"""The fifth step: tokens of before end, since no proof can be checked against their hash."""

import sqlite3

from muster.store.records.database import APPLICATION_ID
from muster.store.records.migrations import MIGRATIONS, v0005_claims
from muster.store.records.records import SqliteRecords


def old_file(path):
    connection = sqlite3.connect(path)
    for sql in MIGRATIONS[:4]:
        connection.executescript(sql)
    connection.execute("INSERT INTO spaces (id, name) VALUES ('s', 'Home')")
    connection.execute("INSERT INTO tokens VALUES ('t', 's', 'h', 1, 9e18, 2, 1, 0, 'ada', '')")
    connection.execute("INSERT INTO tokens VALUES ('u', 's', 'h', 1, 2, 2, 1, 7, 'ada', '')")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("PRAGMA user_version = 4")
    connection.commit()
    connection.close()


def test_it_is_the_fifth_step():
    assert MIGRATIONS[4] == v0005_claims.SQL


def test_tokens_of_before_are_listed_as_ended_and_hold_no_hash(tmp_path):
    old_file(tmp_path / "records.sqlite")
    with SqliteRecords(path=tmp_path / "records.sqlite") as records:
        open_one, ended = records.tokens.token("t"), records.tokens.token("u")

    assert open_one.revoked_ns > 0
    assert ended.revoked_ns == 7
    assert open_one.proof_key == ended.proof_key == ""
    assert (open_one.labels, open_one.networks, open_one.per_hour) == ({}, (), 0)

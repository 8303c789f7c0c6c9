"""Nodes from before there were dialects are of Muster's own."""

import sqlite3

from muster.store.records.migrations import MIGRATIONS, v0014_key_claims


def test_nodes_of_before_are_of_our_own_wire_and_nobody_has_a_claim_by_key():
    database = sqlite3.connect(":memory:")
    for step in MIGRATIONS[: MIGRATIONS.index(v0014_key_claims.SQL)]:
        database.executescript(step)
    database.execute("INSERT INTO spaces (id, name) VALUES ('s', 'Home')")
    database.execute(
        "INSERT INTO nodes (id, space, name, created_ns, last_seen_ns, revoked_ns,"
        " revoked_reason, renamed_from, facts) VALUES ('n', 's', 'web', 1, 0, 0, '', '', '{}')"
    )
    database.executescript(v0014_key_claims.SQL)

    assert database.execute("SELECT id, dialect FROM nodes").fetchall() == [("n", "muster")]
    for table in ("key_claims", "members"):
        assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)

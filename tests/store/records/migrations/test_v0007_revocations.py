"""The seventh step: revocation lists begin with what is revoked already."""

import sqlite3

from muster.store.records.migrations import MIGRATIONS


def test_what_was_revoked_before_is_on_the_first_list():
    connection = sqlite3.connect(":memory:")
    for sql in MIGRATIONS[:6]:
        connection.executescript(sql)
    connection.executescript(
        "INSERT INTO spaces (id, name) VALUES ('s', 'Home');"
        "INSERT INTO nodes (id, space, name, created_ns, last_seen_ns, revoked_ns, revoked_reason,"
        " renamed_from, facts) VALUES ('n', 's', 'n', 1, 1, 44, '', '', '{}'),"
        " ('m', 's', 'm', 1, 1, 0, '', '', '{}');"
        "INSERT INTO credentials (sha256, serial, node, key_sha256, issuer, not_before_ns,"
        " not_after_ns, state) VALUES ('h1', 'a1', 'n', 'k', 'i', 1, 99, 'revoked'),"
        " ('h2', 'b1', 'm', 'k', 'i', 1, 99, 'active');"
    )

    connection.executescript(MIGRATIONS[6])

    assert connection.execute("SELECT * FROM revocations").fetchall() == [("a1", 44, 99, "")]

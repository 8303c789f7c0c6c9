"""Marks of machines within a transaction."""

import sqlite3
from contextlib import closing

from muster.ports.approvals import Mark
from muster.store.migrations import MIGRATIONS
from muster.store.record_evidence import MAX_MARKS, put_marks


def test_only_so_many_marks_are_kept_and_only_of_a_node_that_is():
    with closing(sqlite3.connect(":memory:")) as writer:
        for sql in MIGRATIONS:
            writer.executescript(sql)
        writer.execute("INSERT INTO spaces (id, name) VALUES ('s', 'Home')")
        writer.execute(
            "INSERT INTO nodes (id, space, name, created_ns, last_seen_ns, revoked_ns,"
            " revoked_reason, renamed_from, facts) VALUES ('n', 's', 'web', 1, 0, 0, '', '', '{}')"
        )
        marks = tuple(Mark("mac", str(number)) for number in range(MAX_MARKS + 5))
        put_marks(writer, "n", marks)
        put_marks(writer, "gone", marks)
        found = writer.execute("SELECT node, count(*) FROM node_evidence GROUP BY node").fetchall()

    assert found == [("n", MAX_MARKS)]

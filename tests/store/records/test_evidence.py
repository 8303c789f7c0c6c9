"""Marks of machines within a transaction."""

import sqlite3
from contextlib import closing

from muster.model.access import AuditEvent
from muster.model.clone import CloneHolder, Holder
from muster.model.evidence import Evidence
from muster.model.inventory import Node, Space
from muster.ports.approvals import Mark
from muster.store.records.evidence import MAX_MARKS, put_marks
from muster.store.records.migrations import MIGRATIONS
from muster.store.records.nodes import add_node
from muster.store.records.records import SqliteRecords

EVENT = AuditEvent(time_ns=1, actor="a", action="t", object="o", address="", outcome="ok")


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


def test_whoever_was_let_in_is_known_by_what_it_said_last():
    with SqliteRecords() as records:
        records.nodes.create_space(Space("s", "Home"), EVENT)
        with records.clones._database.change() as writer:
            add_node(writer, Node(id="n", space="s", name="web"))
        for mac in ("old", "new"):
            holder = Holder(instance="i", evidence=Evidence(macs=(mac,), dmi="d"))
            records.clones.keep_holder("n", CloneHolder(holder=holder), None)
        found = [
            records.approvals.like("s", (mark,))
            for mark in (Mark("mac", "old"), Mark("mac", "new"), Mark("dmi", "d"))
        ]

    assert found == [{}, {"n": {"mac"}}, {"n": {"dmi"}}]

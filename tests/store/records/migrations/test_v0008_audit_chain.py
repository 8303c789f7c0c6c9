"""The eighth step: events of before are chained when the file is opened, pruned ones or not."""

import sqlite3

import pytest

from muster.model.access import AuditEvent
from muster.model.auditchain import GENESIS, Checkpoint
from muster.store.records.database import APPLICATION_ID
from muster.store.records.migrations import MIGRATIONS, v0008_audit_chain
from muster.store.records.records import SqliteRecords

EVENT = AuditEvent(time_ns=1, actor="a", action="t", object="o", address="", outcome="ok")


def old_file(path, events, forgotten):
    connection = sqlite3.connect(path)
    for sql in MIGRATIONS[:7]:
        connection.executescript(sql)
    for number in range(events):
        connection.execute(
            "INSERT INTO audit (time_ns, actor, action, object, address, outcome, detail, space)"
            " VALUES (?, 'ada', 'node.edit', 'n', '', 'ok', 'ä', '')",
            (number,),
        )
    connection.execute("DELETE FROM audit WHERE id <= ?", (forgotten,))
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("PRAGMA user_version = 7")
    connection.commit()
    connection.close()


def test_it_is_the_eighth_step():
    assert MIGRATIONS[7] == v0008_audit_chain.SQL


@pytest.mark.parametrize(("events", "forgotten"), [(0, 0), (5, 0), (5, 3), (5, 5)])
def test_events_of_before_are_chained_from_where_they_begin(tmp_path, events, forgotten):
    path = tmp_path / "records.sqlite"
    old_file(path, events, forgotten)
    with SqliteRecords(path=path) as records:
        records.audit.add(EVENT)
        first = records.audit.newest()
    with SqliteRecords(path=path) as records:
        report = records.audit.check({})

    assert report.ok
    assert report.begins == Checkpoint(forgotten, GENESIS)
    assert report.events == events - forgotten + 1
    assert report.newest == first

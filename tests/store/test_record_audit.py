"""Audit events on disk."""

import pytest

from muster.model.access import AuditEvent
from muster.store.records import SqliteRecords


@pytest.fixture
def audit():
    with SqliteRecords() as records:
        yield records.audit


def event(number, space=""):
    return AuditEvent(
        time_ns=number,
        actor="ada",
        action="node.edit",
        object="n",
        address="::1",
        outcome="ok",
        detail="d",
        space=space,
    )


def test_events_come_back_newest_first_as_written(audit):
    for number in range(5):
        audit.add(event(number))

    found = audit.events(spaces=None, limit=3)
    assert [each.event for each in found] == [event(4), event(3), event(2)]


def test_reading_goes_on_before_an_id(audit):
    for number in range(5):
        audit.add(event(number))
    page = audit.events(spaces=None, limit=2)

    rest = audit.events(spaces=None, limit=10, before=page[-1].id)
    assert [each.event.time_ns for each in rest] == [2, 1, 0]


def test_events_of_other_spaces_are_left_out_and_those_of_the_hub_are_not(audit):
    for number, space in enumerate(("one", "two", "")):
        audit.add(event(number, space))

    found = audit.events(spaces=frozenset({"one"}), limit=10)
    assert [each.event.space for each in found] == ["", "one"]

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


def times(audit):
    return [each.event.time_ns for each in audit.events(spaces=None, limit=1000)]


def test_what_is_older_than_a_time_is_forgotten(audit):
    for number in range(5):
        audit.add(event(number))

    assert audit.prune(before_ns=3, most=100) == 3
    assert times(audit) == [4, 3]


def test_of_more_than_so_many_events_the_oldest_are_forgotten(audit):
    for number in range(5):
        audit.add(event(number))

    assert audit.prune(before_ns=0, most=2) == 3
    assert times(audit) == [4, 3]
    assert audit.prune(before_ns=0, most=2) == 0


def test_many_are_forgotten_in_small_transactions(audit, monkeypatch):
    monkeypatch.setattr("muster.store.record_audit._PRUNED_AT_ONCE", 2)
    for number in range(7):
        audit.add(event(number))

    assert audit.prune(before_ns=6, most=100) == 6
    assert times(audit) == [6]


def test_ids_of_the_forgotten_are_not_given_again(audit):
    audit.add(event(0))
    before = audit.events(spaces=None, limit=1)[0].id
    audit.prune(before_ns=1, most=1)
    audit.add(event(1))

    assert audit.events(spaces=None, limit=1)[0].id > before


def test_events_of_other_spaces_are_left_out_and_those_of_the_hub_are_not(audit):
    for number, space in enumerate(("one", "two", "")):
        audit.add(event(number, space))

    found = audit.events(spaces=frozenset({"one"}), limit=10)
    assert [each.event.space for each in found] == ["", "one"]

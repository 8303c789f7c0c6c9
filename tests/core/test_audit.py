"""Audit events look alike and are read by who may."""

from datetime import timedelta

import pytest

from muster.clock import ManualClock
from muster.core.audit import Audit, AuditSettings, clean, make_event
from muster.errors import Denied, InputError, Unauthenticated
from muster.model.access import Actor, Role
from muster.store.records import SqliteRecords

ADA = Actor(name="ada\nroot", address="10.0.0.1", roles={"s": Role.ADMIN})


@pytest.fixture
def audit():
    with SqliteRecords() as records:
        for number in range(3):
            event = make_event(ManualClock(), ADA, "node.edit", str(number), space="s")
            records.audit.add(event)
        records.audit.add(make_event(ManualClock(), ADA, "node.edit", "x", space="other"))
        yield Audit(records=records.audit, clock=ManualClock(), settings=AuditSettings())


def test_an_event_holds_no_control_characters_and_is_bounded():
    event = make_event(ManualClock(), ADA, "node.edit", "n\x00", detail="x" * 1000)

    assert event.actor == "ada\\nroot"
    assert event.object == "n\\x00"
    assert len(event.detail) == 300


def test_plain_text_stays():
    assert clean("Büro 3") == "Büro 3"


def test_an_admin_reads_the_events_of_the_own_space(audit):
    found = audit.events(ADA, limit=2)
    rest = audit.events(ADA, before=found[-1].id)

    assert [each.event.object for each in found + rest] == ["2", "1", "0"]


def test_the_operator_reads_all(audit):
    assert len(audit.events(Actor(name="operator", operator=True))) == 4


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_limit_out_of_range_is_refused(audit, limit):
    with pytest.raises(InputError):
        audit.events(ADA, limit=limit)


def test_others_do_not_read_them(audit):
    with pytest.raises(Denied):
        audit.events(Actor(name="ed", roles={"s": Role.EDITOR}))
    with pytest.raises(Unauthenticated):
        audit.events(None)


async def test_events_are_kept_for_so_long_and_only_so_many():
    clock = ManualClock()
    settings = AuditSettings(keep=timedelta(days=2), events_max=2)
    operator = Actor(name="operator", operator=True)
    with SqliteRecords() as records:
        audit = Audit(records=records.audit, clock=clock, settings=settings)
        for number in range(4):
            records.audit.add(make_event(clock, ADA, "node.edit", str(number)))
            clock.advance(86_400)
        counts = [await audit.prune()]
        left = [each.event.object for each in audit.events(operator)]
        clock.advance(2 * 86_400)
        counts.append(await audit.prune())

    assert left == ["3", "2"]
    assert counts == [2, 2]

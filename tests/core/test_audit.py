"""Audit events look alike and are read by who may."""

from datetime import timedelta

import pytest

from muster.clock import ManualClock
from muster.core.audit import Audit, AuditSettings, clean, make_event
from muster.errors import Conflict, Denied, InputError, Unauthenticated
from muster.model.access import Actor, Role
from muster.model.auditchain import Checkpoint
from muster.store.records.records import SqliteRecords

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
    settings = AuditSettings(keep=timedelta(days=2), events_max=3)
    operator = Actor(name="operator", operator=True)
    with SqliteRecords() as records:
        audit = Audit(records=records.audit, clock=clock, settings=settings)
        for number in range(4):
            records.audit.add(make_event(clock, ADA, "node.edit", str(number)))
            clock.advance(86_400)
        counts = [await audit.prune()]
        left = [each.event for each in audit.events(operator)]
        clock.advance(3 * 86_400)
        counts.append(await audit.prune())
        report = await audit.verify(operator)

    assert [each.object for each in left] == ["2", "3", "2"]
    assert (left[0].action, left[0].actor) == ("audit.prune", "hub")
    assert counts == [2, 3]
    assert (report.ok, report.events) == (True, 1)


async def test_the_chain_is_verified_with_what_was_noted_beside_it_and_elsewhere():
    with SqliteRecords() as records:
        records.audit.add(make_event(ManualClock(), ADA, "node.edit", "n"))
        newest = records.audit.newest()
        kept = [newest]
        audit = Audit(
            records=records.audit,
            clock=ManualClock(),
            settings=AuditSettings(),
            anchor=lambda: kept[-1],
        )
        fine = await audit.verify(ADA)
        elsewhere = await audit.verify(ADA, Checkpoint(1, "f" * 64))
        kept.append(Checkpoint(2, "f" * 64))
        beside = await audit.verify(ADA, newest)

    assert fine.ok
    assert (elsewhere.fault.event, elsewhere.fault.what) == (1, "altered")
    assert (beside.fault.event, beside.fault.what) == (2, "missing")


async def test_one_verifies_at_a_time_and_only_who_manages_the_hub(audit):
    audit._checking = True
    with pytest.raises(Conflict):
        await audit.verify(ADA)
    with pytest.raises(Denied):
        await audit.verify(Actor(name="ed", roles={"s": Role.EDITOR}))

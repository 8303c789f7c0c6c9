"""What is past its time is forgotten."""

from datetime import timedelta

import pytest

from muster.core.enrolment.tokens import TokenSettings
from muster.errors import Unavailable
from muster.hub.upkeep.housekeeping import Housekeeping, newest_event
from muster.hub.upkeep.walltime import WallTime
from muster.log import Secret
from muster.model.access import Role
from muster.testing.house import OPERATOR, House


@pytest.fixture
def house():
    with House() as house:
        yield house


DAY_S = 86_400


@pytest.fixture
def keeper(house, tmp_path):
    return housekeeping(house, tmp_path)


def housekeeping(house, folder):
    return Housekeeping(
        accounts=house.accounts,
        invitations=house.invitations,
        audit=house.audit,
        tokens=house.records.tokens,
        clock=house.clock,
        settings=TokenSettings(keep=timedelta(days=90)),
        wall=WallTime(
            file=folder / "housekeeping.json",
            newest=lambda before_ns: newest_event(house.records.audit, before_ns),
            clock=house.clock,
        ),
    )


async def tidy_daily(keeper, house, days):
    for _ in range(days):
        house.clock.advance(DAY_S)
        await keeper.tidy()


async def test_sessions_tokens_and_events_past_their_time_are_forgotten(house, keeper):
    token = await house.tokens.create(OPERATOR, house.space.id)
    await house.accounts.create_user(
        OPERATOR, house.space.id, "ada", Secret("a long password"), Role.ADMIN
    )
    signed = await house.accounts.sign_in("ada", Secret("a long password"), address="::1")
    await keeper.tidy()

    assert house.records.tokens.token(token.record.id)
    assert await house.accounts.actor(signed.cookie.reveal(), "::1")
    for _ in range(20):
        house.clock.advance(20 * DAY_S)
        await keeper.tidy()
    assert house.records.tokens.tokens() == []
    assert house.records.people.session(signed.actor.session) is None
    assert [each.event.action for each in house.audit.events(OPERATOR)] == ["audit.prune"]


async def test_a_hub_that_starts_in_2099_forgets_nothing_until_the_clock_has_held_for_a_day(
    house, keeper, tmp_path
):
    await house.tokens.create(OPERATOR, house.space.id)
    house.clock.advance(60)
    await keeper.tidy()
    house.clock.jump(73 * 365 * DAY_S)
    again = housekeeping(house, tmp_path)
    await again.tidy()
    await again.tidy()

    assert len(house.records.tokens.tokens()) == 1
    assert house.audit.events(OPERATOR)
    await tidy_daily(again, house, 1)
    assert house.records.tokens.tokens() == []


async def test_a_clock_that_is_put_right_within_the_day_leaves_everything(house, keeper):
    await house.tokens.create(OPERATOR, house.space.id)
    await keeper.tidy()
    house.clock.jump(73 * 365 * DAY_S)
    await keeper.tidy()
    house.clock.advance(DAY_S / 2)
    house.clock.jump(-73 * 365 * DAY_S)
    await tidy_daily(keeper, house, 3)

    assert len(house.records.tokens.tokens()) == 1


async def test_a_hub_without_a_kept_time_goes_by_what_was_stored_before_its_start(house, tmp_path):
    await house.tokens.create(OPERATOR, house.space.id)
    house.clock.jump(73 * 365 * DAY_S)
    keeper = housekeeping(house, tmp_path)
    await house.accounts.create_user(  # an event of 2099, which proves nothing
        OPERATOR, house.space.id, "ada", Secret("a long password"), Role.ADMIN
    )
    await keeper.tidy()
    await housekeeping(house, tmp_path).tidy()  # nor does it after another start

    assert len(house.records.tokens.tokens()) == 1


async def test_a_disk_that_fails_is_told_to_who_asks(house, keeper):
    house.records.close()

    with pytest.raises(Unavailable):
        await keeper.tidy()

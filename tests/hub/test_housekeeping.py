"""What is past its time is forgotten."""

from datetime import timedelta

import pytest

from muster.core.tokens import TokenSettings
from muster.errors import Unavailable
from muster.hub.housekeeping import Housekeeping
from muster.log import Secret
from muster.model.access import Role
from muster.testing.house import OPERATOR, House


@pytest.fixture
def house():
    with House() as house:
        yield house


def housekeeping(house):
    return Housekeeping(
        accounts=house.accounts,
        audit=house.audit,
        tokens=house.records.tokens,
        clock=house.clock,
        settings=TokenSettings(keep=timedelta(days=90)),
    )


async def test_sessions_tokens_and_events_past_their_time_are_forgotten(house):
    token = await house.tokens.create(OPERATOR, house.space.id)
    await house.accounts.create_user(
        OPERATOR, house.space.id, "ada", Secret("a long password"), Role.ADMIN
    )
    signed = await house.accounts.sign_in("ada", Secret("a long password"), address="::1")
    keeper = housekeeping(house)
    await keeper.tidy()

    assert house.records.tokens.token(token.record.id)
    assert await house.accounts.actor(signed.cookie.reveal(), "::1")
    house.clock.advance(400 * 86_400)
    await keeper.tidy()
    assert house.records.tokens.tokens() == []
    assert house.records.people.session(signed.actor.session) is None
    assert house.audit.events(OPERATOR) == []


async def test_a_disk_that_fails_is_told_to_who_asks(house):
    keeper = housekeeping(house)
    house.records.close()

    with pytest.raises(Unavailable):
        await keeper.tidy()

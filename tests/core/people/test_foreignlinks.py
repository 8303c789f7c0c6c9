"""Links of identities, apart from HTTP (tests/faces/native/test_ways.py has the way there)."""

import msgspec
import pytest

from muster.core.people.foreignlinks import MOST, ForeignLinks, Linking, id_of
from muster.core.people.idtoken import OidcRefused
from muster.errors import (
    Denied,
    LimitExceeded,
    NotFound,
    SecondFactorRequired,
    Unauthenticated,
)
from muster.log import Secret
from muster.model.access import Actor, Role
from muster.testing.house import OPERATOR, House

GOOD = Secret("correct horse battery")
ISSUER = "https://corp.example"


@pytest.fixture
async def house():
    with House() as house:
        house.links = ForeignLinks(
            records=house.records, clock=house.clock, sessions=house.accounts.sessions
        )
        house.user = await house.accounts.create_user(
            OPERATOR, house.space.id, "ada", GOOD, Role.ADMIN
        )
        signed = await house.accounts.sign_in("ada", GOOD, address="")
        house.actor = signed.actor
        yield house


async def link(house, subject="1"):
    linking = house.links.begin(house.actor)
    await house.links.finish(linking, ISSUER, subject, "corp", "10.0.0.1")


async def test_a_link_is_of_the_user_who_began_it(house):
    await link(house)
    (identity,) = house.links.identities(house.actor)

    assert (identity.user, identity.linked) == (house.user.id, True)
    assert len(id_of(identity)) == 32


async def test_a_user_has_so_many_at_most(house):
    for number in range(MOST):
        await link(house, str(number))

    with pytest.raises(LimitExceeded):
        await link(house, "one more")


async def test_a_link_for_another_user_than_the_sessions_is_refused(house):
    forged = Linking(house.user.id, "no session")

    with pytest.raises(OidcRefused, match="signed out"):
        await house.links.finish(forged, ISSUER, "1", "corp", "")


async def test_only_a_whole_session_of_a_person_links(house):
    with pytest.raises(Unauthenticated):
        house.links.begin(None)
    with pytest.raises(Unauthenticated):
        house.links.begin(Actor(name="ada", token="t"))
    with pytest.raises(SecondFactorRequired):
        house.links.begin(Actor(name="ada", session=house.actor.session, is_whole=False))


async def test_an_api_token_takes_nothing_away(house):
    await link(house)
    (identity,) = house.links.identities(house.actor)

    with pytest.raises(Denied, match="API token"):
        await house.links.unlink(Actor(name="ada", token="t"), id_of(identity))


async def test_an_admin_takes_away_all_that_somebody_has_linked(house):
    await link(house, "1")
    await link(house, "2")
    other = await house.spaces.create(OPERATOR, "Customers")
    with pytest.raises(NotFound):
        admin = Actor(name="eve", roles={other.id: Role.ADMIN})
        await house.links.unlink_all(admin, house.user.id)
    with pytest.raises(Denied):
        await house.links.unlink_all(msgspec.structs.replace(house.actor, token="t"), house.user.id)

    assert await house.links.unlink_all(OPERATOR, house.user.id) == 2
    assert house.links.identities(house.actor) == []
    assert await house.links.unlink_all(OPERATOR, house.user.id) == 0
    actions = [each.event.action for each in house.records.audit.events(spaces=None, limit=2)]
    assert actions == ["identity.unlink", "space.create"]

"""Each threshold is said once, in time, and not of what is renewed in its course."""

import pytest

from muster.clock import DAY_NS
from muster.core.certificates.endings import Endings, services_source, threshold
from muster.core.certificates.services import Asked, Reason, Services
from muster.errors import Denied
from muster.model.access import Actor, Role
from muster.model.service import Ending
from muster.pki import keys
from muster.store.keyring import KeyRing
from muster.store.keystore import KeyStore
from muster.testing.house import OPERATOR, House


@pytest.fixture
def house():
    with House() as house:
        yield house


def ending(now_ns, *, life_days=90, left_days=90.0, id="aa"):
    end_ns = now_ns + round(left_days * DAY_NS)
    return Ending(
        kind="web",
        id=id,
        name="hub.example",
        not_before_ns=end_ns - life_days * DAY_NS,
        not_after_ns=end_ns,
        remedy="renew it",
    )


def endings(house, *known, plausible=True):
    return Endings(
        sources=[lambda: known],
        records=house.records.services,
        clock=house.clock,
        is_plausible=lambda: plausible,
    )


def said(house):
    found = house.records.audit.events(spaces=None, limit=50)
    return [each.event.detail for each in found if each.event.action == "pki.expires"]


@pytest.mark.parametrize(
    ("life", "left", "due"),
    [
        (90, 31, None),
        (90, 30, 30),
        (90, 13.9, 14),
        (90, 1.1, 7),
        (90, 0.5, 1),
        (90, -1, 0),
        (30, 20, None),
        (30, 14, 14),
        (1, 0.9, None),
        (1, 0, 0),
    ],
)
def test_the_nearest_threshold_within_two_thirds_of_a_life_counts(life, left, due):
    assert threshold(ending(10**18, life_days=life, left_days=left), 10**18) == due


def test_each_is_said_once(house):
    watched = endings(house, ending(house.clock.now_ns(), left_days=31))
    for _ in range(33):
        watched.look()
        watched.look()
        house.clock.advance(86_400)

    assert [each.partition(":")[0] for each in reversed(said(house))] == [
        "ends in 30 days",
        "ends in 14 days",
        "ends in 7 days",
        "ends in 1 day",
        "has ended",
    ]


def test_a_hub_that_slept_says_only_how_it_is_now(house):
    watched = endings(house, ending(house.clock.now_ns(), left_days=31))
    house.clock.advance(26 * 86_400)
    watched.look()

    assert said(house) == ["ends in 5 days: renew it"]


def test_nothing_is_said_by_a_clock_that_cannot_be_believed(house):
    endings(house, ending(house.clock.now_ns(), left_days=1), plausible=False).look()

    assert said(house) == []


async def test_admins_see_what_ends_soon_in_order(house):
    now_ns = house.clock.now_ns()
    known = [
        ending(now_ns, left_days=20, id="a"),
        ending(now_ns, left_days=-1, id="b"),
        ending(now_ns, left_days=60, id="c"),
    ]
    watched = endings(house, *known)

    found = await watched.soon(OPERATOR)
    assert [(each.id, each.days) for each in found] == [("b", -1), ("a", 20)]
    with pytest.raises(Denied):
        await watched.soon(Actor(name="eve", roles={"s": Role.ADMIN}, reaches_hub=False))


async def test_what_was_replaced_or_revoked_ends_in_silence(house, tmp_path):
    ring = KeyRing(store=KeyStore(folder=tmp_path / "ca"), clock=house.clock)
    services = Services(signer=ring, records=house.records.services, clock=house.clock)

    async def sign(name):
        request = keys.make_request(keys.make_key())
        return await services.sign(OPERATOR, Asked(request=request, names=(name,), server=True))

    old, gone, left = await sign("old"), await sign("gone"), await sign("left")
    await services.renew(OPERATOR, old.id, keys.make_request(keys.make_key()), 700 * 86_400)
    await services.revoke(OPERATOR, gone.id, Reason.UNSPECIFIED)
    house.clock.advance(80 * 86_400)
    source = services_source(house.records.services, house.clock)
    watched = Endings(sources=[source], records=house.records.services, clock=house.clock)

    assert [each.name for each in await watched.soon(OPERATOR)] == ["left"]
    assert (await watched.soon(OPERATOR))[0].remedy == f"muster pki renew {left.id}"
    house.clock.advance(101 * 86_400)
    watched.look()
    assert {each.name for each in await services.listed(OPERATOR)} == {"old"}

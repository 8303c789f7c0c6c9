"""Who may pass: awaited, and without waiting where that is known."""

import pytest

from muster.core.access import require
from muster.errors import Denied, StepUpRequired, Unauthenticated
from muster.model.access import Action, Actor, Role
from muster.net.gate import Gate
from muster.net.http import Public, Request, Route, small_route

ADA = Actor(name="ada", roles={"home": Role.VIEWER})


def gate(actor, *, browser=False, now=True):
    async def authenticate(request):
        return actor

    def actor_now(request):
        return actor

    return Gate(authenticate, require, browser=browser, actor_now=actor_now if now else None)


def route(allow=Action.DATA_READ, method="GET", **given):
    return small_route(method, "/a", allow, print, "", **given)


REQUEST = Request(method="GET", path="/a")


async def test_both_ways_let_in_who_may():
    admitted = await gate(ADA).admit(route(), REQUEST)

    assert admitted.actor == ADA
    assert gate(ADA).admit_now(route(), REQUEST) == admitted


@pytest.mark.parametrize(
    ("actor", "given", "error"),
    [
        (ADA, {"allow": Action.HUB_MANAGE}, Denied),
        (Actor(name="op", operator=True, is_stale=True), {"fresh": True}, StepUpRequired),
    ],
)
async def test_both_ways_refuse_who_may_not(actor, given, error):
    with pytest.raises(error):
        await gate(actor).admit(route(**given), REQUEST)
    with pytest.raises(error):
        gate(actor).admit_now(route(**given), REQUEST)


async def test_who_is_not_known_at_once_is_asked_about_the_ordinary_way():
    assert gate(None).admit_now(route(), REQUEST) is None
    assert gate(ADA, now=False).admit_now(route(), REQUEST) is None
    assert gate(ADA).admit_now(route(Public.SIGN_IN), REQUEST) is None
    with pytest.raises(Unauthenticated):
        await gate(None).admit(route(), REQUEST)


async def test_what_another_site_has_made_a_browser_send_is_refused_both_ways():
    request = Request(method="POST", path="/a", headers={"sec-fetch-site": "cross-site"})
    strict = gate(ADA, browser=True)
    with pytest.raises(Denied, match="another site"):
        await strict.admit(route(method="POST"), request)
    with pytest.raises(Denied, match="another site"):
        strict.admit_now(route(method="POST"), request)


async def test_a_route_of_peers_takes_a_certificate_and_a_public_one_nothing():
    async def serve(request, socket): ...

    peers = Route(method="GET", path="/a", allow=Public.PEER, socket=serve)
    with pytest.raises(Unauthenticated, match="client certificate"):
        await gate(ADA).admit(peers, REQUEST)

    assert await gate(ADA).admit(route(Public.HEALTH), REQUEST) is REQUEST

"""The WebSocket's route."""

from muster.faces.native.live import LiveFace
from muster.model.access import Action, Actor, Role
from muster.model.ids import SpaceId
from muster.net.http import Request

ANNA = Actor(name="anna", roles={SpaceId("s1"): Role.VIEWER})


class Live:
    async def serve(self, actor, socket, still):
        self.served = (actor, socket, await still())


class Callers:
    async def still(self, request):
        return ANNA if request.cookies["__Host-muster"] == "good" else None


async def served(actor, cookie):
    live = Live()
    (route,) = LiveFace(live=live, callers=Callers()).routes()
    assert (route.allow, route.handler) == (Action.DATA_READ, None)
    request = Request(method="GET", path=route.path, cookies={"__Host-muster": cookie}, actor=actor)
    await route.socket(request, "socket")
    return live.served


async def test_a_page_lives_as_long_as_its_sign_in():
    assert await served(ANNA, "good") == (ANNA, "socket", ANNA)
    assert await served(ANNA, "ended") == (ANNA, "socket", None)


async def test_the_operator_needs_no_sign_in():
    operator = Actor(name="root", operator=True)

    assert await served(operator, "") == (operator, "socket", operator)

import json

import pytest

from muster.errors import NotFound
from muster.faces.native.marks import MarkFace
from muster.model.access import Actor
from muster.net.http import Request
from muster.testing.copies import Desk
from muster.testing.house import OPERATOR


@pytest.fixture
async def desk(house):
    desk = Desk(house)
    desk.node_id = await desk.node()
    await desk.meet(desk.node_id, desk.run("web", "aaaa", 4))
    desk.links.clear()
    await desk.meet(desk.node_id, desk.run("web", "bbbb", 5))
    return desk


async def ask(desk, actor=OPERATOR):
    (route,) = MarkFace(desk.marks).routes()
    request = Request(method="GET", path=route.path, match={"id": desk.node_id}, actor=actor)
    return json.loads((await route.handler(request)).body)


async def test_a_mark_is_shown_with_its_words(desk):
    now_ns = desk.house.clock.now_ns()

    assert await ask(desk) == [
        {"time_ns": now_ns, "kinds": ["restarted"], "starts": 1, "text": "agent restarted"}
    ]


async def test_a_node_of_others_has_no_marks_for_a_stranger(desk):
    with pytest.raises(NotFound):
        await ask(desk, Actor(name="stranger"))

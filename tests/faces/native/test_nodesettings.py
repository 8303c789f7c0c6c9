import json

import pytest

from muster.errors import Denied, InputError, NotFound
from muster.faces.native.nodesettings import NodeSettingsFace
from muster.model.access import Actor, Role
from muster.net.http import Request
from muster.testing.house import OPERATOR

DEFAULTS = {"log_level": "info", "collect.disabled": []}


class Agents:
    """What agents answer, by node."""

    def __init__(self):
        self.changed = {}

    async def ask(self, node, method, arguments):
        own = DEFAULTS | self.changed[node]
        return [
            {"key": key, "value": own[key], "default": default} for key, default in DEFAULTS.items()
        ]


@pytest.fixture
async def web(house):
    """A house with two nodes that answer."""
    house.agents = Agents()
    house.web = (await house.claim(await house.token(), host="web")).node
    house.db = (await house.claim(await house.token(), host="db")).node
    house.agents.changed = {house.web.id: {"log_level": "debug"}, house.db.id: {}}
    return house


async def ask(house, method, body=None, actor=OPERATOR):
    routes = NodeSettingsFace(inventory=house.inventory, links=house.agents).routes()
    route = next(each for each in routes if each.method == method)
    data = json.dumps(body).encode() if body is not None else b""
    request = Request(
        method=method, path=route.path, match={"id": house.web.id}, actor=actor, body=data
    )
    return json.loads((await route.handler(request)).body)


async def test_a_node_tells_its_settings(web):
    first, second = await ask(web, "GET")

    assert first == {"key": "log_level", "value": "debug", "default": "info"}
    assert second["value"] == []


async def test_two_nodes_are_compared(web):
    (found,) = await ask(web, "POST", {"node": web.db.id})

    assert (found["key"], found["here"], found["there"]) == ("log_level", "debug", "info")
    assert (found["here_default"], found["there_default"]) == (False, True)


async def test_a_node_is_compared_with_a_file(web):
    assert await ask(web, "POST", {"config": 'log_level = "debug"'}) == []


async def test_the_proxy_of_an_installer_is_one_of_its_settings(web):
    (found,) = await ask(web, "POST", {"config": 'log_level = "debug"', "proxy": "none"})

    assert (found["key"], found["there"]) == ("link.proxy", "none")


async def test_one_of_both_is_to_be_named(web):
    for body in ({}, {"node": web.db.id, "config": ""}):
        with pytest.raises(InputError, match="one of both"):
            await ask(web, "POST", body)


async def test_settings_are_for_those_who_may_change_the_node(web):
    viewer = Actor(name="v", roles={web.space.id: Role.VIEWER})
    with pytest.raises(Denied):
        await ask(web, "GET", actor=viewer)
    with pytest.raises(NotFound):
        await ask(web, "POST", {"node": "00000000-0000-0000-0000-000000000000"})

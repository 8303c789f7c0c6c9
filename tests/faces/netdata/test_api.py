"""Routes of Netdata nodes: who may, what is refused, and what goes to the agent."""

import json

import pytest
from agentdesk import Desk, FakeReach
from test_charts import JSON2
from test_functions import OFFERS, TABLE

from muster.errors import Conflict, Denied, InputError, NotFound, Unavailable
from muster.faces.netdata.api import NetdataApi
from muster.faces.netdata.charts import Charts
from muster.model.access import Actor, Role
from muster.net.http import Request
from muster.testing.house import OPERATOR, House
from muster.wire.netdata.messages import ContextUpdated

PATH = "/api/v1/nodes/{id}/netdata"


class Hall(House):
    """A house with one node, behind a Desk."""

    async def furnish(self):
        self.node = (await self.claim(await self.token())).node
        self.desk = Desk()
        self.reach = FakeReach(
            self.desk,
            node=self.node.id,
            known=[ContextUpdated(id="system.cpu", units="percentage", priority=1)],
        )
        api = NetdataApi(
            inventory=self.inventory,
            reach_of=lambda id: self.reach if id == self.node.id else None,
            charts=Charts(clock=self.desk.clock),
            audit=self.records.audit,
            clock=self.clock,
        )
        self.routes = {(route.method, route.path): route for route in api.routes()}

    def actor(self, role):
        return Actor(name="ada", roles={self.space.id: role})

    async def call(self, what, *, actor=OPERATOR, body=None, id=None, method="GET", **query):
        request = Request(
            method=method,
            path=PATH,
            match={"id": id or self.node.id},
            query=query,
            actor=actor,
            headers={"x-netdata-role": "admin", "x-netdata-permissions": "0x7ff"},
            body=b"" if body is None else json.dumps(body).encode(),
        )
        return json.loads((await self.routes[method, f"{PATH}/{what}"].handler(request)).body)


@pytest.fixture
async def hall():
    with Hall() as hall:
        await hall.furnish()
        yield hall


async def test_contexts_alerts_and_the_description_need_no_agent(hall):
    hall.reach.queries = None
    viewer = hall.actor(Role.VIEWER)

    assert (await hall.call("contexts", actor=viewer))["contexts"][0]["id"] == "system.cpu"
    assert await hall.call("alerts", actor=viewer) == {"alerts": [], "log": []}
    assert (await hall.call("info", actor=viewer))["hops"] == 0


async def test_only_what_the_agent_works_for_ends_when_who_asks_goes_away(hall):
    ending = {
        path.rpartition("/")[2] for (_, path), route in hall.routes.items() if route.abandonable
    }

    assert ending == {"data", "functions", "function"}


async def test_values_are_asked_of_the_agent(hall):
    hall.desk.answers = JSON2
    asked = {"context": "system.cpu", "after": "-60", "points": "60", "dimensions": "user|system"}
    data = await hall.call("data", actor=hall.actor(Role.VIEWER), **asked)

    assert data == {
        "labels": ["user", "system"],
        "times": [101, 102, 103],
        "values": [[1, 2.5, 3], [0, 1, None]],
        "update_every_s": 1,
    }
    assert "aggregation=avg" in hall.desk.asked[0].target


async def test_no_header_of_a_browser_is_passed_on(hall):
    hall.desk.answers = OFFERS
    await hall.call("functions", actor=hall.actor(Role.VIEWER))

    headers = dict(hall.desk.asked[0].headers)
    assert headers["x-netdata-role"] == "observer"
    assert headers["x-netdata-permissions"] == "0xb"


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"context": "a*"},
        {"context": "a|b"},
        {"context": "a&x=1"},
        {"context": "a", "points": "0"},
        {"context": "a", "points": "5001"},
        {"context": "a", "points": "many"},
        {"context": "a", "after": "yesterday"},
        {"context": "a", "before": "1e9"},
        {"context": "a", "dimensions": "user|*"},
        {"context": "a", "dimensions": "!user"},
        {"context": "a", "dimensions": "a,b"},
        {"context": "a", "dimensions": "|".join("a" * 201)},
    ],
)
async def test_a_question_that_means_something_else_to_the_agent_is_refused(hall, query):
    with pytest.raises(InputError):
        await hall.call("data", **query)

    assert hall.desk.asked == []


async def test_a_node_that_cannot_be_asked_is_unavailable(hall):
    hall.reach.queries = None
    with pytest.raises(Unavailable):
        await hall.call("data", context="system.cpu")


async def test_a_node_of_another_kind_has_no_such_thing(hall):
    other = (await hall.claim(await hall.token())).node
    with pytest.raises(Conflict, match="is not a Netdata agent's node"):
        await hall.call("contexts", id=other.id)


@pytest.mark.parametrize("what", ["contexts", "data", "alerts", "info", "functions"])
async def test_a_node_of_another_space_does_not_exist(hall, what):
    stranger = Actor(name="eve", roles={"elsewhere": Role.ADMIN})
    with pytest.raises(NotFound, match="no such node"):
        await hall.call(what, actor=stranger, context="system.cpu")


async def test_running_a_function_takes_an_editor_and_is_on_record(hall):
    hall.desk.answers = TABLE
    body = {"name": "processes", "timeout_s": 5}
    with pytest.raises(Denied):
        await hall.call("function", actor=hall.actor(Role.VIEWER), method="POST", body=body)
    assert hall.desk.asked == []
    editor = hall.actor(Role.EDITOR)
    table = await hall.call("function", actor=editor, method="POST", body=body)

    assert table["rows"] == [[1, 2.5], [42, None]]
    assert dict(hall.desk.asked[0].headers)["x-netdata-permissions"] == "0x1b"
    event = hall.records.audit.events(spaces=None, limit=1)[0].event
    assert (event.actor, event.action, event.object) == ("ada", "node.function", hall.node.id)
    assert (event.detail, event.space) == ("processes", hall.space.id)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"name": "systemd-journal"}, NotFound),
        ({"name": "processes", "timeout_s": 0}, InputError),
        ({"name": "processes", "timeout_s": 61}, InputError),
        ({"name": "processes", "payload": "x"}, InputError),
    ],
)
async def test_a_function_that_may_not_be_run_leaves_no_trace(hall, body, kind):
    before = hall.records.audit.events(spaces=None, limit=1)
    with pytest.raises(kind):
        await hall.call("function", method="POST", body=body)

    assert hall.desk.asked == []
    assert hall.records.audit.events(spaces=None, limit=1) == before


async def told(hall, *, actor=OPERATOR, id=None, **query):
    """What the way without waiting tells."""
    route = hall.routes["GET", f"{PATH}/data"]
    heard = []
    request = Request(
        method="GET", path=PATH, match={"id": id or hall.node.id}, query=query, actor=actor
    )
    route.asks(request, heard.append, 60.0)
    for asked in hall.desk.asked[-1:]:
        hall.desk.answer(asked, json.dumps(JSON2).encode())
    return heard


async def test_values_are_told_as_they_are_answered(hall):
    asked = {"context": "system.cpu", "after": "-60", "points": "60"}
    (first,) = await told(hall, **asked)
    hall.desk.answers = JSON2

    assert json.loads(first.body) == await hall.call("data", **asked)


async def test_what_must_not_be_seen_is_not_told_either(hall):
    stranger = Actor(name="eve", roles={"elsewhere": Role.ADMIN})
    with pytest.raises(NotFound, match="no such node"):
        await told(hall, actor=stranger, context="system.cpu")
    with pytest.raises(InputError):
        await told(hall, context="a*")
    with pytest.raises(Denied):
        no_values = Actor(
            name="ada", roles={hall.space.id: Role.VIEWER}, actions=frozenset({"node.read"})
        )
        await told(hall, actor=no_values, context="system.cpu")

    assert hall.desk.asked == []


async def test_an_answer_that_is_none_is_told_as_an_error(hall):
    heard = []
    request = Request(
        method="GET",
        path=PATH,
        match={"id": hall.node.id},
        query={"context": "system.cpu"},
        actor=OPERATOR,
    )
    route = hall.routes["GET", f"{PATH}/data"]
    route.asks(request, heard.append, 60.0)
    hall.desk.answer(hall.desk.asked[0], b"no JSON")
    route.asks(request, heard.append, 60.0)
    hall.desk.answer(hall.desk.asked[1], b"gone", 404)
    with pytest.raises(NotFound, match="knows of no such thing"):
        await heard[1]

    assert heard[0].code == "bad_answer"

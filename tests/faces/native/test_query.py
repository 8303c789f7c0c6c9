"""Routes that answer questions, called as the server calls them."""

import json

import pytest

from muster.clock import SECOND_NS, ManualClock
from muster.core.access import require, spaces_of
from muster.core.live.sparks import Sparks
from muster.core.live.summaries import Summaries
from muster.core.querying.query import Queries
from muster.errors import Denied, InputError, Unauthenticated
from muster.faces.native.query import QueryFace
from muster.model.access import Action, Actor, Role, Scope
from muster.model.ids import NodeId, SpaceId
from muster.model.metric import Kind, Layout
from muster.net.http import Request
from muster.store.head.head import Head
from muster.testing.cohorts import MemoryCatalogue, block_of, series_of
from muster.testing.series import MemoryStore

S = SECOND_NS
T0 = 1_800_000_000 * S
LAYOUTS = {
    node: Layout(
        (
            series_of("cpu", "usage", node=node, space=space, cpu="cpu0"),
            series_of("cpu", "usage", node=node, space=space, cpu="cpu1"),
            series_of("sys", "up", Kind.STRING, node=node, space=space),
        )
    )
    for node, space in (("n1", "s1"), ("n2", "s2"))
}
ANNA = Actor(name="anna", roles={SpaceId("s1"): Role.VIEWER})
ROOT = Actor(name="root", operator=True)


def scope_of(actor, action, space=""):
    spaces = spaces_of(require(actor, action), action)
    return Scope(spaces, frozenset({"n2"}) if actor.room_roles else frozenset())


@pytest.fixture
def call():
    clock = ManualClock(T0)
    catalogue, head = MemoryCatalogue(), Head(clock=clock)
    for node, layout in LAYOUTS.items():
        cohort = catalogue.cohort(NodeId(node), layout)
        head.append(cohort, block_of(layout, {T0 + S: [1.0, 2.0, "x"]}), 1)
    queries = Queries(catalogue=catalogue, head=head, store=MemoryStore())
    sparks = Sparks(summaries=Summaries(clock=clock), clock=clock)
    known = {
        (route.method, route.path): route
        for route in QueryFace(
            queries=queries,
            catalogue=catalogue,
            sparks=sparks,
            scope_of=scope_of,
        ).routes()
    }

    async def ask(method, path, actor=ANNA, body=None, **query):
        route = known[method, path]
        assert route.allow is Action.DATA_READ
        request = Request(
            method=method,
            path=path,
            query=query,
            body=b"" if body is None else json.dumps(body).encode(),
            actor=actor,
        )
        return json.loads((await route.handler(request)).body)

    yield ask
    queries.close()


def question(**select):
    return {
        "select": select,
        "start_ns": T0 + S,
        "end_ns": T0 + 2 * S,
        "function": "raw",
    }


async def test_a_query_answers_with_a_frame(call):
    frame = await call("POST", "/api/v1/query", body=question(measurement="cpu"))

    assert frame["times"] == [T0 + S]
    assert frame["values"] == [[1.0], [2.0]]
    assert frame["series"][0]["field"] == "usage"


async def test_nodes_of_another_space_match_nothing(call):
    frame = await call("POST", "/api/v1/query", body=question(nodes=["n2"]))

    assert frame["series"] == []


async def test_the_operator_asks_all_spaces(call):
    frame = await call("POST", "/api/v1/query", ROOT, question(measurement="cpu"))

    assert len(frame["series"]) == 4


@pytest.mark.parametrize("body", [{}, {"select": {"strange": 1}}, {"function": "median"}])
async def test_a_body_that_is_no_query_says_where(call, body):
    with pytest.raises(InputError, match="request body"):
        await call("POST", "/api/v1/query", body={**question(), **body} if body else {})


async def test_without_a_role_nothing_is_answered(call):
    with pytest.raises(Denied):
        await call("POST", "/api/v1/query", Actor(name="eve"), question())
    with pytest.raises(Unauthenticated):
        await call("GET", "/api/v1/series", None)


async def test_what_there_is_to_ask_is_listed_by_measurement(call):
    offers = await call("GET", "/api/v1/series", node="n1")

    assert offers == [
        {
            "measurement": "cpu",
            "fields": [{"name": "usage", "kind": 0}],
            "tags": {"cpu": ["cpu0", "cpu1"], "host": ["host-n1"]},
        },
        {
            "measurement": "sys",
            "fields": [{"name": "up", "kind": 4}],
            "tags": {"host": ["host-n1"]},
        },
    ]


async def test_a_list_can_be_narrowed_to_a_measurement(call):
    offers = await call("GET", "/api/v1/series", measurement="sys")

    assert [offer["measurement"] for offer in offers] == ["sys"]


async def test_a_large_hub_lists_the_series_of_a_node_or_a_measurement_alone(call, monkeypatch):
    monkeypatch.setattr("muster.faces.native.query._MOST_SERIES", 5)

    with pytest.raises(InputError, match=r"6 series: name a node or a measurement \(\?node="):
        await call("GET", "/api/v1/series")
    assert len(await call("GET", "/api/v1/series", node="n1")) == 2
    assert len(await call("GET", "/api/v1/series", measurement="sys")) == 1


async def test_sparklines_are_asked_with_whole_numbers(call):
    assert await call("GET", "/api/v1/nodes/spark", window_s="60", points="5") == {}
    with pytest.raises(InputError, match="points must be a whole number, not '-1'"):
        await call("GET", "/api/v1/nodes/spark", points="-1")
    with pytest.raises(InputError, match="nodes: 101 are too many, at most 100"):
        await call("GET", "/api/v1/nodes/spark", nodes=",".join("n" for _ in range(101)))


async def test_who_has_a_role_in_a_room_asks_of_its_nodes(call):
    bob = Actor(name="bob", room_roles={"r": Role.VIEWER})
    frame = await call("POST", "/api/v1/query", bob, body=question(measurement="cpu"))
    offered = await call("GET", "/api/v1/series", bob)

    assert {dict(map(tuple, one["tags"]))["node"] for one in frame["series"]} == {"n2"}
    assert offered[0]["tags"]["host"] == ["host-n2"]

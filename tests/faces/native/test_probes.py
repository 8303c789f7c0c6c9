"""Routes of probes."""

import json

import msgspec
import pytest

from muster.core.nodes.probes import Probes
from muster.errors import InputError, ProtocolError
from muster.faces.native.probes import ProbeFace
from muster.model.query import Frame
from muster.net.http import Request
from muster.pki import keys
from muster.testing.house import OPERATOR, House

PATH = "/api/v1/spaces/{space}/probes"
ONE = f"{PATH}/{{id}}"
PING = {"kind": "ping", "url": "host.example", "interval_s": 30}


class Hall(House):
    told = None

    async def ask(self, node, method, arguments):
        return self.told

    async def run(self, query, scope):
        self.questions.append(query)
        return Frame(times=[], series=(), values=[])

    def furnish(self):
        self.questions = []
        self.probes = Probes(
            records=self.records.probes,
            nodes=self.records.nodes,
            audit=self.records.audit,
            inventory=self.inventory,
            links=self,
            own_node=str,
            clock=self.clock,
        )
        routes = ProbeFace(
            probes=self.probes, inventory=self.inventory, answers=self, clock=self.clock
        ).routes()
        self.routes = {(route.method, route.path): route.handler for route in routes}

    async def call(self, method, path, body=None, **match):
        request = Request(
            method=method,
            path=path,
            match={"space": self.space.id, **match},
            query={},
            actor=OPERATOR,
            body=msgspec.json.encode(body or {}),
        )
        answer = await self.routes[method, path](request)
        return json.loads(answer.body) if answer.body else answer.status


@pytest.fixture
def hall():
    with Hall() as hall:
        hall.furnish()
        yield hall


async def test_probes_are_made_listed_changed_and_removed(hall):
    node = (await hall.claim(await hall.token(), key=keys.make_key(), host="web-1")).node
    room = await hall.rooms.create(OPERATOR, hall.space.id, "edge")
    body = {"probe": PING, "nodes": [node.id], "rooms": [room.id, "All nodes"]}
    made = await hall.call("POST", PATH, body)
    off = await hall.call("PATCH", ONE, {"enabled": False}, id=made["id"])
    listed = await hall.call("GET", PATH)
    status = await hall.call("DELETE", ONE, id=made["id"])

    assert made == {
        "id": made["id"],
        "probe": PING | {"count": 1, "gap_s": 1.0, "timeout_s": 1.0, "ip": ""},
        "nodes": [{"id": node.id, "name": "web-1"}],
        "rooms": [
            {"id": hall.space.id, "name": "All nodes"},
            {"id": room.id, "name": "edge"},
        ],
        "enabled": True,
        "created_ns": hall.clock.now_ns(),
        "runners": [{"node": node.id, "name": "web-1", "fault": "not told yet"}],
    }
    assert off == made | {"enabled": False, "runners": []}
    assert listed == [off]
    assert status == 204
    assert await hall.call("GET", PATH) == []


async def test_runs_are_told_of_each_probe_by_each_node_that_has_it(hall):
    node = (await hall.claim(await hall.token(), key=keys.make_key(), host="web-1")).node
    made = await hall.call("POST", PATH, {"probe": PING, "nodes": [node.id]})

    assert await hall.call("GET", f"{PATH}/runs") == [
        {
            "probe": made["id"],
            "nodes": [{"node": node.id, "name": "web-1", "runs": []}],
            "more": 0,
        }
    ]
    (question,) = hall.questions
    assert question.select.tags == {"url": ("host.example",)}
    assert question.select.nodes == (node.id,)


@pytest.mark.parametrize(
    "probe",
    [
        {"kind": "shell", "url": "x"},
        {"kind": "ping", "url": "x", "interval_s": 1},
        {"kind": "http_response", "url": "http://x/", "headers": {}},
        {"kind": "http_response", "url": "file:///etc/passwd"},
    ],
)
async def test_what_is_no_probe_is_refused(hall, probe):
    with pytest.raises(InputError):
        await hall.call("POST", PATH, {"probe": probe, "rooms": ["All nodes"]})


async def test_a_trial_shows_what_the_node_said(hall):
    node = (await hall.claim(await hall.token(), key=keys.make_key(), host="web-1")).node
    point = {"measurement": "ping", "tags": {"url": "x"}, "fields": {"ttl": 64, "loss": 0.5}}
    hall.told = {"points": [point], "fault": "lost"}

    assert await hall.call("POST", f"{PATH}/test", {"probe": PING, "node": node.id}) == {
        "node": node.id,
        "name": "web-1",
        "points": [point],
        "fault": "lost",
    }
    for nonsense in (None, 5, {"points": 1}, {"points": [{"measurement": 1}]}):
        hall.told = nonsense
        with pytest.raises(ProtocolError):
            await hall.call("POST", f"{PATH}/test", {"probe": PING, "node": node.id})

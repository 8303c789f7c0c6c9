"""Routes of probes: those of a space, who runs them, what came of it, one carried out at once."""

from typing import Any

import msgspec

from muster.clock import Clock
from muster.core.nodes.inventory import Inventory
from muster.core.nodes.proberuns import MOST_NODES, MOST_RUNS, Answers, Asked, ProbeRuns, runs_of
from muster.core.nodes.probes import Probes, Runner
from muster.errors import ProtocolError
from muster.faces.native.nodeview import Named
from muster.model.access import Action
from muster.model.ids import NodeId
from muster.model.probe import Probe, StoredProbe
from muster.net.http import LISTS_BYTES, Request, Response, Route, json_response, small_route


class NewProbe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A probe to be made, and the nodes and rooms that run it; of neither any: the hub's agent."""

    probe: Probe
    nodes: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()


class EditProbe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to change of a probe; what is left out stays."""

    probe: Probe | None = None
    nodes: tuple[str, ...] | None = None
    rooms: tuple[str, ...] | None = None
    enabled: bool | None = None


class TryProbe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A probe to be carried out once, by a node or by the hub's own agent."""

    probe: Probe
    node: str = ""


class ProbeView(msgspec.Struct, frozen=True, kw_only=True):
    """A probe, who shall run it, and which nodes that are now."""

    id: str
    probe: Probe
    nodes: list[Named]
    rooms: list[Named]
    enabled: bool
    created_ns: int
    runners: list[Runner]


class ProbedPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One point that a trial brought."""

    measurement: str
    tags: dict[str, str]
    fields: dict[str, float | int | bool | str]


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What a trial came to; `fault` is empty when all went well."""

    node: str
    name: str
    points: list[ProbedPoint]
    fault: str = ""


class ProbeFace:
    """Every id is looked up within the space."""

    def __init__(
        self, *, probes: Probes, inventory: Inventory, answers: Answers, clock: Clock
    ) -> None:
        self._probes = probes
        self._inventory = inventory
        self._answers = answers
        self._clock = clock

    def routes(self) -> list[Route]:
        path, read, manage = "/api/v1/spaces/{space}/probes", Action.NODE_READ, Action.SPACE_MANAGE
        one = f"{path}/{{id}}"
        return [
            small_route(
                "GET", path, read, self._list_probes, "probes of a space", gives=list[ProbeView]
            ),
            small_route(
                "GET",
                f"{path}/runs",
                Action.DATA_READ,
                self._list_runs,
                f"the last {MOST_RUNS} runs of each probe, by up to {MOST_NODES} nodes that run it",
                gives=list[ProbeRuns],
            ),
            small_route(
                "POST",
                path,
                manage,
                self._add_probe,
                "make a probe",
                max_body_bytes=LISTS_BYTES,
                takes=NewProbe,
                gives=ProbeView,
                status=201,
            ),
            small_route(
                "POST",
                f"{path}/test",
                manage,
                self._try_probe,
                "carry a probe out once",
                takes=TryProbe,
                gives=Tried,
            ),
            small_route(
                "PATCH",
                one,
                manage,
                self._edit_probe,
                "change a probe: what it asks, who runs it, on or off",
                max_body_bytes=LISTS_BYTES,
                takes=EditProbe,
                gives=ProbeView,
            ),
            small_route(
                "DELETE", one, manage, self._remove_probe, "remove a probe; its values stay"
            ),
        ]

    def _named(self, stored: StoredProbe) -> tuple[list[Named], list[Named]]:
        rooms = self._inventory.roster.rooms()
        nodes = [(id, self._inventory.find(NodeId(id))) for id in stored.nodes]
        return (
            [Named(id=id, name=node.name if node else "") for id, node in nodes],
            [
                Named(id=id, name=rooms[id].name if id in rooms else "All nodes")
                for id in stored.rooms
                if id in rooms or str(id) == str(stored.space)
            ],
        )

    def _view(self, stored: StoredProbe) -> ProbeView:
        nodes, rooms = self._named(stored)
        return ProbeView(
            id=stored.id,
            probe=stored.probe,
            nodes=nodes,
            rooms=rooms,
            enabled=stored.enabled,
            created_ns=stored.created_ns,
            runners=self._probes.runners(stored),
        )

    async def _list_probes(self, request: Request) -> Response:
        known = self._probes.of_space(request.actor, request.match["space"])
        return json_response([self._view(each) for each in known])

    async def _list_runs(self, request: Request) -> Response:
        space = request.match["space"]
        known = self._probes.of_space(request.actor, space)
        scope = self._inventory.scope(request.actor, Action.DATA_READ, space)
        asked = [Asked(each, self._probes.runners(each)) for each in known]
        return json_response(await runs_of(asked, self._answers, self._clock, scope))

    async def _add_probe(self, request: Request) -> Response:
        wanted = request.json(NewProbe)
        stored = await self._probes.add(
            request.actor,
            request.match["space"],
            wanted.probe,
            nodes=wanted.nodes,
            rooms=wanted.rooms,
        )
        return json_response(self._view(stored), status=201)

    async def _edit_probe(self, request: Request) -> Response:
        change = request.json(EditProbe)
        stored = await self._probes.edit(
            request.actor,
            request.match["space"],
            request.match["id"],
            probe=change.probe,
            nodes=change.nodes,
            rooms=change.rooms,
            enabled=change.enabled,
        )
        return json_response(self._view(stored))

    async def _remove_probe(self, request: Request) -> Response:
        await self._probes.remove(request.actor, request.match["space"], request.match["id"])
        return Response(status=204)

    async def _try_probe(self, request: Request) -> Response:
        wanted = request.json(TryProbe)
        runner, told = await self._probes.test(
            request.actor, request.match["space"], wanted.probe, wanted.node
        )
        return json_response(_tried(runner, told))


def _tried(runner: Runner, told: Any) -> Tried:  # noqa: ANN401 - what an agent said
    """Errors: ProtocolError for an agent that says nonsense."""
    try:
        said = msgspec.convert(told, _Told)
    except msgspec.ValidationError as error:
        raise ProtocolError(f"the node's answer is not of the form expected: {error}") from error
    return Tried(node=runner.node, name=runner.name, points=said.points, fault=said.fault)


class _Told(msgspec.Struct, frozen=True):
    """What an agent says of a trial."""

    points: list[ProbedPoint]
    fault: str = ""

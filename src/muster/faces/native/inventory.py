"""Routes of nodes."""

import re
from typing import Any

import msgspec

from muster.core.access import home_of, require
from muster.core.nodes.inventory import Inventory, LinkStates
from muster.core.nodes.roster import is_all_nodes
from muster.errors import InputError, NotFound
from muster.faces.native.nodeview import NodeView, NodeViews
from muster.model.access import Action, Actor
from muster.model.ids import SpaceId
from muster.model.inventory import Node, NodeState
from muster.net.http import LISTS_BYTES, Request, Response, Route, json_response, small_route
from muster.net.packed import GrowingBody

_METHOD = re.compile(r"[a-z][a-z0-9_.]{0,63}")
_NEEDS = {"settings": Action.NODE_EDIT}  # of questions whose answers are no data


class EditNode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to change of a node; `rooms` are ids."""

    name: str | None = None
    rooms: tuple[str, ...] | None = None
    labels: dict[str, str] | None = None
    ephemeral_s: int | None = None


class RevokeNode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why, for the audit log and the node's page."""

    reason: str = ""


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A live question to an agent."""

    method: str
    arguments: dict[str, Any] = {}


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What the agent answered."""

    result: Any


MAX_PAGE = 10_000  # nodes

_LISTED = {
    "space": "only of this space (id)",
    "room": "only in this room (id or name)",
    "state": "only in this state",
    "limit": f"a page of at most so many, 1 to {MAX_PAGE}, by id; without it all, by name",
    "after": "an id, the last one's of the page before: only those after it, by id",
}


class NodeFace:
    """Nodes. Every id is looked up within the actor's spaces and rooms."""

    def __init__(self, *, inventory: Inventory, links: LinkStates, views: NodeViews) -> None:
        self._inventory = inventory
        self._links = links
        self._views = views

    def routes(self) -> list[Route]:
        path, read, remove = "/api/v1/nodes", Action.NODE_READ, Action.NODE_REMOVE
        one = f"{path}/{{id}}"
        return [
            small_route(
                "GET",
                path,
                read,
                self._list_nodes,
                "all nodes",
                gives=list[NodeView],
                query=_LISTED,
            ),
            small_route("GET", one, read, self._show_node, "one node", gives=NodeView),
            small_route(
                "PATCH",
                one,
                Action.NODE_EDIT,
                self._edit_node,
                "change a node: name, rooms, labels, how long it may stay away",
                max_body_bytes=LISTS_BYTES,
                takes=EditNode,
                gives=NodeView,
            ),
            small_route("DELETE", one, remove, self._remove_node, "forget a node", fresh=True),
            small_route(
                "POST",
                f"{one}/revoke",
                remove,
                self._revoke_node,
                "refuse a node for good",
                takes=RevokeNode,
                gives=NodeView,
                fresh=True,
            ),
            small_route(
                "POST",
                f"{one}/ask",
                Action.DATA_READ,
                self._ask_node,
                "a live question",
                max_body_bytes=LISTS_BYTES,
                takes=Question,
                gives=Answered,
            ),
        ]

    def _found(self, request: Request) -> Node:
        return self._inventory.node(request.actor, request.match["id"])

    async def _list_nodes(self, request: Request) -> Response:
        room, state, space = (request.query.get(name, "") for name in ("room", "state", "space"))
        if state and state not in list(NodeState):
            raise InputError(f"no such state: {state[:40]!r}")
        limit = _limit(request)
        is_paged = limit is not None or "after" in request.query
        after = request.query.get("after", "") if is_paged else None
        nodes = await self._inventory.listed(request.actor, space, after)
        fits = (lambda node: _fits(node, room, state)) if room or state else None
        body = GrowingBody(request)
        await self._views.write(body, nodes, request.actor, fits, limit)
        return body.response()

    async def _show_node(self, request: Request) -> Response:
        return json_response(self._views.one(self._found(request), request.actor))

    async def _edit_node(self, request: Request) -> Response:
        change = request.json(EditNode)
        node = await self._inventory.edit(
            request.actor,
            request.match["id"],
            name=change.name,
            rooms=change.rooms,
            labels=change.labels,
            ephemeral_s=change.ephemeral_s,
        )
        return json_response(self._views.one(node, request.actor))

    async def _revoke_node(self, request: Request) -> Response:
        reason = request.json(RevokeNode).reason
        await self._inventory.revoke(request.actor, request.match["id"], reason)
        return json_response(self._views.one(self._found(request), request.actor))

    async def _remove_node(self, request: Request) -> Response:
        await self._inventory.remove(request.actor, request.match["id"])
        return Response(status=204)

    async def _ask_node(self, request: Request) -> Response:
        question = request.json(Question)
        needed = _NEEDS.get(question.method, Action.DATA_READ)
        node = self._inventory.node(request.actor, request.match["id"], needed)
        if not _METHOD.fullmatch(question.method):
            raise InputError(f"no such method: {question.method[:64]!r}")
        result = await self._links.ask(node.id, question.method, question.arguments)
        return json_response(Answered(result=result))


def working_space(inventory: Inventory, actor: Actor | None, wanted: str = "") -> SpaceId:
    """The space that something new goes to: the one named, else the actor's own.

    Errors: NotFound when there is none.
    """
    actor = require(actor, Action.NODE_READ)
    if space := wanted or home_of(actor):
        return inventory.space(SpaceId(space)).id
    known, rooms = inventory.spaces(), inventory.roster.rooms()
    own = {rooms[id].space for id in actor.room_roles if id in rooms}
    for each in known:
        if actor.operator or each.id in own:
            return each.id
    raise NotFound("no such space")


def _limit(request: Request) -> int | None:
    """Of a page; None: no end. Errors: InputError."""
    if not request.query.get("limit"):
        return None
    limit = request.number("limit", 0)
    if not 1 <= limit <= MAX_PAGE:
        raise InputError(f"limit is 1 to {MAX_PAGE}, not {limit}")
    return limit


def _fits(node: NodeView, room: str, state: str) -> bool:
    """Whether a node is in a room (by id or name) and a state; "" is any."""
    in_room = not room or is_all_nodes(room, SpaceId(node.space.id))
    in_room = in_room or any(room in (known.id, known.name) for known in node.rooms)
    return in_room and (not state or node.state == state)

"""Routes of nodes and rooms."""

import re
from typing import Any

import msgspec

from muster.core.access import home_of, require
from muster.core.inventory import Inventory, LinkStates
from muster.errors import InputError, NotFound
from muster.faces.native.nodeview import Named, NodeView, NodeViews
from muster.model.access import Action, Actor
from muster.model.ids import SpaceId
from muster.model.inventory import NodeState, Room
from muster.net.http import LISTS_BYTES, Request, Response, Route, json_response, small_route

_METHOD = re.compile(r"[a-z][a-z0-9_.]{0,63}")


class _EditNode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str | None = None
    rooms: tuple[str, ...] | None = None


class _Revoke(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str = ""


class _Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    method: str
    arguments: dict[str, Any] = {}


class _NewRoom(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    space: str = ""


class _RenameRoom(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


class RoomView(msgspec.Struct, frozen=True, kw_only=True):
    """A room and the space it is in."""

    id: str
    name: str
    space: Named


def routes(*, inventory: Inventory, links: LinkStates, views: NodeViews) -> list[Route]:
    """Nodes and rooms. Every id is looked up within the actor's spaces."""
    return [*_node_routes(inventory, links, views), *_room_routes(inventory)]


def _node_routes(inventory: Inventory, links: LinkStates, views: NodeViews) -> list[Route]:
    async def list_nodes(request: Request) -> Response:
        room, state = request.query.get("room", ""), request.query.get("state", "")
        if state and state not in list(NodeState):
            raise InputError(f"no such state: {state[:40]!r}")
        found = views.many(inventory.nodes(request.actor))
        return json_response([node for node in found if _fits(node, room, state)])

    async def show_node(request: Request) -> Response:
        return json_response(views.one(inventory.node(request.actor, request.match["id"])))

    async def edit_node(request: Request) -> Response:
        change = request.json(_EditNode)
        node = await inventory.edit(
            request.actor, request.match["id"], name=change.name, rooms=change.rooms
        )
        return json_response(views.one(node))

    async def revoke_node(request: Request) -> Response:
        reason = request.json(_Revoke).reason
        await inventory.revoke(request.actor, request.match["id"], reason)
        return json_response(views.one(inventory.node(request.actor, request.match["id"])))

    async def remove_node(request: Request) -> Response:
        await inventory.remove(request.actor, request.match["id"])
        return Response(status=204)

    async def ask_node(request: Request) -> Response:
        node = inventory.node(request.actor, request.match["id"], Action.DATA_READ)
        question = request.json(_Ask)
        if not _METHOD.fullmatch(question.method):
            raise InputError(f"no such method: {question.method[:64]!r}")
        result = await links.ask(node.id, question.method, question.arguments)
        return json_response({"result": result})

    path, remove = "/api/v1/nodes", Action.NODE_REMOVE
    return [
        small_route("GET", path, Action.NODE_READ, list_nodes, "all nodes, by room and state"),
        small_route("GET", f"{path}/{{id}}", Action.NODE_READ, show_node, "one node"),
        small_route(
            "PATCH",
            f"{path}/{{id}}",
            Action.NODE_EDIT,
            edit_node,
            "rename, set rooms",
            max_body_bytes=LISTS_BYTES,
        ),
        small_route("DELETE", f"{path}/{{id}}", remove, remove_node, "forget a node"),
        small_route("POST", f"{path}/{{id}}/revoke", remove, revoke_node, "refuse a node for good"),
        small_route(
            "POST",
            f"{path}/{{id}}/ask",
            Action.DATA_READ,
            ask_node,
            "a live question",
            max_body_bytes=LISTS_BYTES,
        ),
    ]


def _room_routes(inventory: Inventory) -> list[Route]:
    def view(room: Room) -> RoomView:
        space = inventory.space(room.space)
        return RoomView(id=room.id, name=room.name, space=Named(id=space.id, name=space.name))

    async def list_rooms(request: Request) -> Response:
        return json_response([view(room) for room in inventory.rooms(request.actor)])

    async def create_room(request: Request) -> Response:
        wanted = request.json(_NewRoom)
        space = working_space(inventory, request.actor, wanted.space)
        room = await inventory.create_room(request.actor, space, wanted.name)
        return json_response(view(room), status=201)

    async def rename_room(request: Request) -> Response:
        name = request.json(_RenameRoom).name
        room = await inventory.rename_room(request.actor, request.match["id"], name)
        return json_response(view(room))

    async def remove_room(request: Request) -> Response:
        await inventory.remove_room(request.actor, request.match["id"])
        return Response(status=204)

    path, edit = "/api/v1/rooms", Action.ROOM_EDIT
    return [
        small_route("GET", path, Action.NODE_READ, list_rooms, "all rooms"),
        small_route("POST", path, edit, create_room, "make a room"),
        small_route("PATCH", f"{path}/{{id}}", edit, rename_room, "rename a room"),
        small_route("DELETE", f"{path}/{{id}}", edit, remove_room, "remove a room; its nodes stay"),
    ]


def working_space(inventory: Inventory, actor: Actor | None, wanted: str = "") -> SpaceId:
    """The space that something new goes to: the one named, else the actor's own.

    Errors: NotFound when there is none.
    """
    actor = require(actor, Action.NODE_READ)
    if space := wanted or home_of(actor):
        return inventory.space(SpaceId(space)).id
    if known := inventory.spaces():
        return known[0].id
    raise NotFound("no such space")


def _fits(node: NodeView, room: str, state: str) -> bool:
    """Whether a node is in a room (by id or name) and a state; "" is any."""
    in_room = not room or any(room in (known.id, known.name) for known in node.rooms)
    return in_room and (not state or node.state == state)

"""Routes of rooms.

"All nodes" is no room of its own: it is the space itself, under its id, and always there.
"""

import msgspec

from muster.core.nodes.inventory import Inventory
from muster.core.nodes.rooms import Rooms
from muster.faces.native.inventory import working_space
from muster.faces.native.nodeview import Named
from muster.model.access import Action
from muster.model.inventory import Room, RoomRule
from muster.net.http import LISTS_BYTES, Request, Response, Route, json_response, small_route


class NewRoom(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A room to be made; without `space` in the one its maker works in."""

    name: str
    space: str = ""
    rule: RoomRule | None = None
    agent_lifetime_s: int = 0


class EditRoom(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to change of a room; a `rule` of null takes the rule away."""

    name: str | None = None
    rule: RoomRule | msgspec.UnsetType | None = msgspec.UNSET
    agent_lifetime_s: int | None = None


class TryRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule to be looked at before it is used."""

    rule: RoomRule
    space: str = ""


class Fitting(msgspec.Struct, frozen=True, kw_only=True):
    """A node that a rule would take in."""

    id: str
    name: str


class RoomView(msgspec.Struct, frozen=True, kw_only=True):
    """A room, the space it is in, and how many nodes are in it."""

    id: str
    name: str
    space: Named
    rule: RoomRule | None
    agent_lifetime_s: int
    nodes: int


class RoomFace:
    """Every id is looked up within the actor's spaces and rooms."""

    def __init__(self, *, rooms: Rooms, inventory: Inventory) -> None:
        self._rooms = rooms
        self._inventory = inventory

    def routes(self) -> list[Route]:
        path, edit, large = "/api/v1/rooms", Action.ROOM_EDIT, LISTS_BYTES
        one = f"{path}/{{id}}"
        return [
            small_route(
                "GET",
                path,
                Action.NODE_READ,
                self._list_rooms,
                "all rooms",
                gives=list[RoomView],
                query={"space": "only of this space (id)"},
            ),
            small_route(
                "POST",
                path,
                edit,
                self._create_room,
                "make a room",
                max_body_bytes=large,
                takes=NewRoom,
                gives=RoomView,
                status=201,
            ),
            small_route(
                "POST",
                f"{path}/preview",
                edit,
                self._try_rule,
                "the nodes a rule would take in",
                max_body_bytes=large,
                takes=TryRule,
                gives=list[Fitting],
            ),
            small_route(
                "PATCH",
                one,
                edit,
                self._edit_room,
                "name, rule, lifetime of certificates",
                max_body_bytes=large,
                takes=EditRoom,
                gives=RoomView,
            ),
            small_route("DELETE", one, edit, self._remove_room, "remove a room; its nodes stay"),
        ]

    def _view(self, room: Room) -> RoomView:
        space = self._inventory.space(room.space)
        return RoomView(
            id=room.id,
            name=room.name,
            space=Named(id=space.id, name=space.name),
            rule=room.rule,
            agent_lifetime_s=room.agent_lifetime_s,
            nodes=len(self._inventory.roster.members(room.id)),
        )

    async def _list_rooms(self, request: Request) -> Response:
        space = request.query.get("space", "")
        return json_response(
            [self._view(room) for room in self._inventory.rooms(request.actor, space)]
        )

    async def _create_room(self, request: Request) -> Response:
        wanted = request.json(NewRoom)
        room = await self._rooms.create(
            request.actor,
            working_space(self._inventory, request.actor, wanted.space),
            wanted.name,
            rule=wanted.rule,
            agent_lifetime_s=wanted.agent_lifetime_s,
        )
        return json_response(self._view(room), status=201)

    async def _try_rule(self, request: Request) -> Response:
        given = request.json(TryRule)
        space = working_space(self._inventory, request.actor, given.space)
        nodes = self._rooms.preview(request.actor, space, given.rule)
        return json_response([Fitting(id=node.id, name=node.name) for node in nodes])

    async def _edit_room(self, request: Request) -> Response:
        change = request.json(EditRoom)
        room = await self._rooms.edit(
            request.actor,
            request.match["id"],
            name=change.name,
            rule=change.rule,
            agent_lifetime_s=change.agent_lifetime_s,
        )
        return json_response(self._view(room))

    async def _remove_room(self, request: Request) -> Response:
        await self._rooms.remove(request.actor, request.match["id"])
        return Response(status=204)

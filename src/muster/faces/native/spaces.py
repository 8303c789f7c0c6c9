"""Routes of spaces."""

from collections import Counter
from typing import Any

import msgspec

from muster.core.nodes.inventory import Inventory
from muster.core.nodes.spaces import Spaces
from muster.model.access import Action, Actor, Role
from muster.model.inventory import Approval, Space, SpaceSettings
from muster.net.http import Request, Response, Route, json_response, small_route


class NewSpace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A space to be made; who makes it is its admin."""

    name: str


class EditNetdataKeep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Contexts that are copied (`system.*`; none: nothing is), and how often."""

    contexts: tuple[str, ...] | None = None
    step_s: int | None = None
    since_s: int | None = None  # the hub's own: so that what was read may be sent back whole


class EditSpaceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Those that are to change; what is left out stays as it is."""

    agent_lifetime_s: int | None = None
    approval: Approval | None = None
    require_second_factor: bool | None = None
    store: bool | None = None
    keep_days: int | None = None
    netdata_keep: EditNetdataKeep | None = None


class EditSpace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to change of a space."""

    name: str | None = None
    settings: EditSpaceSettings = EditSpaceSettings()


class SpaceView(msgspec.Struct, frozen=True, kw_only=True):
    """A space. `role` is what one is in all of it; null: only in rooms of it."""

    id: str
    name: str
    settings: SpaceSettings
    role: Role | None
    nodes: int  # that one may look at
    main: bool  # the hub's own


class SpaceFace:
    """Those in which the actor has a role."""

    def __init__(self, *, spaces: Spaces, inventory: Inventory) -> None:
        self._spaces = spaces
        self._inventory = inventory

    def routes(self) -> list[Route]:
        path, read, manage = "/api/v1/spaces", Action.NODE_READ, Action.SPACE_MANAGE
        one = f"{path}/{{id}}"
        return [
            small_route("GET", path, read, self._list_spaces, "all spaces", gives=list[SpaceView]),
            small_route(
                "POST",
                path,
                manage,
                self._create_space,
                "make a space",
                takes=NewSpace,
                gives=SpaceView,
                status=201,
            ),
            small_route("GET", one, read, self._show_space, "one space", gives=SpaceView),
            small_route(
                "PATCH",
                one,
                manage,
                self._edit_space,
                "name, settings",
                takes=EditSpace,
                gives=SpaceView,
            ),
            small_route("DELETE", one, manage, self._remove_space, "remove a space that is empty"),
        ]

    def _views(self, actor: Actor | None, known: list[Space]) -> list[SpaceView]:
        counts = Counter(node.space for node in self._inventory.nodes(actor))
        return [
            SpaceView(
                id=space.id,
                name=space.name,
                settings=space.settings,
                role=role_in(actor, space),
                nodes=counts[space.id],
                main=space.main,
            )
            for space in known
        ]

    async def _list_spaces(self, request: Request) -> Response:
        return json_response(self._views(request.actor, self._spaces.spaces(request.actor)))

    async def _create_space(self, request: Request) -> Response:
        space = await self._spaces.create(request.actor, request.json(NewSpace).name)
        made = SpaceView(
            id=space.id,
            name=space.name,
            settings=space.settings,
            role=Role.ADMIN,
            nodes=0,
            main=False,
        )
        return json_response(made, status=201)

    async def _show_space(self, request: Request) -> Response:
        space = self._spaces.space(request.actor, request.match["id"])
        return json_response(self._views(request.actor, [space])[0])

    async def _edit_space(self, request: Request) -> Response:
        change, id = request.json(EditSpace), request.match["id"]
        settings = _changed(self._spaces.space(request.actor, id).settings, change.settings)
        space = await self._spaces.edit(request.actor, id, name=change.name, settings=settings)
        return json_response(self._views(request.actor, [space])[0])

    async def _remove_space(self, request: Request) -> Response:
        await self._spaces.remove(request.actor, request.match["id"])
        return Response(status=204)


def _changed(known: SpaceSettings, change: EditSpaceSettings) -> SpaceSettings:
    named = _given(change)
    if change.netdata_keep is not None:
        keep = msgspec.structs.replace(known.netdata_keep, **_given(change.netdata_keep))
        named["netdata_keep"] = keep
    return msgspec.structs.replace(known, **named)


def _given(change: EditSpaceSettings | EditNetdataKeep) -> dict[str, Any]:
    fields = msgspec.structs.asdict(change)
    return {name: value for name, value in fields.items() if value is not None}


def role_in(actor: Actor | None, space: Space) -> Role | None:
    """What an actor is in a whole space."""
    if actor is None:
        return None
    return Role.ADMIN if actor.operator else actor.roles.get(space.id)

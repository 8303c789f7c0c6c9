"""Routes of the settings of a node's agent: told by itself, compared with another's or a file."""

import msgspec

from muster.core.connecting.connect import with_proxy
from muster.core.nodes.inventory import Inventory, LinkStates
from muster.core.nodes.settingsdiff import Difference, Setting, differences, read_told, settings_in
from muster.errors import InputError
from muster.model.access import Action, Actor
from muster.net.http import Request, Response, Route, json_response, small_route

METHOD = "settings"  # of a live question
_MAX_BODY = 65_536


class CompareWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """With what a node's settings are compared: another node (id), or settings as TOML."""

    node: str = ""
    config: str | None = None
    proxy: str = ""  # that an installer is made with: it stands in its settings, too


class NodeSettingsFace:
    """Who may change a node may see its settings. Errors: Unavailable when it is not connected."""

    def __init__(self, *, inventory: Inventory, links: LinkStates) -> None:
        self._inventory = inventory
        self._links = links

    def routes(self) -> list[Route]:
        path, edit = "/api/v1/nodes/{id}/settings", Action.NODE_EDIT
        return [
            small_route(
                "GET", path, edit, self._show, "settings of a node's agent", gives=list[Setting]
            ),
            small_route(
                "POST",
                f"{path}/compare",
                edit,
                self._compare,
                "what differs from another agent's settings, or from a file's",
                max_body_bytes=_MAX_BODY,
                takes=CompareWanted,
                gives=list[Difference],
            ),
        ]

    async def _told(self, actor: Actor | None, id: str) -> list[Setting]:
        node = self._inventory.node(actor, id, Action.NODE_EDIT)
        return read_told(await self._links.ask(node.id, METHOD, {}))

    async def _show(self, request: Request) -> Response:
        return json_response(await self._told(request.actor, request.match["id"]))

    async def _compare(self, request: Request) -> Response:
        wanted = request.json(CompareWanted)
        if bool(wanted.node) == (wanted.config is not None):
            raise InputError("say one of both: node, or config")
        if wanted.node:
            self._inventory.node(request.actor, wanted.node, Action.NODE_EDIT)
        here = await self._told(request.actor, request.match["id"])
        if wanted.config is None:
            there = await self._told(request.actor, wanted.node)
        else:
            there = settings_in(with_proxy(wanted.config, wanted.proxy), here)
        return json_response(differences(here, there))

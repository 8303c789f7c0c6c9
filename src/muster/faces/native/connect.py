"""Routes of Connect: ready commands with a token in them, for admins alone."""

from collections.abc import Callable

import msgspec

from muster.core.connecting.connect import (
    MASKED,
    Command,
    File,
    Offer,
    Ready,
    Wanted,
    check,
    dialect_of,
    needs_files,
    offers,
    ready,
)
from muster.core.connecting.kit import KitSource
from muster.core.connecting.netdataconnect import NetdataSite
from muster.core.databases.telegrafsite import TelegrafSite
from muster.core.enrolment.tokens import NETDATA, Addresses, ClaimTokens, TokenLimits
from muster.core.nodes.inventory import Inventory
from muster.faces.native.inventory import working_space
from muster.faces.native.lifetimes import lifetime_of
from muster.model.access import Action
from muster.model.ids import RoomId, SpaceId, TokenId
from muster.net.http import Request, Response, Route, json_response, small_route

_MAX_BODY = 262_144  # settings and a template may be in it


class ConnectWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked for. `preview`: no token is made, and a word stands in its place."""

    environment: str
    rooms: tuple[str, ...] = ()
    ttl_s: float | None = None
    uses: int = 1
    description: str = ""
    space: str = ""
    labels: dict[str, str] = {}
    networks: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()  # globs; an installer's are those of its machine
    per_hour: int = 0
    ephemeral_s: int = 0
    url: str = ""  # https://host:port by which machines join; empty: the hub's best
    proxy: str = ""  # none, env or a URL
    name: str = ""  # of the machine an installer is for
    config: str = ""  # its agent's settings, TOML
    template: str = ""  # in place of the installer's own
    preview: bool = False


class ConnectToken(msgspec.Struct, frozen=True, kw_only=True):
    """The token that stands in the commands; shown this once."""

    id: TokenId
    token: str
    expires_ns: int
    uses: int
    new_rooms: tuple[str, ...] = ()  # that were not there before


class ConnectView(msgspec.Struct, frozen=True, kw_only=True):
    """Commands to run and files to save. `token` is null in a preview."""

    token: ConnectToken | None
    commands: tuple[Command, ...]
    files: tuple[File, ...]


class EnvironmentsView(msgspec.Struct, frozen=True, kw_only=True):
    """What may be chosen, and the addresses by which machines can reach this hub."""

    environments: list[Offer]
    urls: list[str]
    netdata_urls: tuple[str, ...]  # for Netdata agents
    netdata_root: str  # SHA-256 of the root that they have to trust first; empty: none
    missing: tuple[str, ...]  # what the hub could not make for installers


class ConnectFace:
    """What there is to choose from, and the commands for what was chosen."""

    def __init__(
        self,
        *,
        tokens: ClaimTokens,
        inventory: Inventory,
        source: KitSource,
        addresses: Callable[[], Addresses],
        netdata: Callable[[], NetdataSite],
        telegraf: TelegrafSite,
    ) -> None:
        self._tokens = tokens
        self._inventory = inventory
        self._source = source
        self._addresses = addresses
        self._netdata = netdata
        self._telegraf = telegraf

    def routes(self) -> list[Route]:
        manage = Action.TOKEN_MANAGE
        return [
            small_route(
                "GET",
                "/api/v1/connect",
                manage,
                self._environments,
                "the environments a machine can join from",
                gives=EnvironmentsView,
            ),
            small_route(
                "POST",
                "/api/v1/connect",
                manage,
                self._connect,
                "make a claim token and ready commands for one environment",
                max_body_bytes=_MAX_BODY,
                takes=ConnectWanted,
                gives=ConnectView,
                status=201,
                fresh=True,
            ),
        ]

    def _urls(self) -> list[str]:
        return [f"https://{address}" for address in self._addresses().enrol()]

    def _room_ids(self, space: SpaceId, given: tuple[str, ...]) -> tuple[RoomId, ...]:
        """Of a preview: rooms that are there."""
        rooms = (room for room in self._inventory.all_rooms() if room.space == space)
        return tuple(room.id for room in rooms if {room.id, room.name} & set(given))

    async def _environments(self, request: Request) -> Response:
        kit = await self._source.kit()
        site = self._netdata()
        return json_response(
            EnvironmentsView(
                environments=offers(kit, has_write=bool(self._telegraf.url())),
                urls=self._urls(),
                netdata_urls=site.urls,
                netdata_root=site.root.sha256 if site.root else "",
                missing=kit.missing,
            )
        )

    async def _connect(self, request: Request) -> Response:
        asked = request.json(ConnectWanted)
        space = working_space(self._inventory, request.actor, asked.space)
        # Making the files takes seconds, which nobody waits for whose machine fetches none.
        kit = await (self._source.kit() if needs_files(asked.environment) else self._source.texts())
        dialect = dialect_of(asked.environment)
        site = self._netdata()
        best = site.urls[0] if dialect == NETDATA else self._urls()[0]
        wanted = Wanted(
            environment=asked.environment,
            url=asked.url.rstrip("/") or best,
            writes=self._telegraf.url(),
            proxy=asked.proxy,
            name=asked.name,
            config=asked.config,
            template=asked.template,
            root=site.root,
        )
        recipe = check(wanted, kit, has_write=bool(wanted.writes))
        # Made once without a token: what cannot be made leaves no token behind.
        shown = ready(
            wanted,
            recipe,
            kit,
            token=MASKED,
            expires_ns=0,
            rooms=self._room_ids(space, asked.rooms),
        )
        if asked.preview:
            return json_response(_view(None, shown))
        if recipe.needs_write:
            await self._telegraf.prepare(request.actor, space)
        made = await self._tokens.create(
            request.actor,
            space,
            rooms=asked.rooms,
            lifetime=lifetime_of(asked.ttl_s),
            uses=asked.uses,
            description=asked.description or f"connect {asked.environment} {asked.name}".rstrip(),
            limits=_limits(asked),
            dialect=dialect,
        )
        record = made.record
        token = ConnectToken(
            id=record.id,
            token=made.text.reveal(),
            expires_ns=record.expires_ns,
            uses=record.uses,
            new_rooms=made.new_rooms,
        )
        full = ready(
            wanted,
            recipe,
            kit,
            token=token.token,
            expires_ns=record.expires_ns,
            rooms=record.rooms,
        )
        return json_response(_view(token, full), status=201, Cache_Control="no-store")


def _view(token: ConnectToken | None, made: Ready) -> ConnectView:
    return ConnectView(token=token, commands=made.commands, files=made.files)


def _limits(asked: ConnectWanted) -> TokenLimits:
    """An installer that is lost lets in nobody but a machine of that name."""
    short = asked.name.partition(".")[0]
    own = (short, f"{short}.*") if asked.environment == "installer" else ()
    return TokenLimits(
        labels=asked.labels,
        networks=asked.networks,
        hosts=asked.hosts or own,
        per_hour=asked.per_hour,
        ephemeral_s=asked.ephemeral_s,
    )

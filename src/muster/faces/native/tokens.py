"""Routes of claim tokens."""

import msgspec

from muster.core.enrolment.tokens import MUSTER, ClaimTokens, TokenLimits
from muster.core.nodes.inventory import Inventory
from muster.faces.native.inventory import working_space
from muster.faces.native.lifetimes import lifetime_of
from muster.faces.native.nodeview import Named
from muster.model.access import Action
from muster.model.identity import ClaimToken
from muster.model.ids import NodeId, TokenId
from muster.net.http import LISTS_BYTES, Request, Response, Route, json_response, small_route


class NewTokenBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token to make. Of what is left out there is no limit but `ttl_s` and one use.

    Shapes: `rooms` ids or names; `networks` CIDR; `hosts` globs; `per_hour` nodes in any hour;
            `ephemeral_s` > 0: its nodes go so long after they were last seen; `dialect`
            muster or netdata: whose agents it is written for.
    """

    rooms: tuple[str, ...] = ()
    ttl_s: float | None = None
    uses: int = 1
    description: str = ""
    space: str = ""
    labels: dict[str, str] = {}
    networks: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    per_hour: int = 0
    ephemeral_s: int = 0
    dialect: str = MUSTER


class NewTokenView(msgspec.Struct, frozen=True, kw_only=True):
    """The only answer that ever holds a token's text. `command` is for our own agents."""

    id: TokenId
    token: str
    expires_ns: int
    uses: int
    command: str
    new_rooms: tuple[str, ...] = ()  # that were not there before: made, or a slip of the pen


class ClaimedView(msgspec.Struct, frozen=True, kw_only=True):
    """A node that came in by a token; it may be gone by now."""

    id: NodeId
    name: str
    claimed_ns: int


class TokenView(msgspec.Struct, frozen=True, kw_only=True):
    """A token without its secret. `nodes` only where one token is asked for."""

    id: TokenId
    space: str
    rooms: list[Named]
    created_ns: int
    expires_ns: int
    uses: int
    used: int
    revoked_ns: int
    created_by: str
    description: str
    labels: dict[str, str]
    networks: tuple[str, ...]
    hosts: tuple[str, ...]
    per_hour: int
    ephemeral_s: int
    nodes: list[ClaimedView] | msgspec.UnsetType = msgspec.UNSET


def join_command(token: str) -> str:
    """The one line for the next machine.

    `printf` is part of every shell, so the token is in no process's arguments.
    """
    return f"printf %s {token} | muster agent claim --token-file - && muster agent run"


class TokenFace:
    """Claim tokens, for who may manage them. A token's text is told once, when it is made."""

    def __init__(self, *, tokens: ClaimTokens, inventory: Inventory) -> None:
        self._tokens = tokens
        self._inventory = inventory

    def routes(self) -> list[Route]:
        path, manage = "/api/v1/tokens", Action.TOKEN_MANAGE
        return [
            small_route(
                "GET", path, manage, self._list_tokens, "all claim tokens", gives=list[TokenView]
            ),
            small_route(
                "POST",
                path,
                manage,
                self._create_token,
                "make a claim token",
                max_body_bytes=LISTS_BYTES,
                takes=NewTokenBody,
                gives=NewTokenView,
                status=201,
                fresh=True,
            ),
            small_route(
                "GET",
                f"{path}/{{id}}",
                manage,
                self._show_token,
                "one token and who came in by it",
                gives=TokenView,
            ),
            small_route("DELETE", f"{path}/{{id}}", manage, self._revoke_token, "end a token now"),
        ]

    def _view(self, token: ClaimToken) -> TokenView:
        names = {room.id: room.name for room in self._inventory.all_rooms()}
        return TokenView(
            id=token.id,
            space=token.space,
            rooms=[Named(id=id, name=names[id]) for id in token.rooms if id in names],
            created_ns=token.created_ns,
            expires_ns=token.expires_ns,
            uses=token.uses,
            used=token.used,
            revoked_ns=token.revoked_ns,
            created_by=token.created_by,
            description=token.description,
            labels=token.labels,
            networks=token.networks,
            hosts=token.hosts,
            per_hour=token.per_hour,
            ephemeral_s=token.ephemeral_s,
        )

    async def _list_tokens(self, request: Request) -> Response:
        return json_response([self._view(token) for token in self._tokens.tokens(request.actor)])

    async def _create_token(self, request: Request) -> Response:
        wanted = request.json(NewTokenBody)
        made = await self._tokens.create(
            request.actor,
            working_space(self._inventory, request.actor, wanted.space),
            rooms=wanted.rooms,
            lifetime=lifetime_of(wanted.ttl_s),
            uses=wanted.uses,
            description=wanted.description,
            limits=TokenLimits(
                labels=wanted.labels,
                networks=wanted.networks,
                hosts=wanted.hosts,
                per_hour=wanted.per_hour,
                ephemeral_s=wanted.ephemeral_s,
            ),
            dialect=wanted.dialect,
        )
        text = made.text.reveal()
        answer = NewTokenView(
            id=made.record.id,
            token=text,
            expires_ns=made.record.expires_ns,
            uses=made.record.uses,
            command=join_command(text) if wanted.dialect == MUSTER else "",
            new_rooms=made.new_rooms,
        )
        return json_response(answer, status=201)

    async def _show_token(self, request: Request) -> Response:
        token, claims = self._tokens.token(request.actor, TokenId(request.match["id"]))
        nodes = [
            ClaimedView(id=claim.node, name=claim.name, claimed_ns=claim.claimed_ns)
            for claim in claims
        ]
        return json_response(msgspec.structs.replace(self._view(token), nodes=nodes))

    async def _revoke_token(self, request: Request) -> Response:
        await self._tokens.revoke(request.actor, TokenId(request.match["id"]))
        return Response(status=204)

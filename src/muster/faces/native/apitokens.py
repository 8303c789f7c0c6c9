"""Routes of API tokens."""

import msgspec

from muster.core.people.apitokens import ApiTokens
from muster.faces.native.lifetimes import lifetime_of
from muster.model.access import Action, ApiToken, Role, TokenScope, User
from muster.model.ids import ApiTokenId, RoomId, SpaceId
from muster.net.http import Request, Response, Route, json_response, small_route


class NewApiToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An API token to be made; without `role` it is all that its owner is."""

    name: str = ""
    role: Role | None = None
    ttl_s: float | None = None
    user: str = ""
    actions: tuple[Action, ...] = ()  # of the role; empty: all of them
    spaces: tuple[SpaceId, ...] = ()  # with spaces or rooms: in these alone
    rooms: tuple[RoomId, ...] = ()


class NewApiTokenView(msgspec.Struct, frozen=True, kw_only=True):
    """The only answer that ever holds a token's text."""

    id: ApiTokenId
    token: str
    name: str
    user: str
    role: Role
    expires_ns: int


class ApiTokenView(msgspec.Struct, frozen=True, kw_only=True):
    """A token without its text. `user` is the owner's name, `used_ns` 0 means never."""

    id: ApiTokenId
    name: str
    user: str
    role: Role
    state: str  # valid, expired or revoked
    created_ns: int
    expires_ns: int
    used_ns: int
    revoked_ns: int
    actions: tuple[Action, ...]
    spaces: tuple[SpaceId, ...]
    rooms: tuple[RoomId, ...]


class ApiTokenFace:
    """Everybody's own; admins see and end those of others."""

    def __init__(self, *, api_tokens: ApiTokens) -> None:
        self._api_tokens = api_tokens

    def routes(self) -> list[Route]:
        # Everybody who is signed in has tokens of their own; core/people/apitokens.py checks each.
        path, own = "/api/v1/api-tokens", Action.HUB_READ
        return [
            small_route(
                "GET",
                path,
                own,
                self._list_tokens,
                "one's own API tokens; for admins everybody's",
                gives=list[ApiTokenView],
            ),
            small_route(
                "POST",
                path,
                own,
                self._create_token,
                "make an API token of one's own; not by API token",
                takes=NewApiToken,
                gives=NewApiTokenView,
                status=201,
                fresh=True,
            ),
            small_route(
                "DELETE", f"{path}/{{id}}", own, self._revoke_token, "end an API token now"
            ),
        ]

    def _view(self, token: ApiToken, owner: User) -> ApiTokenView:
        return ApiTokenView(
            id=token.id,
            name=token.name,
            user=owner.name,
            role=token.role,
            state=self._api_tokens.state_of(token),
            created_ns=token.created_ns,
            expires_ns=token.expires_ns,
            used_ns=token.used_ns,
            revoked_ns=token.revoked_ns,
            actions=token.scope.actions,
            spaces=token.scope.spaces,
            rooms=token.scope.rooms,
        )

    async def _list_tokens(self, request: Request) -> Response:
        return json_response([self._view(*each) for each in self._api_tokens.tokens(request.actor)])

    async def _create_token(self, request: Request) -> Response:
        wanted = request.json(NewApiToken)
        made = await self._api_tokens.create(
            request.actor,
            name=wanted.name,
            role=wanted.role,
            lifetime=lifetime_of(wanted.ttl_s),
            user=wanted.user,
            scope=TokenScope(actions=wanted.actions, spaces=wanted.spaces, rooms=wanted.rooms),
        )
        answer = NewApiTokenView(
            id=made.record.id,
            token=made.text.reveal(),
            name=made.record.name,
            user=made.owner.name,
            role=made.record.role,
            expires_ns=made.record.expires_ns,
        )
        return json_response(answer, status=201)

    async def _revoke_token(self, request: Request) -> Response:
        await self._api_tokens.revoke(request.actor, request.match["id"])
        return Response(status=204)

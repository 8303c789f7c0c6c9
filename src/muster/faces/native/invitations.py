"""Routes of invitations: for admins, and for who follows a link.

The link's secret comes in a body: in an address it would be in logs.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from muster.core.nodes.inventory import Inventory
from muster.core.people.invitations import Answered, Invitations
from muster.faces.native.inventory import working_space
from muster.faces.native.lifetimes import lifetime_of
from muster.faces.native.sessionview import COOKIE, SessionView, SessionViews
from muster.faces.native.signin import flow_of, obstacle_of, site_of
from muster.log import Secret
from muster.model.access import Action, Role
from muster.model.ids import RoomId, SpaceId
from muster.model.signin import Invitation
from muster.net.http import (
    LISTS_BYTES,
    Public,
    Request,
    Response,
    Route,
    json_response,
    small_route,
)


class NewInvitation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to invite, under which name, with which roles; `ttl_s` null: as the settings say."""

    name: str
    role: Role | None = None
    space: str = ""
    room_roles: dict[RoomId, Role] = {}
    ttl_s: float | None = None


class InvitationView(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation without its secret. `used_ns` and `revoked_ns` 0: not so."""

    id: str
    name: str
    roles: dict[SpaceId, Role]
    room_roles: dict[RoomId, Role]
    state: str  # open, used, revoked or expired
    created_ns: int
    expires_ns: int
    created_by: str
    used_ns: int
    revoked_ns: int


class NewInvitationView(InvitationView, frozen=True, kw_only=True):
    """The only answer that ever holds the link."""

    link: str


class InvitationSecret(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands behind the `#` of the link."""

    secret: str


class InvitedView(msgspec.Struct, frozen=True, kw_only=True):
    """What who is invited is told."""

    name: str
    hub: str
    invited_by: str
    expires_ns: int
    passkeys: str  # empty: one can be made; else why not


class AcceptInvitation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the new user will sign in: by password, passkey, or both."""

    secret: str
    password: str | None = None
    credential: dict[str, Any] | None = None
    passkey_name: str = "Passkey"


class InvitationFace:
    """Invitations, for admins. `own_address`: https://host:port for links made at its socket."""

    def __init__(
        self,
        *,
        invitations: Invitations,
        inventory: Inventory,
        own_address: Callable[[], str],
        prefix: str = "",
    ) -> None:
        self._invitations = invitations
        self._inventory = inventory
        self._own_address = own_address
        self._prefix = prefix

    def routes(self) -> list[Route]:
        path, manage = "/api/v1/invitations", Action.USER_MANAGE
        return [
            small_route(
                "GET",
                path,
                manage,
                self._list_invitations,
                "all invitations",
                gives=list[InvitationView],
            ),
            small_route(
                "POST",
                path,
                manage,
                self._create,
                "invite a person; the answer alone holds the link",
                takes=NewInvitation,
                gives=NewInvitationView,
                status=201,
                fresh=True,
            ),
            small_route("DELETE", f"{path}/{{id}}", manage, self._revoke, "end an invitation now"),
        ]

    def _fields(self, invitation: Invitation) -> dict[str, Any]:
        state = self._invitations.state_of(invitation)
        names = ("id", "name", "roles", "room_roles", "created_ns", "expires_ns", "created_by",
                 "used_ns", "revoked_ns")  # fmt: skip
        return {name: getattr(invitation, name) for name in names} | {"state": state}

    def _link_of(self, request: Request, secret: Secret) -> str:
        local = request.actor is not None and request.actor.operator
        base = self._own_address() if local else site_of(request).origin
        return f"{base}{self._prefix}/invitation#{secret.reveal()}"

    async def _list_invitations(self, request: Request) -> Response:
        found = self._invitations.invitations(request.actor)
        return json_response([InvitationView(**self._fields(each)) for each in found])

    async def _create(self, request: Request) -> Response:
        given = request.json(NewInvitation)
        made = await self._invitations.create(
            request.actor,
            working_space(self._inventory, request.actor, given.space),
            given.name,
            given.role,
            room_roles=given.room_roles,
            lifetime=lifetime_of(given.ttl_s),
        )
        link = self._link_of(request, made.secret)
        return json_response(NewInvitationView(**self._fields(made.record), link=link), status=201)

    async def _revoke(self, request: Request) -> Response:
        await self._invitations.revoke(request.actor, request.match["id"])
        return Response(status=204)


class InvitedFace:
    """An invitation, for whoever holds its link."""

    def __init__(self, *, invitations: Invitations, views: SessionViews) -> None:
        self._invitations = invitations
        self._views = views

    def routes(self) -> list[Route]:
        path, allow = "/api/v1/invitations", Public.SIGN_IN
        return [
            small_route(
                "POST",
                f"{path}/show",
                allow,
                self._show,
                "what an invitation says",
                takes=InvitationSecret,
                gives=InvitedView,
            ),
            small_route(
                "POST",
                f"{path}/passkey",
                allow,
                self._offer_passkey,
                "begin to make a passkey: options for navigator.credentials.create",
                takes=InvitationSecret,
                gives=dict[str, Any],
            ),
            small_route(
                "POST",
                f"{path}/accept",
                allow,
                self._accept,
                "become a user, and be signed in",
                max_body_bytes=LISTS_BYTES,
                takes=AcceptInvitation,
                gives=SessionView,
            ),
        ]

    async def _show(self, request: Request) -> Response:
        secret = Secret(request.json(InvitationSecret).secret)
        found = self._invitations.show(secret, request.address)
        view = InvitedView(
            name=found.name,
            hub=self._views.hub.name,
            invited_by=found.created_by,
            expires_ns=found.expires_ns,
            passkeys=obstacle_of(request),
        )
        return json_response(view)

    async def _offer_passkey(self, request: Request) -> Response:
        secret, flow = Secret(request.json(InvitationSecret).secret), flow_of(request)
        options = self._invitations.offer_passkey(
            secret, flow.holder, site_of(request), request.address
        )
        return json_response(options, set_cookie=flow.header)

    async def _accept(self, request: Request) -> Response:
        given = request.json(AcceptInvitation)
        signed = await self._invitations.accept(
            Answered(
                secret=Secret(given.secret),
                password=None if given.password is None else Secret(given.password),
                credential=given.credential,
                passkey_name=given.passkey_name,
            ),
            flow_of(request).holder,
            site_of(request),
            address=request.address,
            replaces=request.cookies.get(COOKIE, ""),
        )
        return self._views.signed_in(signed)

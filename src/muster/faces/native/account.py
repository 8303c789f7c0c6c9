"""Routes of sign-in and users."""

from collections.abc import Awaitable, Callable

import msgspec

from muster.core.nodes.inventory import Inventory
from muster.core.people.accounts import Accounts, Ways
from muster.errors import Unauthenticated
from muster.faces.native.inventory import working_space
from muster.faces.native.sessionview import COOKIE, FLAGS, SessionView, SessionViews
from muster.log import Secret
from muster.model.access import Action, Actor, Role, User, highest
from muster.model.ids import RoomId, SpaceId
from muster.net.http import Public, Request, Response, Route, json_response, small_route

# Where a browser goes to end what began a session elsewhere, by method and host; empty: nowhere.
Leave = Callable[[str, str], Awaitable[str]]


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Name and password."""

    name: str
    password: str


class ChangePassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One's own password, as it is and as it is to be."""

    old: str
    new: str


class NewUser(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A user to be made, with a role in a space, in rooms of it, or both."""

    name: str
    password: str
    role: Role | None = None
    space: str = ""
    room_roles: dict[RoomId, Role] = {}


class EditUser(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to change. `role` is that in all the user's spaces; null in a map takes one away."""

    password: str | None = None
    role: Role | None = None
    disabled: bool | None = None
    roles: dict[SpaceId, Role | None] | None = None
    room_roles: dict[RoomId, Role | None] | None = None
    require_passkey: bool | None = None


class UserView(msgspec.Struct, frozen=True, kw_only=True):
    """A user without password. `roles` is by space id; `role` is the highest of all."""

    id: str
    name: str
    role: Role
    roles: dict[SpaceId, Role]
    room_roles: dict[RoomId, Role]
    created_ns: int
    disabled: bool
    require_passkey: bool  # of this user; a space or the hub may ask for one too
    has_password: bool
    passkeys: int  # how many
    providers: tuple[str, ...]  # OpenID providers they have come by


class SignedOut(msgspec.Struct, frozen=True):
    """Where to go on, to end the session at the provider too."""

    leave: str


async def stay(method: str, host: str) -> str:
    """There is nothing to end elsewhere."""
    return ""


async def actor_of(accounts: Accounts, request: Request) -> Actor | None:
    """Who a browser's request comes from, by its cookie; for the web listener."""
    return await accounts.actor(request.cookies.get(COOKIE, ""), request.address)


class SessionFace:
    """Sign-in by password, and the session one has: for everybody."""

    def __init__(self, *, accounts: Accounts, views: SessionViews, leave: Leave = stay) -> None:
        self._accounts = accounts
        self._views = views
        self._leave = leave

    def routes(self) -> list[Route]:
        path, view = "/api/v1/session", SessionView
        return [
            small_route(
                "GET", path, Public.SIGN_IN, self._show_session, "who is signed in", gives=view
            ),
            small_route(
                "POST",
                path,
                Public.SIGN_IN,
                self._sign_in,
                "sign in by password; 202 when a passkey is wanted besides",
                takes=SignIn,
                gives=view,
            ),
            small_route(
                "DELETE",
                path,
                Public.SIGN_IN,
                self._sign_out,
                "sign out; 200 with an address where a provider is to be left too",
            ),
            small_route(
                "POST",
                f"{path}/password",
                Action.HUB_READ,
                self._change_password,
                "change one's own password",
                takes=ChangePassword,
                status=204,
            ),
        ]

    async def _show_session(self, request: Request) -> Response:
        if request.actor is None:
            raise Unauthenticated("not signed in")
        self._accounts.sessions.require_whole(request.actor)
        return json_response(self._views.of(request.actor))

    async def _sign_in(self, request: Request) -> Response:
        given = request.json(SignIn)
        signed = await self._accounts.sign_in(
            given.name,
            Secret(given.password),
            address=request.address,
            replaces=request.cookies.get(COOKIE, ""),
        )
        return self._views.signed_in(signed)

    async def _sign_out(self, request: Request) -> Response:
        cookie = request.cookies.get(COOKIE, "")
        method = self._accounts.sessions.method_of(cookie)
        await self._accounts.sessions.end(cookie)
        return _signed_out(await self._leave(method, request.headers.get("host", "")))

    async def _change_password(self, request: Request) -> Response:
        given = request.json(ChangePassword)
        await self._accounts.change_password(request.actor, Secret(given.old), Secret(given.new))
        return _signed_out()


class UserFace:
    """Users, for admins."""

    def __init__(self, *, accounts: Accounts, inventory: Inventory) -> None:
        self._accounts = accounts
        self._inventory = inventory

    def routes(self) -> list[Route]:
        path, manage = "/api/v1/users", Action.USER_MANAGE
        one = f"{path}/{{id}}"
        return [
            small_route("GET", path, manage, self._list_users, "all users", gives=list[UserView]),
            small_route(
                "POST",
                path,
                manage,
                self._create_user,
                "make a user",
                takes=NewUser,
                gives=UserView,
                status=201,
                fresh=True,
            ),
            small_route(
                "PATCH",
                one,
                manage,
                self._edit_user,
                "password, roles, disabled",
                takes=EditUser,
                gives=UserView,
                fresh=True,
            ),
            small_route("DELETE", one, manage, self._remove_user, "remove a user", fresh=True),
        ]

    async def _list_users(self, request: Request) -> Response:
        ways = self._accounts.ways()
        return json_response([_view(user, ways) for user in self._accounts.users(request.actor)])

    async def _create_user(self, request: Request) -> Response:
        given = request.json(NewUser)
        space = working_space(self._inventory, request.actor, given.space)
        user = await self._accounts.create_user(
            request.actor,
            space,
            given.name,
            Secret(given.password),
            given.role,
            given.room_roles,
        )
        return json_response(_view(user, self._accounts.ways()), status=201)

    async def _edit_user(self, request: Request) -> Response:
        given = request.json(EditUser)
        user = await self._accounts.update_user(
            request.actor,
            request.match["id"],
            password=None if given.password is None else Secret(given.password),
            role=given.role,
            disabled=given.disabled,
            roles=given.roles,
            room_roles=given.room_roles,
            require_passkey=given.require_passkey,
        )
        return json_response(_view(user, self._accounts.ways()))

    async def _remove_user(self, request: Request) -> Response:
        await self._accounts.remove_user(request.actor, request.match["id"])
        return Response(status=204)


def _signed_out(leave: str = "") -> Response:
    clear = f"{COOKIE}=; Max-Age=0; {FLAGS}"
    if not leave:
        return Response(status=204, headers={"set-cookie": clear})
    return json_response(SignedOut(leave=leave), set_cookie=clear)


def _view(user: User, ways: Ways) -> UserView:
    return UserView(
        id=user.id,
        name=user.name,
        role=highest((*user.roles.values(), *user.room_roles.values())),
        roles=user.roles,
        room_roles=user.room_roles,
        created_ns=user.created_ns,
        disabled=user.disabled,
        require_passkey=user.require_passkey,
        has_password=bool(user.password_hash),
        passkeys=ways.passkeys.get(user.id, 0),
        providers=ways.providers.get(user.id, ()),
    )

"""Routes of sign-in and users."""

import msgspec

from muster.core.access import first_space
from muster.core.accounts import Accounts
from muster.core.inventory import Inventory
from muster.errors import Unauthenticated
from muster.faces.native.inventory import working_space
from muster.faces.native.nodeview import Named
from muster.log import Secret
from muster.model.access import Action, Actor, Role, User
from muster.model.ids import SpaceId
from muster.net.http import Public, Request, Response, Route, json_response, small_route

COOKIE = "__Host-muster"  # the prefix makes browsers insist on Secure, Path=/ and no Domain
_FLAGS = "Path=/; Secure; HttpOnly; SameSite=Strict"


class HubName(msgspec.Struct, frozen=True, kw_only=True):
    """Which hub this is."""

    name: str
    version: str
    id: str


class _SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    password: str


class _Password(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    old: str
    new: str


class _NewUser(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    password: str
    role: Role
    space: str = ""


class _EditUser(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    password: str | None = None
    role: Role | None = None
    disabled: bool | None = None


class Who(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    role: Role


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in, where and with what hub."""

    user: Who
    space: Named
    hub: HubName


class UserView(msgspec.Struct, frozen=True, kw_only=True):
    """A user without password. `roles` is by space id; `role` is that in the first space."""

    id: str
    name: str
    role: Role
    roles: dict[SpaceId, Role]
    created_ns: int
    disabled: bool


async def actor_of(accounts: Accounts, request: Request) -> Actor | None:
    """Who a browser's request comes from, by its cookie; for the web listener."""
    return await accounts.actor(request.cookies.get(COOKIE, ""), request.address)


def routes(*, accounts: Accounts, inventory: Inventory, hub: HubName) -> list[Route]:
    """Sign-in for everybody, users for admins."""
    return [*_session_routes(accounts, inventory, hub), *_user_routes(accounts, inventory)]


def _session_routes(accounts: Accounts, inventory: Inventory, hub: HubName) -> list[Route]:
    def session_of(actor: Actor) -> SessionView:
        space = inventory.space(working_space(inventory, actor))
        role = Role.ADMIN if actor.operator else actor.roles[space.id]
        return SessionView(
            user=Who(name=actor.name, role=role),
            space=Named(id=space.id, name=space.name),
            hub=hub,
        )

    async def show_session(request: Request) -> Response:
        if request.actor is None:
            raise Unauthenticated("not signed in")
        return json_response(session_of(request.actor))

    async def sign_in(request: Request) -> Response:
        given = request.json(_SignIn)
        signed = await accounts.sign_in(
            given.name,
            Secret(given.password),
            address=request.address,
            replaces=request.cookies.get(COOKIE, ""),
        )
        cookie = f"{COOKIE}={signed.cookie.reveal()}; Max-Age={signed.max_age_s}; {_FLAGS}"
        return json_response(session_of(signed.actor), set_cookie=cookie)

    async def sign_out(request: Request) -> Response:
        await accounts.sign_out(request.cookies.get(COOKIE, ""))
        return _signed_out()

    async def change_password(request: Request) -> Response:
        given = request.json(_Password)
        await accounts.change_password(request.actor, Secret(given.old), Secret(given.new))
        return _signed_out()

    path = "/api/v1/session"
    return [
        small_route("GET", path, Public.SIGN_IN, show_session, "who is signed in"),
        small_route("POST", path, Public.SIGN_IN, sign_in, "sign in"),
        small_route("DELETE", path, Public.SIGN_IN, sign_out, "sign out"),
        small_route(
            "POST", f"{path}/password", Action.HUB_READ, change_password, "change one's own"
        ),
    ]


def _user_routes(accounts: Accounts, inventory: Inventory) -> list[Route]:
    async def list_users(request: Request) -> Response:
        return json_response([_view(user) for user in accounts.users(request.actor)])

    async def create_user(request: Request) -> Response:
        given = request.json(_NewUser)
        space = working_space(inventory, request.actor, given.space)
        user = await accounts.create_user(
            request.actor, space, given.name, Secret(given.password), given.role
        )
        return json_response(_view(user), status=201)

    async def edit_user(request: Request) -> Response:
        given = request.json(_EditUser)
        user = await accounts.update_user(
            request.actor,
            request.match["id"],
            password=None if given.password is None else Secret(given.password),
            role=given.role,
            disabled=given.disabled,
        )
        return json_response(_view(user))

    async def remove_user(request: Request) -> Response:
        await accounts.remove_user(request.actor, request.match["id"])
        return Response(status=204)

    path, manage = "/api/v1/users", Action.USER_MANAGE
    return [
        small_route("GET", path, manage, list_users, "all users"),
        small_route("POST", path, manage, create_user, "make a user"),
        small_route("PATCH", f"{path}/{{id}}", manage, edit_user, "password, role, disabled"),
        small_route("DELETE", f"{path}/{{id}}", manage, remove_user, "remove a user"),
    ]


def _signed_out() -> Response:
    return Response(status=204, headers={"set-cookie": f"{COOKIE}=; Max-Age=0; {_FLAGS}"})


def _view(user: User) -> UserView:
    return UserView(
        id=user.id,
        name=user.name,
        role=user.roles.get(first_space(user.roles), Role.VIEWER),
        roles=user.roles,
        created_ns=user.created_ns,
        disabled=user.disabled,
    )

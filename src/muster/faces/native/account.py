"""Routes of sign-in and users."""

import msgspec

from muster.core.accounts import Accounts
from muster.core.inventory import Inventory
from muster.core.spaces import Spaces
from muster.errors import Unauthenticated
from muster.faces.native.inventory import working_space
from muster.faces.native.nodeview import Named
from muster.faces.native.spaces import role_in
from muster.log import Secret
from muster.model.access import Action, Actor, Role, User, highest
from muster.model.ids import RoomId, SpaceId
from muster.model.inventory import Space
from muster.net.http import Public, Request, Response, Route, json_response, small_route

COOKIE = "__Host-muster"  # the prefix makes browsers insist on Secure, Path=/ and no Domain
_FLAGS = "Path=/; Secure; HttpOnly; SameSite=Strict"


class HubName(msgspec.Struct, frozen=True, kw_only=True):
    """Which hub this is."""

    name: str
    version: str
    id: str


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


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """A person. `role` is that in the space of the session, or the highest in a room of it."""

    name: str
    role: Role


class RoomOfSession(msgspec.Struct, frozen=True, kw_only=True):
    """What one is in a single room."""

    id: str
    name: str
    role: Role


class SpaceOfSession(msgspec.Struct, frozen=True, kw_only=True):
    """A space to work in. `role` is null for who has roles in its `rooms` alone."""

    id: str
    name: str
    role: Role | None
    rooms: list[RoomOfSession]


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in, where and with what hub. `space` is the first of `spaces`."""

    user: Who
    space: Named
    spaces: list[SpaceOfSession]
    hub: HubName


class UserView(msgspec.Struct, frozen=True, kw_only=True):
    """A user without password. `roles` is by space id; `role` is the highest of all."""

    id: str
    name: str
    role: Role
    roles: dict[SpaceId, Role]
    room_roles: dict[RoomId, Role]
    created_ns: int
    disabled: bool


async def actor_of(accounts: Accounts, request: Request) -> Actor | None:
    """Who a browser's request comes from, by its cookie; for the web listener."""
    return await accounts.actor(request.cookies.get(COOKIE, ""), request.address)


def routes(
    *, accounts: Accounts, inventory: Inventory, spaces: Spaces, hub: HubName
) -> list[Route]:
    """Sign-in for everybody, users for admins."""
    sessions = _session_routes(accounts, inventory, spaces, hub)
    return [*sessions, *_user_routes(accounts, inventory)]


def _session_routes(
    accounts: Accounts, inventory: Inventory, spaces: Spaces, hub: HubName
) -> list[Route]:
    def space_of(actor: Actor, space: Space) -> SpaceOfSession:
        rooms = [room for room in inventory.rooms(actor) if room.space == space.id]
        return SpaceOfSession(
            id=space.id,
            name=space.name,
            role=role_in(actor, space),
            rooms=[
                RoomOfSession(id=room.id, name=room.name, role=actor.room_roles[room.id])
                for room in rooms
                if room.id in actor.room_roles
            ],
        )

    def session_of(actor: Actor) -> SessionView:
        known = [space_of(actor, space) for space in spaces.spaces(actor)]
        home = working_space(inventory, actor)
        known.sort(key=lambda space: space.id != home)
        first = known[0]
        role = first.role or highest(room.role for room in first.rooms)
        return SessionView(
            user=Who(name=actor.name, role=role),
            space=Named(id=first.id, name=first.name),
            spaces=known,
            hub=hub,
        )

    async def show_session(request: Request) -> Response:
        if request.actor is None:
            raise Unauthenticated("not signed in")
        return json_response(session_of(request.actor))

    async def sign_in(request: Request) -> Response:
        given = request.json(SignIn)
        signed = await accounts.sign_in(
            given.name,
            Secret(given.password),
            address=request.address,
            replaces=request.cookies.get(COOKIE, ""),
        )
        cookie = f"{COOKIE}={signed.cookie.reveal()}; Max-Age={signed.max_age_s}; {_FLAGS}"
        return json_response(session_of(signed.actor), set_cookie=cookie)

    async def sign_out(request: Request) -> Response:
        await accounts.sessions.end(request.cookies.get(COOKIE, ""))
        return _signed_out()

    async def change_password(request: Request) -> Response:
        given = request.json(ChangePassword)
        await accounts.change_password(request.actor, Secret(given.old), Secret(given.new))
        return _signed_out()

    path, view = "/api/v1/session", SessionView
    return [
        small_route("GET", path, Public.SIGN_IN, show_session, "who is signed in", gives=view),
        small_route("POST", path, Public.SIGN_IN, sign_in, "sign in", takes=SignIn, gives=view),
        small_route("DELETE", path, Public.SIGN_IN, sign_out, "sign out"),
        small_route(
            "POST",
            f"{path}/password",
            Action.HUB_READ,
            change_password,
            "change one's own",
            takes=ChangePassword,
            status=204,
        ),
    ]


def _user_routes(accounts: Accounts, inventory: Inventory) -> list[Route]:
    async def list_users(request: Request) -> Response:
        return json_response([_view(user) for user in accounts.users(request.actor)])

    async def create_user(request: Request) -> Response:
        given = request.json(NewUser)
        space = working_space(inventory, request.actor, given.space)
        user = await accounts.create_user(
            request.actor,
            space,
            given.name,
            Secret(given.password),
            given.role,
            given.room_roles,
        )
        return json_response(_view(user), status=201)

    async def edit_user(request: Request) -> Response:
        given = request.json(EditUser)
        user = await accounts.update_user(
            request.actor,
            request.match["id"],
            password=None if given.password is None else Secret(given.password),
            role=given.role,
            disabled=given.disabled,
            roles=given.roles,
            room_roles=given.room_roles,
        )
        return json_response(_view(user))

    async def remove_user(request: Request) -> Response:
        await accounts.remove_user(request.actor, request.match["id"])
        return Response(status=204)

    path, manage = "/api/v1/users", Action.USER_MANAGE
    one = f"{path}/{{id}}"
    return [
        small_route("GET", path, manage, list_users, "all users", gives=list[UserView]),
        small_route(
            "POST",
            path,
            manage,
            create_user,
            "make a user",
            takes=NewUser,
            gives=UserView,
            status=201,
        ),
        small_route(
            "PATCH",
            one,
            manage,
            edit_user,
            "password, roles, disabled",
            takes=EditUser,
            gives=UserView,
        ),
        small_route("DELETE", one, manage, remove_user, "remove a user"),
    ]


def _signed_out() -> Response:
    return Response(status=204, headers={"set-cookie": f"{COOKIE}=; Max-Age=0; {_FLAGS}"})


def _view(user: User) -> UserView:
    return UserView(
        id=user.id,
        name=user.name,
        role=highest((*user.roles.values(), *user.room_roles.values())),
        roles=user.roles,
        room_roles=user.room_roles,
        created_ns=user.created_ns,
        disabled=user.disabled,
    )

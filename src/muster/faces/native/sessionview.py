"""What a browser is told of its session, and the cookie that carries it."""

import msgspec

from muster.core.nodes.inventory import Inventory
from muster.core.nodes.spaces import Spaces
from muster.core.people.sessions import SignedIn
from muster.faces.native.inventory import working_space
from muster.faces.native.nodeview import Named
from muster.faces.native.spaces import role_in
from muster.model.access import Actor, Role, highest
from muster.model.inventory import Space
from muster.net.http import Response, json_response

COOKIE = "__Host-muster"  # the prefix makes browsers insist on Secure, Path=/ and no Domain
FLAGS = "Path=/; Secure; HttpOnly; SameSite=Strict"


class HubName(msgspec.Struct, frozen=True, kw_only=True):
    """Which hub this is."""

    name: str
    version: str
    id: str


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


class SecondFactor(msgspec.Struct, frozen=True):
    """The session is begun and not whole: a passkey has to be shown, or the first one made."""

    second_factor: str


class SessionViews:
    """Makes the views of one hub."""

    def __init__(self, *, inventory: Inventory, spaces: Spaces, hub: HubName) -> None:
        self._inventory = inventory
        self._spaces = spaces
        self.hub = hub

    def _space_of(self, actor: Actor, space: Space) -> SpaceOfSession:
        rooms = [room for room in self._inventory.rooms(actor) if room.space == space.id]
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

    def of(self, actor: Actor) -> SessionView:
        known = [self._space_of(actor, space) for space in self._spaces.spaces(actor)]
        home = working_space(self._inventory, actor)
        known.sort(key=lambda space: space.id != home)
        first = known[0]
        role = first.role or highest(room.role for room in first.rooms)
        return SessionView(
            user=Who(name=actor.name, role=role),
            space=Named(id=first.id, name=first.name),
            spaces=known,
            hub=self.hub,
        )

    def signed_in(self, signed: SignedIn) -> Response:
        """The answer that begins a session; 202 when it lacks a second factor."""
        if signed.actor.is_whole:
            return json_response(self.of(signed.actor), set_cookie=cookie_of(signed))
        wanted = SecondFactor("passkey")
        return json_response(wanted, status=202, set_cookie=cookie_of(signed))


def cookie_of(signed: SignedIn) -> str:
    """The header that gives a browser its session."""
    return f"{COOKIE}={signed.cookie.reveal()}; Max-Age={signed.max_age_s}; {FLAGS}"

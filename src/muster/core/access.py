"""Who may do what: the one place that says yes or no.

A route declares its Action and the server requires it of the actor before the handler
runs; the handler requires it again of the Space of every object it touches. What lies in
a Space the actor has no role in does not exist for the actor. A role in single Rooms shows
their nodes alone; which nodes those are: core/nodes/roster.py.
"""

from collections.abc import Iterable, Mapping
from typing import assert_never

from muster.errors import Denied, NotFound, SecondFactorRequired, Unauthenticated
from muster.model.access import ALLOWED, ALLOWED_IN_ROOM, Action, Actor, Role
from muster.model.ids import RoomId, SpaceId

_WORDS = {
    Action.NODE_READ: "look at nodes",
    Action.NODE_EDIT: "change nodes",
    Action.NODE_REMOVE: "revoke or remove nodes",
    Action.DATA_READ: "read values",
    Action.DATA_WRITE: "write values",
    Action.ROOM_EDIT: "change rooms",
    Action.SPACE_MANAGE: "manage spaces",
    Action.TOKEN_MANAGE: "make or end tokens",
    Action.APPROVAL_DECIDE: "decide who may join",
    Action.USER_MANAGE: "manage users",
    Action.HUB_READ: "look at the hub",
    Action.HUB_MANAGE: "manage the hub",
    Action.AUDIT_READ: "read the audit log",
    Action.DASHBOARD_EDIT: "change dashboards",
    Action.DASHBOARD_SHARE: "share dashboards by public links",
}


def may(
    actor: Actor, action: Action, space: SpaceId | None = None, rooms: Iterable[RoomId] = ()
) -> bool:
    """Whether an actor may do something in a Space, or in one of `rooms` in it; None: anywhere."""
    if actor.operator:
        return True
    if actor.actions is not None and action not in actor.actions:
        return False
    if action is Action.HUB_MANAGE and not actor.reaches_hub:
        return False
    if space is None:
        of_spaces = any(action in ALLOWED[role] for role in actor.roles.values())
        return of_spaces or any(action in _in_room(role) for role in actor.room_roles.values())
    role = actor.roles.get(space)
    if role is not None and action in ALLOWED[role]:
        return True
    return any(action in _in_room(role) for role in _held(actor, rooms))


def require(
    actor: Actor | None,
    action: Action,
    space: SpaceId | None = None,
    *,
    rooms: Iterable[RoomId] = (),
    name: str = "",
) -> Actor:
    """The actor, when it may. `name` of the space makes the refusal clearer.

    Errors: Unauthenticated without an actor; Denied with who can help.
    """
    if actor is None:
        raise Unauthenticated("not signed in; sign in first")
    if not actor.is_whole:
        raise SecondFactorRequired("show your passkey, or make one, to go on")
    rooms = tuple(rooms)
    if not may(actor, action, space, rooms):
        raise Denied(_refusal(actor, action, space, rooms, name))
    return actor


def require_object(
    actor: Actor | None,
    action: Action,
    space: SpaceId,
    what: str,
    *,
    rooms: Iterable[RoomId] = (),
    name: str = "",
) -> Actor:
    """As `require`, for an object that lies in `space`; for a node `rooms` are all it is in.

    Errors: NotFound saying `what` when the actor has no role there at all: that something
            exists where one cannot look is not told.
    """
    rooms = tuple(rooms)
    if actor is not None and not _knows_of(actor, space, rooms):
        raise NotFound(f"no such {what}")
    return require(actor, action, space, rooms=rooms, name=name)


def spaces_of(actor: Actor, action: Action) -> frozenset[SpaceId] | None:
    """The Spaces in all of which an actor may do something; None: everywhere (the operator)."""
    if actor.operator:
        return None
    return frozenset(space for space in actor.roles if may(actor, action, space))


def own_rooms(actor: Actor, action: Action) -> frozenset[RoomId]:
    """The Rooms in which an actor may do something by a role in them alone."""
    if actor.actions is not None and action not in actor.actions:
        return frozenset()
    held = actor.room_roles.items()
    return frozenset(room for room, role in held if action in _in_room(role))


def home_of(actor: Actor) -> SpaceId | None:
    """The Space an actor works in; None: the operator, all."""
    return None if actor.operator else first_space(actor.roles)


def first_space(roles: Mapping[SpaceId, Role]) -> SpaceId:
    """Of several Spaces the first by id, in which somebody is at home; empty for none."""
    return min(roles, default=SpaceId(""))


def _knows_of(actor: Actor, space: SpaceId, rooms: Iterable[RoomId]) -> bool:
    return actor.operator or space in actor.roles or bool(_held(actor, rooms))


def _in_room(role: Role) -> frozenset[Action]:
    return ALLOWED_IN_ROOM[role]


def _held(actor: Actor, rooms: Iterable[RoomId]) -> list[Role]:
    return [actor.room_roles[room] for room in rooms if room in actor.room_roles]


def _refusal(
    actor: Actor, action: Action, space: SpaceId | None, rooms: Iterable[RoomId], name: str
) -> str:
    if actor.actions is not None and action not in actor.actions:
        return f"this API token may not {_WORDS[action]}; make one with {action} in its scope"
    if action is Action.HUB_MANAGE and not actor.reaches_hub:
        return f"you may not {_WORDS[action]}: that takes an admin of the hub's own space"
    where = name or "this space"
    needed = next((role for role in Role if action in ALLOWED[role]), Role.ADMIN)
    article = "a" if needed is Role.VIEWER else "an"
    help_ = f"an admin of {where} can give you the {needed} role"
    roles = {*actor.roles.values(), *actor.room_roles.values()}
    if space is not None:
        roles = {role for at, role in actor.roles.items() if at == space} | {*_held(actor, rooms)}
    best = next((role for role in reversed(Role) if role in roles), None)
    match best:
        case None:
            return f"you have no role in {where}; {help_}"
        case Role.VIEWER | Role.EDITOR | Role.ADMIN:
            only = "" if space is None or space in actor.roles else " of one of its rooms"
            return (
                f"you may not {_WORDS[action]} in {where}: that takes {article} {needed}, "
                f"you are {'a' if best is Role.VIEWER else 'an'} {best}{only}; {help_}"
            )
        case _:
            assert_never(best)

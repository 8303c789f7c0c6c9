"""Who may do what: the one place that says yes or no.

A route declares its Action and the server requires it of the actor before the handler
runs; the handler requires it again of the Space of every object it touches. What lies in
a Space the actor has no role in does not exist for the actor.
"""

from collections.abc import Mapping
from typing import assert_never

from muster.errors import Denied, NotFound, Unauthenticated
from muster.model.access import ALLOWED, Action, Actor, Role
from muster.model.ids import SpaceId

_WORDS = {
    Action.NODE_READ: "look at nodes",
    Action.NODE_EDIT: "change nodes",
    Action.NODE_REMOVE: "revoke or remove nodes",
    Action.DATA_READ: "read values",
    Action.ROOM_EDIT: "change rooms",
    Action.TOKEN_MANAGE: "make or end tokens",
    Action.USER_MANAGE: "manage users",
    Action.HUB_READ: "look at the hub",
    Action.HUB_MANAGE: "manage the hub",
    Action.AUDIT_READ: "read the audit log",
}


def may(actor: Actor, action: Action, space: SpaceId | None = None) -> bool:
    """Whether an actor may do something in a Space; None: in any."""
    if actor.operator:
        return True
    if space is None:
        return any(action in ALLOWED[role] for role in actor.roles.values())
    role = actor.roles.get(space)
    return role is not None and action in ALLOWED[role]


def require(
    actor: Actor | None, action: Action, space: SpaceId | None = None, *, name: str = ""
) -> Actor:
    """The actor, when it may. `name` of the space makes the refusal clearer.

    Errors: Unauthenticated without an actor; Denied with who can help.
    """
    if actor is None:
        raise Unauthenticated("not signed in; sign in first")
    if not may(actor, action, space):
        raise Denied(_refusal(actor, action, space, name))
    return actor


def require_object(
    actor: Actor | None, action: Action, space: SpaceId, what: str, *, name: str = ""
) -> Actor:
    """As `require`, for an object that lies in `space`.

    Errors: NotFound saying `what` when the actor has no role there at all: that something
            exists in another's Space is not told.
    """
    if actor is not None and not actor.operator and space not in actor.roles:
        raise NotFound(f"no such {what}")
    return require(actor, action, space, name=name)


def spaces_of(actor: Actor, action: Action) -> frozenset[SpaceId] | None:
    """The Spaces in which an actor may do something; None: in all (the operator)."""
    if actor.operator:
        return None
    return frozenset(space for space in actor.roles if may(actor, action, space))


def home_of(actor: Actor) -> SpaceId | None:
    """The Space an actor works in; None: the operator, all."""
    return None if actor.operator else first_space(actor.roles)


def first_space(roles: Mapping[SpaceId, Role]) -> SpaceId:
    """Of several Spaces the first by id, in which somebody is at home; empty for none."""
    return min(roles, default=SpaceId(""))


def _refusal(actor: Actor, action: Action, space: SpaceId | None, name: str) -> str:
    where = name or "this space"
    needed = next((role for role in Role if action in ALLOWED[role]), Role.ADMIN)
    article = "a" if needed is Role.VIEWER else "an"
    help_ = f"an admin of {where} can give you the {needed} role"
    roles = set(actor.roles.values()) if space is None else {actor.roles.get(space)}
    best = next((role for role in reversed(Role) if role in roles), None)
    match best:
        case None:
            return f"you have no role in {where}; {help_}"
        case Role.VIEWER | Role.EDITOR | Role.ADMIN:
            return (
                f"you may not {_WORDS[action]} in {where}: that takes {article} {needed}, "
                f"you are {'a' if best is Role.VIEWER else 'an'} {best}; {help_}"
            )
        case _:
            assert_never(best)

"""Who may do what: a table of actions per role, and the record of what was done."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from muster.model.ids import ApiTokenId, NodeId, RoomId, SpaceId, UserId


class Role(StrEnum):
    """What somebody is in a Space, from the least to the most; ALLOWED says what each may do."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"


class Action(StrEnum):
    """Everything a route can ask for."""

    NODE_READ = "node.read"
    NODE_EDIT = "node.edit"  # rename, move between rooms
    NODE_REMOVE = "node.remove"  # revoke and remove
    DATA_READ = "data.read"
    DATA_WRITE = "data.write"  # points into databases, by InfluxDB's wire
    ROOM_EDIT = "room.edit"
    SPACE_MANAGE = "space.manage"  # make spaces; name, settings and end of one's own
    TOKEN_MANAGE = "token.manage"  # noqa: S105 - an action's name
    APPROVAL_DECIDE = "approval.decide"  # let waiting machines in, or not
    USER_MANAGE = "user.manage"
    HUB_READ = "hub.read"
    HUB_MANAGE = "hub.manage"  # backup, configuration, CA: of the hub's own space
    AUDIT_READ = "audit.read"
    DASHBOARD_EDIT = "dashboard.edit"
    DASHBOARD_SHARE = "dashboard.share"  # with anybody who has a link


_VIEWER = frozenset({Action.NODE_READ, Action.DATA_READ, Action.HUB_READ})
_EDITOR = _VIEWER | {
    Action.DATA_WRITE,
    Action.NODE_EDIT,
    Action.ROOM_EDIT,
    Action.DASHBOARD_EDIT,
}

ALLOWED: dict[Role, frozenset[Action]] = {
    Role.VIEWER: _VIEWER,
    Role.EDITOR: _EDITOR,
    Role.ADMIN: frozenset(Action),
}

# What a role in a single room allows for its nodes. A room's rule and a node's labels say who
# sees what, and tokens, people and the audit log are of a whole space: that takes a role there.
_OF_A_ROOM = frozenset(
    {Action.NODE_READ, Action.DATA_READ, Action.HUB_READ, Action.NODE_EDIT, Action.NODE_REMOVE}
)
ALLOWED_IN_ROOM: dict[Role, frozenset[Action]] = {
    role: allowed & _OF_A_ROOM for role, allowed in ALLOWED.items()
}


def covers(role: Role, other: Role) -> bool:
    """Whether a role allows all that another does."""
    return ALLOWED[other] <= ALLOWED[role]


def highest(roles: Iterable[Role]) -> Role:
    """The role that allows most; a viewer's when there is none."""
    held = set(roles)
    return next((role for role in reversed(Role) if role in held), Role.VIEWER)


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person who may sign in, with roles in whole Spaces and in single Rooms."""

    id: UserId
    name: str
    password_hash: str  # argon2id, encoded form; empty: no sign-in by password
    roles: dict[SpaceId, Role]
    created_ns: int
    disabled: bool = False
    room_roles: dict[RoomId, Role] = {}
    require_passkey: bool = False  # no session is whole without a passkey


class TokenScope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an API token is good for within its role; empty lists set no bound."""

    actions: tuple[Action, ...] = ()
    spaces: tuple[SpaceId, ...] = ()
    rooms: tuple[RoomId, ...] = ()  # with rooms, and no spaces: in these alone


class ApiToken(msgspec.Struct, frozen=True, kw_only=True):
    """The right to act as `role`, for a user, until `expires_ns`. Only its hash is kept."""

    id: ApiTokenId
    user: UserId
    name: str  # what it is for, in its owner's words
    role: Role
    sha256: str  # of the whole text
    created_ns: int
    expires_ns: int
    used_ns: int = 0  # 0: never; kept to the minute
    revoked_ns: int = 0  # 0: not revoked
    scope: TokenScope = TokenScope()


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: a signed-in user, an API token, or the operator at the hub's own socket."""

    name: str
    roles: dict[SpaceId, Role] = {}
    operator: bool = False  # came over the 0600 unix socket: may do everything
    address: str = ""
    session: str = ""  # id of the session; empty for tokens and the operator
    token: str = ""  # id of the API token that speaks for the user
    room_roles: dict[RoomId, Role] = {}
    reaches_hub: bool = True  # False: is no admin of the hub's own space
    actions: frozenset[Action] | None = None  # an API token's own bound; None: what roles allow
    is_whole: bool = True  # False: a session that lacks its second factor, and may do nothing yet
    is_stale: bool = False  # has a passkey, and has not shown for a while to be there


class AuditEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what to which, from where, with what outcome."""

    time_ns: int
    actor: str
    action: str
    object: str
    address: str
    outcome: str  # "ok" or the code of the error
    detail: str = ""
    space: str = ""  # whose admins may read it; empty: it concerns the whole hub


class Scope(msgspec.Struct, frozen=True):
    """What somebody may look at: whole Spaces, and single nodes besides."""

    spaces: frozenset[SpaceId] | None = frozenset()  # None: all there are
    nodes: frozenset[NodeId] = frozenset()

    def holds(self, space: SpaceId | str, node: NodeId | str) -> bool:
        """Whether a node of a Space can be seen."""
        return self.spaces is None or space in self.spaces or node in self.nodes

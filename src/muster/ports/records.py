"""What the hub remembers of people, nodes and their proofs, as core sees it.

Calls block for as long as the disk takes and may be made from any thread. Every change
comes with its AuditEvent and both are on disk, or neither, when the call returns.
Errors, everywhere: Unavailable when the disk is full, read-only or failing; Conflict when
a name is taken; NotFound when the object to change is gone. Times in ns UTC.
"""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from muster.errors import Conflict, LimitExceeded
from muster.model.access import ApiToken, AuditEvent, User
from muster.model.auditchain import ChainReport, Checkpoint
from muster.model.identity import ClaimToken, Credential
from muster.model.ids import ApiTokenId, NodeId, RoomId, SpaceId, TokenId, UserId
from muster.model.inventory import Facts, Node, Room, Space
from muster.ports.airgap import AirGapRecords
from muster.ports.approvals import ApprovalRecords, Mark
from muster.ports.dashboards import LinkRecords
from muster.ports.holders import CloneRecords, RecoveryRecords
from muster.ports.influx import InfluxRecords, ShardRecords
from muster.ports.keyclaims import KeyClaimRecords
from muster.ports.marks import MarkRecords
from muster.ports.nodenotes import NodeNotes
from muster.ports.probes import ProbeRecords
from muster.ports.signin import PasskeyRecords, SignInRecords
from muster.ports.stocks import StockRecords


class TokenSpent(Conflict):
    """The token allows no further use: used up, expired or revoked."""

    code = "token_spent"


class TokenBusy(LimitExceeded):
    """The token has let in as many nodes as it may within an hour."""

    code = "token_busy"


class KeyKnown(Conflict):
    """The key belongs to a node that has used it already."""

    code = "already_claimed"


class ClaimRepeated(Conflict):
    """The key has claimed with this token before."""

    code = "claim_repeated"


class TokenClaim(msgspec.Struct, frozen=True, kw_only=True):
    """One use of a token. `name` outlives the node."""

    token: TokenId
    node: NodeId
    name: str
    key_sha256: str
    claimed_ns: int


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in browser. Only the hash of its id is kept."""

    id_sha256: str
    user: UserId
    created_ns: int
    seen_ns: int
    address: str
    method: str = "password"  # how it began: password, passkey, invitation, oidc:NAME
    proved_ns: int = 0  # when its person was last seen to be there
    passkey_ns: int = 0  # when by a passkey; 0: never


class StoredEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An AuditEvent, its place in the order of events, and its hash in their chain."""

    id: int
    hash: str
    event: AuditEvent


class NodeRecords(Protocol):
    """Spaces, rooms, nodes and credentials."""

    def spaces(self) -> list[Space]: ...
    def create_space(self, space: Space, event: AuditEvent, admin: str = "") -> None:
        """`admin`: name of the user who is its first admin; empty for none."""
        ...

    def update_space(self, space: Space, event: AuditEvent) -> None:
        """Write name and settings."""
        ...

    def remove_space(self, id: SpaceId, event: AuditEvent) -> None:
        """With its rooms and tokens.

        Errors: Conflict while nodes, users, databases or users of databases are in it.
        """
        ...

    def rooms(self, space: SpaceId | None = None) -> list[Room]: ...
    def room(self, id: RoomId) -> Room | None: ...
    def create_room(self, room: Room, event: AuditEvent) -> None: ...
    def update_room(self, room: Room, event: AuditEvent) -> None:
        """Write name, rule and lifetime."""
        ...

    def remove_room(self, id: RoomId, event: AuditEvent) -> None:
        """Its nodes stay."""
        ...

    @property
    def rooms_version(self) -> int:
        """Another number after every change of a room."""
        ...

    def nodes(self, space: SpaceId | None = None) -> list[Node]: ...
    def node(self, id: NodeId) -> Node | None: ...
    def count_nodes(self) -> int: ...

    def update_node(self, node: Node, event: AuditEvent) -> None:
        """Write name, rooms, labels and `ephemeral_s`. Errors: Conflict for a taken name."""
        ...

    def revoke_node(self, id: NodeId, now_ns: int, reason: str, event: AuditEvent) -> None:
        """For good; all its credentials with it. Changes nothing when it is so already."""
        ...

    def remove_node(self, id: NodeId, now_ns: int, event: AuditEvent) -> None:
        """Forget a node and its credentials. Its id is never given again."""
        ...

    def was_removed(self, id: NodeId) -> bool: ...

    def expiring(self, now_ns: int) -> list[Node]:
        """Ephemeral nodes whose time was up at a moment."""
        ...

    def expire_node(self, id: NodeId, now_ns: int, event: AuditEvent) -> bool:
        """As `remove_node`, but its history stays. False when it was seen again meanwhile."""
        ...

    def expired(self) -> list[NodeId]:
        """Nodes that went so: what the series store holds of them is kept."""
        ...

    def touch(self, seen: Mapping[NodeId, int]) -> None:
        """Write when nodes were last seen; never backwards, not audited."""
        ...

    def update_facts(self, id: NodeId, facts: Facts, address: str = "") -> None:
        """And the address it connects from, when given. Not audited.

        A node that is gone is no error.
        """
        ...

    def credentials(self, node: NodeId) -> list[Credential]:
        """Newest first."""
        ...

    def current_credentials(self) -> Mapping[NodeId, Credential]:
        """Per node the active one, else the next, else the newest."""
        ...

    def at_hand(self, id: NodeId) -> tuple[Node, Credential] | None:
        """A node and its current credential, if that takes no reading; it never blocks."""
        ...

    def credential(self, sha256: str) -> Credential | None: ...

    def add_credential(self, credential: Credential, event: AuditEvent) -> None:
        """Add a `next`; an older one that was never used is retired.

        Errors: NotFound when the node is gone, Conflict when it is revoked.
        """
        ...

    def activate(self, sha256: str, event: AuditEvent) -> Credential:
        """Make a `next` active and retire its predecessor. An active one stays as it is.

        Returns what is then written, which may be retired or revoked.
        Errors: NotFound for a certificate that is not known.
        """
        ...

    def restored_ns(self) -> int:
        """When these records, restored from a backup, came into use; 0 for never."""
        ...

    def adopt(self, credential: Credential, event: AuditEvent) -> None:
        """Add an `active` that the records forgot; those that were `active` and `next` retire.

        Errors: NotFound when the node is gone, Conflict when it is revoked.
        """
        ...


class TokenRecords(Protocol):
    """Claim tokens and what they let in."""

    def tokens(self, space: SpaceId | None = None) -> list[ClaimToken]:
        """Newest first."""
        ...

    def token(self, id: TokenId) -> ClaimToken | None: ...

    def proof_keys(self) -> Mapping[TokenId, str]:
        """Of all tokens; most times without reading. Not to be changed by who asks."""
        ...

    def keys_at_hand(self) -> Mapping[TokenId, str] | None: ...  # None: they have to be read

    def create(self, token: ClaimToken, event: AuditEvent) -> None: ...
    def revoke(self, id: TokenId, now_ns: int, event: AuditEvent) -> None: ...
    def claims(self, id: TokenId) -> list[TokenClaim]: ...
    def find_claim(self, id: TokenId, key_sha256: str) -> TokenClaim | None: ...

    def claim(
        self,
        token: TokenId,
        node: Node,
        credential: Credential,
        event: AuditEvent,
        marks: tuple[Mark, ...] = (),
    ) -> Node:
        """Count one use and add node, credential and marks, all or nothing.

        The Node comes back with the name it got: its own, or that with a number.
        Errors: ClaimRepeated when the key has claimed with this token; TokenSpent when the
                token allows no use at `node.created_ns`; TokenBusy when it has let in as many
                as it may in an hour; KeyKnown when the key is in use;
                Conflict when the node's id was ever given.
        """
        ...

    def prune(self, before_ns: int) -> int:
        """Forget tokens that ended before a time; how many."""
        ...


class PeopleRecords(Protocol):
    """Users and their sessions."""

    def users(self) -> list[User]: ...
    def user(self, id: UserId) -> User | None: ...
    def user_named(self, name: str) -> User | None: ...
    def create_user(self, user: User, event: AuditEvent) -> None: ...

    def update_user(
        self, user: User, event: AuditEvent, *, before: User, end_sessions: bool
    ) -> None:
        """API tokens that are more than the user now is end with it, and so do invitations.

        Those the user has made to where it may invite no more; each with an event of its own.
        Errors: Conflict when the user is not `before` any more, from which the change was
                made, and when a space would be left without an enabled admin.
        """
        ...

    def remove_user(self, id: UserId, event: AuditEvent) -> None:
        """Invitations the user has made end.

        Errors: Conflict when a space would be left without an enabled admin.
        """
        ...

    def add_session(
        self, session: Session, replaces_sha256: str, event: AuditEvent, *, password_hash: str
    ) -> None:
        """Errors: Conflict when what was checked is not the user's password any more."""
        ...

    def session(self, id_sha256: str) -> Session | None: ...

    def prove_session(self, id_sha256: str, now_ns: int, event: AuditEvent) -> None:
        """Its person has shown a passkey. Errors: NotFound when it has ended."""
        ...

    def touch_session(self, id_sha256: str, seen_ns: int) -> None: ...
    def end_session(self, id_sha256: str, event: AuditEvent) -> None: ...
    def prune_sessions(self, created_before_ns: int, seen_before_ns: int) -> int: ...


class ApiTokenRecords(Protocol):
    """API tokens. They go with their user."""

    def tokens(self) -> list[ApiToken]:
        """Newest first."""
        ...

    def token(self, id: ApiTokenId) -> ApiToken | None: ...
    def find(self, sha256: str) -> ApiToken | None: ...

    def create(self, token: ApiToken, event: AuditEvent) -> None:
        """Errors: Conflict when its user is gone, disabled, or less than the token."""
        ...

    def revoke(self, id: ApiTokenId, now_ns: int, event: AuditEvent) -> None:
        """Changes nothing when it is so already."""
        ...

    def touch(self, id: ApiTokenId, used_ns: int) -> None:
        """Write when it was last used; never backwards, not audited."""
        ...

    def prune(self, before_ns: int) -> int:
        """Forget tokens that ended before a time; how many."""
        ...


class AuditRecords(Protocol):
    """What was done. Events are added and never changed."""

    def add(self, event: AuditEvent) -> None:
        """An event that changed nothing else, such as a refusal."""
        ...

    def events(
        self,
        *,
        spaces: frozenset[SpaceId] | None,
        limit: int,
        before: int = 0,
        after: int | None = None,
    ) -> list[StoredEvent]:
        """Of these spaces and the hub: newest first, or with `after` the oldest first.

        `before` > 0 and `after` bound the ids; neither bound is among them.
        """
        ...

    def newest(self) -> Checkpoint:
        """The newest event's id and hash; the checkpoint's when there are no events."""
        ...

    def hash_at(self, id: int) -> str | None:
        """An event's hash; empty when there is none such; None when it was forgotten."""
        ...

    def check(self, noted: Mapping[int, str]) -> ChainReport:
        """Walk along the chain of all events. `noted`: hashes kept elsewhere, by id."""
        ...

    def prune(self, before_ns: int, most: int, event: AuditEvent) -> int:
        """Forget events from before a time, and the oldest of more than `most`; how many.

        `event` says that it was done; its object and detail become the checkpoint.
        """
        ...


class Records(Protocol):
    """All of it."""

    @property
    def nodes(self) -> NodeRecords: ...
    @property
    def marks(self) -> MarkRecords: ...
    @property
    def node_notes(self) -> NodeNotes: ...
    @property
    def tokens(self) -> TokenRecords: ...
    @property
    def people(self) -> PeopleRecords: ...
    @property
    def passkeys(self) -> PasskeyRecords: ...
    @property
    def signin(self) -> SignInRecords: ...
    @property
    def api_tokens(self) -> ApiTokenRecords: ...
    @property
    def audit(self) -> AuditRecords: ...
    @property
    def approvals(self) -> ApprovalRecords: ...
    @property
    def clones(self) -> CloneRecords: ...
    @property
    def recovery(self) -> RecoveryRecords: ...
    @property
    def probes(self) -> ProbeRecords: ...
    @property
    def air_gap(self) -> AirGapRecords: ...
    @property
    def key_claims(self) -> KeyClaimRecords: ...
    @property
    def influx(self) -> InfluxRecords: ...
    @property
    def influx_shards(self) -> ShardRecords: ...
    @property
    def influx_stocks(self) -> StockRecords: ...
    @property
    def dashboard_links(self) -> LinkRecords: ...

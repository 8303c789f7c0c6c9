"""What the hub remembers of nodes that prove themselves by a key.

Calls, errors and events are as in ports/records.py. Claims and members outlive their node,
unless it has expired: who was removed is told so for ever.
"""

from typing import Protocol

from muster.model.access import AuditEvent
from muster.model.identity import Credential
from muster.model.ids import NodeId, SpaceId
from muster.model.inventory import Node
from muster.model.keyclaim import KeyClaim, Member
from muster.ports.approvals import Mark


class KeyClaimRecords(Protocol):
    """Claims by key, and which node each installation is."""

    def claim(self, id: str) -> KeyClaim | None: ...
    def with_key(self, key_sha256: str) -> list[KeyClaim]:
        """Newest first; of all nodes, also of those that are gone."""
        ...

    def of_node(self, node: NodeId) -> list[KeyClaim]:
        """Newest first."""
        ...

    def member(self, dialect: str, machine: str, space: SpaceId) -> Member | None:
        """Its node may be gone."""
        ...

    def members(self, dialect: str, machine: str) -> list[Member]:
        """Of all spaces."""
        ...

    def member_of(self, node: NodeId) -> Member | None: ...
    def members_via(self, node: NodeId) -> list[Member]:
        """Those that a node speaks for."""
        ...

    def removed_ns(self, node: NodeId) -> int:
        """When a node was removed by somebody; 0 for never."""
        ...

    def add_new(
        self,
        claim: KeyClaim,
        node: Node,
        event: AuditEvent,
        marks: tuple[Mark, ...] = (),
        *,
        instead_of: NodeId,
    ) -> Node:
        """Count a use of its token and add node, claim and member, all or nothing.

        `instead_of`: the node that was known as this machine until now; "" for none.
        The node comes back as named. Errors: ClaimRepeated when claims of this machine crossed;
        as TokenRecords.claim.
        """
        ...

    def attach(
        self,
        claim: KeyClaim,
        event: AuditEvent,
        marks: tuple[Mark, ...] = (),
        *,
        instead_of: NodeId,
        uses_token: bool,
    ) -> Node:
        """Give a node that is there another claim; its claims with other keys are replaced.

        Errors: NotFound when the node is gone, Conflict when it is revoked; as `add_new`.
        """
        ...

    def add_member(self, member: Member, node: Node, event: AuditEvent) -> Node:
        """Add a node that another one speaks for; it comes back as named.

        Errors: ClaimRepeated when the machine became a node meanwhile.
        """
        ...

    def move_member(self, member: Member, event: AuditEvent) -> None:
        """Another node speaks for it now. Errors: NotFound."""
        ...

    def adopt(self, credential: Credential, event: AuditEvent) -> None:
        """Add a `next`; the node goes on by our own wire.

        Errors: NotFound when the node is gone, Conflict when it is revoked; KeyKnown.
        """
        ...

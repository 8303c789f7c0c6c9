"""What the hub remembers of who holds an identity, as core sees it.

Calls, errors and events are as in ports/records.py.
"""

from typing import Protocol

from muster.model.access import AuditEvent
from muster.model.clone import Clone, CloneHolder
from muster.model.identity import Credential
from muster.model.ids import NodeId


class CloneRecords(Protocol):
    """The last holder of each node, and copies. They go with their node."""

    def holder(self, node: NodeId) -> CloneHolder | None:
        """The holder that was let in last."""
        ...

    def instances(self) -> dict[NodeId, str]:
        """The run of each node's holder; those of agents that tell none are left out."""
        ...

    def keep_holder(self, node: NodeId, holder: CloneHolder, event: AuditEvent | None) -> None:
        """Remember who was let in. A node that is gone is no error."""
        ...

    def forget_holder(self, node: NodeId) -> None:
        """It was told to leave: the next one is compared with nobody."""
        ...

    def clones(self) -> list[Clone]:
        """All that are kept, newest first."""
        ...

    def open_clones(self) -> list[Clone]: ...
    def clone(self, id: str) -> Clone | None: ...

    def clones_of(self, node: NodeId) -> list[Clone]:
        """Newest first."""
        ...

    def save(self, clone: Clone, event: AuditEvent) -> None:
        """Add or replace one. Of a node only the newest twenty stay.

        Errors: NotFound when the node is gone.
        """
        ...


class RecoveryRecords(Protocol):
    """Certificates given to nodes whose own had ended."""

    def recovered_keys(self, node: NodeId) -> tuple[str, ...]:
        """Keys (SHA-256) recovered since the node last renewed or claimed as usual."""
        ...

    def recover(self, credential: Credential, event: AuditEvent) -> None:
        """Add a `next` that was recovered.

        Errors: NotFound when the node is gone, Conflict when it is revoked.
        """
        ...

"""What the hub remembers of requests that came by hand. Calls are as in ports/records.py."""

from typing import Protocol

from muster.model.access import AuditEvent
from muster.model.approval import WaitingClaim
from muster.model.identity import Credential
from muster.model.inventory import Node
from muster.ports.approvals import Mark


class AirGapRecords(Protocol):
    """A request that was signed stands with those who were let in, decided already."""

    def sign_new(
        self,
        claim: WaitingClaim,
        node: Node,
        credential: Credential,
        event: AuditEvent,
        marks: tuple[Mark, ...] = (),
    ) -> Node:
        """Add the node that a request becomes, with its certificate; it comes back as named.

        Errors: ClaimRepeated when the same key was signed for before; KeyKnown; Conflict.
        """
        ...

    def sign_renewal(self, claim: WaitingClaim, credential: Credential, event: AuditEvent) -> None:
        """Add a certificate of a node that is known.

        Errors: ClaimRepeated; NotFound when the node is gone, Conflict when it is revoked.
        """
        ...

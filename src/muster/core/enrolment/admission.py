"""How a node stays in: which certificates are let in, and what replaces them.

TLS has proved chain and span; the records say whether this very certificate still counts.
A node has at most one active and one next; first use of the next retires the active one,
so that of two copies of one state the slower is shut out. Everything blocks but `at_hand`.
"""

import hashlib
from collections.abc import Callable

import msgspec

from muster.clock import SECOND_NS, Clock
from muster.core.audit import make_event
from muster.core.throttle import Throttle
from muster.errors import Conflict, LimitExceeded, NotFound, Unauthenticated
from muster.model.access import Actor, AuditEvent
from muster.model.identity import Credential, CredentialState, Identity
from muster.model.ids import NodeId
from muster.model.inventory import Node
from muster.pki import keys
from muster.pki.authority import identity_of
from muster.pki.keys import CertificateView
from muster.ports.records import AuditRecords, NodeRecords
from muster.ports.signer import Authority
from muster.wire.messages import Renewed

_ACTIVE = CredentialState.ACTIVE


class CredentialRefused(Unauthenticated):
    """A certificate that TLS takes and the hub does not.

    `code` is node_revoked, node_unknown, credential_unknown, credential_retired or
    credential_expired.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Admission:
    """Lets certificates in and makes their successors."""

    def __init__(
        self,
        *,
        records: NodeRecords,
        audit: AuditRecords,
        authority: Authority,
        clock: Clock,
        lifetime_s: Callable[[Node], int],
        renewals_per_minute: int,
    ) -> None:
        self._authority = authority
        self._records = records
        self._audit = audit
        self._clock = clock
        self._lifetime_s = lifetime_s
        self._renewals = Throttle(clock=clock, limit=renewals_per_minute, window_s=60)
        self._noted = Throttle(clock=clock, limit=1, window_s=60)

    def renew(self, identity: Identity, request: str, certificate: bytes) -> Renewed:
        """Certify a new key for a node. See Enrolment.renew."""
        if wait_s := self._renewals.take(identity.node):
            raise LimitExceeded("too many renewals", retry_after_s=wait_s)
        node = self._require_node(identity)
        if certificate and self._require_good(identity, certificate).state is not _ACTIVE:
            raise _retired()
        issued = self._authority.issue_agent(
            request, identity, now_ns=self._clock.now_ns(), lifetime_s=self._lifetime_s(node)
        )
        event = self._event(node, "credential.renew", issued.view.serial)
        try:
            self._records.add_credential(credential_of(node.id, issued.view), event)
        except (NotFound, Conflict):
            self._require_node(identity)  # it was removed or revoked between look and step
            raise
        return Renewed(chain=issued.chain, anchors=self._authority.anchors)

    def at_hand(self, identity: Identity, certificate: bytes) -> Credential | None:
        """The credential of a link, if it is let in by what the records have at hand.

        None: `admit` has to look, to write or to refuse. It never blocks.
        """
        known = self._records.at_hand(identity.node)
        if known is None:
            return None
        node, credential = known
        is_ours = identity.hub == self._authority.hub and node.space == identity.space
        is_good = credential.state is _ACTIVE and credential.not_after_ns > self._clock.now_ns()
        if not (is_ours and is_good) or node.revoked_ns:
            return None
        return credential if credential.sha256 == hashlib.sha256(certificate).hexdigest() else None

    def admit(
        self, identity: Identity, certificate: bytes, address: str
    ) -> tuple[Credential, bool]:
        """The credential of a link, and whether this was its first use. See Enrolment.activate."""
        node = self._require_node(identity)
        if adopted := self._adopt(node, identity, certificate, address):
            return adopted, True
        try:
            known = self._require_good(identity, certificate)
        except CredentialRefused as error:
            if not self._noted.take(identity.node):  # an old copy of a state knocks on and on
                event = self._event(node, "credential.refused", str(error), address)
                self._audit.add(msgspec.structs.replace(event, outcome=error.code))
            raise
        if known.state is _ACTIVE:
            return known, False
        event = self._event(node, "credential.activate", known.serial, address)
        known = self._records.activate(known.sha256, event)
        if known.state is not _ACTIVE:  # it was retired or revoked between look and step
            self._require_node(identity)
            raise _retired()
        return known, True

    def check(self, identity: Identity, certificate: bytes) -> None:
        """Whether a link would be let in; changes nothing. See Enrolment.check."""
        node = self._require_node(identity)
        if self._adoptable(node, identity, certificate) is None:
            self._require_good(identity, certificate)

    def _adopt(
        self, node: Node, identity: Identity, certificate: bytes, address: str
    ) -> Credential | None:
        """Take on a certificate that was issued after the backup this hub was restored from."""
        credential = self._adoptable(node, identity, certificate)
        if credential is not None:
            event = self._event(node, "credential.adopt", credential.serial, address)
            self._records.adopt(credential, event)
        return credential

    def _adoptable(self, node: Node, identity: Identity, certificate: bytes) -> Credential | None:
        """What to remember of a certificate that was issued after the restored backup.

        Only while such certificates can still be alive; only one issued before the restore
        and after all that the records know of the node. None: there is no such case.
        """
        restored_ns = self._records.restored_ns()
        if (
            not restored_ns
            or self._clock.now_ns() > restored_ns + self._lifetime_s(node) * SECOND_NS
        ):
            return None
        if self._records.credential(hashlib.sha256(certificate).hexdigest()):
            return None
        view = keys.view_der(certificate)
        known = self._records.credentials(node.id)
        newest_ns = max((each.not_before_ns for each in known), default=0)
        is_ours = self._authority.issued_agent(certificate) and identity_of(certificate) == identity
        if not is_ours or not newest_ns < view.not_before_ns <= restored_ns:
            return None
        return msgspec.structs.replace(credential_of(node.id, view), state=_ACTIVE)

    def _require_node(self, identity: Identity) -> Node:
        node = self._records.node(identity.node)
        if node is None or identity.hub != self._authority.hub or node.space != identity.space:
            raise CredentialRefused("node_unknown", "this node was removed; claim the machine anew")
        if node.revoked_ns:
            reason = f": {node.revoked_reason}" if node.revoked_reason else ""
            raise CredentialRefused("node_revoked", f"this node was revoked{reason}")
        return node

    def _require_good(self, identity: Identity, certificate: bytes) -> Credential:
        """The record of a certificate that may be used, next or active."""
        known = self._records.credential(hashlib.sha256(certificate).hexdigest())
        if known is None or known.node != identity.node:
            raise CredentialRefused(
                "credential_unknown", "this hub did not issue this certificate, or forgot it"
            )
        if known.not_after_ns <= self._clock.now_ns():
            raise CredentialRefused("credential_expired", "this certificate has expired")
        if known.state not in (CredentialState.NEXT, _ACTIVE):
            raise _retired()
        return known

    def _event(self, node: Node, action: str, detail: str, address: str = "") -> AuditEvent:
        who = Actor(name=f"node {node.name}", address=address)
        return make_event(self._clock, who, action, node.id, detail=detail, space=node.space)


def credential_of(node: NodeId, view: CertificateView) -> Credential:
    """The record of a node's certificate that was never used."""
    return Credential(
        serial=view.serial,
        node=node,
        sha256=view.sha256,
        key_sha256=view.key_sha256,
        issuer=view.issuer,
        not_before_ns=view.not_before_ns,
        not_after_ns=view.not_after_ns,
        state=CredentialState.NEXT,
    )


def _retired() -> CredentialRefused:
    return CredentialRefused("credential_retired", "this certificate was replaced by a newer one")

"""A node whose certificate has ended while it was away gets another, on proof of its old key.

By itself only within bounds: the certificate is the newest the hub gave this node, it ended
not too long ago, and the node has not lived on recoveries alone. Whatever is beyond them is an
administrator's to decide. An old key of a certificate that was replaced therefore opens
nothing: its holder may at most wait in the queue, as one that anybody can see there.

Steps: 1 slow down who asks often  2 the certificate is one of ours and its key is proved
3 the node may still be in, and who asks is no copy of it  4 the new key is new
5 bounds, or what an administrator said  6 certify and record it in one transaction.
"""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

import msgspec

from muster.clock import Clock, span_ns
from muster.core.audit import clean, make_event
from muster.core.changes import Changes, NodeChange
from muster.core.enrolment.admission import CredentialRefused, credential_of
from muster.core.enrolment.approvals import Approvals
from muster.core.enrolment.gate import ClaimWaits
from muster.core.names import tidy_facts
from muster.core.throttle import Throttle
from muster.errors import Conflict, InputError, LimitExceeded, MusterError
from muster.model.access import Actor, AuditEvent
from muster.model.address import network_of
from muster.model.approval import Answer, Kind, WaitingClaim
from muster.model.clone import CloneHolder
from muster.model.identity import Credential, CredentialState, Identity
from muster.model.ids import NodeId
from muster.model.inventory import Node
from muster.pki import keys
from muster.pki.authority import identity_of
from muster.pki.possession import holds_key
from muster.ports.records import Records
from muster.ports.signer import Authority
from muster.wire.messages import Renewed
from muster.wire.recover import Recovery, SignedRecovery, message_of, parse_recovery

_CURRENT = (CredentialState.NEXT, CredentialState.ACTIVE)


class RecoverySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[recovery] of the hub's configuration: what a node gets back by itself."""

    # how long after its end a certificate can be recovered by its key
    age: timedelta = timedelta(days=90)
    in_a_row: int = 3  # recoveries of one node without a renewal in between; then an admin is asked
    per_minute: int = 6  # recoveries asked for per node, and ten times that per network


class Judges(Protocol):
    """core.enrolment.clones.Copies, as far as a recovery needs it."""

    async def meet_retired(self, node: NodeId, visitor: CloneHolder, *, can_fork: bool) -> None: ...


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, by the certificate that ended."""

    identity: Identity
    certificate: bytes  # DER
    recovery: Recovery
    key_sha256: str  # of the new key
    address: str


class Recoveries:
    """Gives nodes new certificates whose own have ended.

    `lifetime_s` is for the new one; `copies` tells a copy from a node that slept.
    """

    def __init__(
        self,
        *,
        records: Records,
        authority: Authority,
        clock: Clock,
        settings: RecoverySettings,
        approvals: Approvals,
        lifetime_s: Callable[[Node], int],
        copies: Judges,
        changes: Changes | None = None,
    ) -> None:
        self._records = records
        self._authority = authority
        self._clock = clock
        self._settings = settings
        self._approvals = approvals
        self._lifetime_s = lifetime_s
        self._copies = copies
        self._changes = changes or Changes()
        limit = settings.per_minute
        self._nodes = Throttle(clock=clock, limit=limit, window_s=60)
        self._networks = Throttle(clock=clock, limit=10 * limit, window_s=60)
        self._noted = Throttle(clock=clock, limit=1, window_s=60)

    async def recover(self, signed: SignedRecovery, address: str) -> Renewed:
        """A new certificate for the key in the request.

        Errors: CredentialRefused (`node_revoked`, `node_unknown`, `credential_unknown`);
                ClaimWaits for an administrator, Conflict (`recovery_denied`) after a no;
                NotDue; IdentityCopied and ForkDue for a copy of a
                node that is in; InputError (`bad_input`, `bad_csr`); LimitExceeded.
        """
        # 1, 2
        proven = await asyncio.to_thread(self._admit, signed, address)
        # 3
        node = self._require_node(proven.identity)
        await self._copies.meet_retired(node.id, self._visitor(proven), can_fork=True)
        renewed = await asyncio.to_thread(self._recover, node, proven)
        self._changes.tell(node.id, NodeChange.CREDENTIAL)
        return renewed

    def _admit(self, signed: SignedRecovery, address: str) -> Proven:
        if wait_s := self._networks.take(network_of(address)):
            raise LimitExceeded("too many recoveries from here", retry_after_s=wait_s)
        proven = self._prove(signed, address)
        if wait_s := self._nodes.take(proven.identity.node):
            raise LimitExceeded("too many recoveries of this node", retry_after_s=wait_s)
        return proven

    def _visitor(self, proven: Proven) -> CloneHolder:
        now_ns = self._clock.now_ns()
        return CloneHolder(
            holder=proven.recovery.holder,
            hostname=clean(proven.recovery.facts.hostname)[:64],
            address=proven.address,
            serial=keys.view_der(proven.certificate).serial,
            first_ns=now_ns,
            seen_ns=now_ns,
        )

    def _recover(self, node: Node, proven: Proven) -> Renewed:
        try:
            # 4, 5
            self._allow(node, proven)
        except ClaimWaits:
            raise  # noted when it began to wait
        except MusterError as error:
            self._note(node, proven, error)
            raise
        # 6
        issued = self._authority.issue_agent(
            proven.recovery.csr,
            proven.identity,
            now_ns=self._clock.now_ns(),
            lifetime_s=self._lifetime_s(node),
        )
        event = self._event(node, "credential.recover", proven, issued.view.serial)
        self._records.recovery.recover(credential_of(node.id, issued.view), event)
        return Renewed(chain=issued.chain, anchors=self._authority.anchors)

    def _prove(self, signed: SignedRecovery, address: str) -> Proven:
        """Errors: InputError kin; a stranger is told nothing about nodes."""
        recovery = parse_recovery(signed.signed)
        chain = keys.load_chain(signed.chain)
        if not chain:
            raise InputError("no certificate")
        der = keys.to_der(chain[0])
        if not self._authority.issued_agent(der):
            raise CredentialRefused("credential_unknown", "not a certificate of this hub")
        if not holds_key(chain[0], message_of(signed.signed), signed.proof):
            raise CredentialRefused("credential_unknown", "not signed with the certificate's key")
        identity = identity_of(der)
        if recovery.hub != identity.hub or identity.hub != self._authority.hub:
            raise CredentialRefused("credential_unknown", "meant for another hub")
        new = keys.key_sha256(keys.check_request(recovery.csr))
        return Proven(
            identity=identity, certificate=der, recovery=recovery, key_sha256=new, address=address
        )

    def _require_node(self, identity: Identity) -> Node:
        node = self._records.nodes.node(identity.node)
        if node is None or node.space != identity.space:
            raise CredentialRefused("node_unknown", "this node was removed; claim the machine anew")
        if node.revoked_ns:
            reason = f": {node.revoked_reason}" if node.revoked_reason else ""
            raise CredentialRefused("node_revoked", f"this node was revoked{reason}")
        return node

    def _allow(self, node: Node, proven: Proven) -> None:
        """Whether the new key may be certified. Errors: as `recover`."""
        sha256 = hashlib.sha256(proven.certificate).hexdigest()
        known = self._records.nodes.credentials(node.id)
        old = next((each for each in known if each.sha256 == sha256), None)
        # 4
        for each in known:
            if each.key_sha256 != proven.key_sha256:
                continue
            if each.state is CredentialState.NEXT:
                return  # the answer was lost on its way: the same again
            raise Conflict("this key was certified before; make a new one")
        # 5
        if beyond := self._beyond(node, old):
            self._ask(node, proven, beyond)

    def _beyond(self, node: Node, old: Credential | None) -> str:
        """What passes the bounds, in words; empty when a node may recover by itself."""
        if old is None:
            return "the hub does not remember the certificate that is shown"
        if old.state not in _CURRENT:
            return "the certificate was replaced: a restored or copied state, or a stolen key"
        now_ns = self._clock.now_ns()
        if old.not_after_ns > now_ns:
            raise NotDue("the certificate is good still: connect with it")
        if now_ns - old.not_after_ns > span_ns(self._settings.age):
            return f"the certificate ended more than {self._settings.age.days} days ago"
        count = len(self._records.recovery.recovered_keys(node.id))
        if count >= self._settings.in_a_row:
            return f"{count} recoveries in a row without a renewal in between"
        return ""

    def _ask(self, node: Node, proven: Proven, why: str) -> None:
        """Return when an administrator has agreed. Errors: ClaimWaits, RecoveryDenied."""
        claim = self._approvals.find_kind(Kind.RECOVERY, proven.key_sha256)
        if claim is None:
            claim = self._approvals.ask(
                WaitingClaim(
                    id="",
                    space=node.space,
                    kind=Kind.RECOVERY,
                    key_sha256=proven.key_sha256,
                    request=proven.recovery.csr,
                    name=node.name,
                    address=proven.address,
                    facts=tidy_facts(proven.recovery.facts),
                    evidence=proven.recovery.holder.evidence,
                    looks_like=node.id,
                    why=why,
                )
            )
        if claim.decision is Answer.WAITING:
            raise ClaimWaits(claim)
        if claim.decision is Answer.DENIED:
            raise RecoveryDenied("an administrator denied the recovery of this node")
        fetch_ns = span_ns(self._approvals.settings.fetch)
        if claim.looks_like != node.id or self._clock.now_ns() > claim.decided_ns + fetch_ns:
            raise RecoveryDenied("the approval of this recovery has expired")

    def _note(self, node: Node, proven: Proven, error: MusterError) -> None:
        """One refusal a minute and node is worth a line."""
        if not self._noted.take(node.id):
            event = self._event(node, "credential.recover", proven, str(error))
            self._records.audit.add(msgspec.structs.replace(event, outcome=error.code))

    def _event(self, node: Node, action: str, proven: Proven, detail: str) -> AuditEvent:
        who = Actor(name=f"node {node.name}", address=proven.address)
        return make_event(self._clock, who, action, node.id, detail=detail, space=node.space)


class NotDue(Conflict):
    """The certificate has not ended."""

    code = "not_due"


class RecoveryDenied(Conflict):
    """An administrator said no, or what was said has expired."""

    code = "recovery_denied"

"""How a machine comes in by claim token: proof -> Grant -> certificate. Everything here blocks.

Whoever asks for entry is a stranger until the token is proved; a stranger is told nothing
about tokens. Elsewhere: making tokens (core/enrolment/tokens.py), limits of tokens, policy and who
waits for an admin (core/enrolment/gate.py).

Steps of a claim: 1 prove the token  2 slow guessing down  3 check request and name
4 answer a repeated claim  5 make the Grant  6 pass the gate  7 certify  8 record it all in
one transaction.
"""

import uuid
from collections.abc import Callable
from datetime import timedelta

import msgspec

from muster.clock import SECOND_NS, Clock, span_ns
from muster.core.changes import NodeChange
from muster.core.enrolment.admission import credential_of
from muster.core.enrolment.claimrooms import narrowed
from muster.core.enrolment.gate import Asking, ClaimWaits, Gate
from muster.core.enrolment.tokenproof import (
    AlreadyClaimed,
    Knock,
    SecretProof,
    SignedProof,
    TokenProofs,
    TokenRefused,
)
from muster.core.names import check_name, tidy_facts
from muster.core.throttle import Throttle
from muster.errors import InputError, LimitExceeded, MusterError
from muster.model.evidence import Evidence
from muster.model.identity import ClaimToken, CredentialState, Grant, Identity
from muster.model.ids import NodeId, RoomId, is_uuid
from muster.model.inventory import Facts, Node
from muster.pki import keys
from muster.pki.authority import Issued
from muster.ports.records import ClaimRepeated, KeyKnown, Records, TokenClaim, TokenSpent
from muster.ports.signer import Authority

_ACTIVE = CredentialState.ACTIVE
_REPEATS_PER_MINUTE = 30  # of one claim: each costs a signature and a line in the audit log


class ClaimRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a machine says to come in. Shapes: `request` is a PEM certificate request.

    With a SignedProof, all else but `address` was read from its text.
    """

    token_id: str
    proof: SignedProof | SecretProof
    request: str
    facts: Facts = Facts()
    evidence: Evidence = Evidence()
    proposed_id: str = ""
    rooms: tuple[str, ...] = ()  # of the token's; none: all of them
    address: str = ""


class ClaimAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What it gets: its node, and PEM texts."""

    node: Node
    chain: str
    anchors: str


class Claims:
    """Answers claims."""

    def __init__(
        self,
        *,
        records: Records,
        authority: Authority,
        clock: Clock,
        gate: Gate,
        proofs: TokenProofs,
        lifetime_s: Callable[[Node], int],
        fetch: timedelta,
    ) -> None:
        self._records = records
        self._authority = authority
        self._clock = clock
        self._gate = gate
        self._proofs = proofs
        self._lifetime_s = lifetime_s
        self._fetch_ns = span_ns(fetch)
        self._repeats = Throttle(clock=clock, limit=_REPEATS_PER_MINUTE, window_s=60)

    def answer(self, request: ClaimRequest) -> tuple[ClaimAnswer, NodeChange]:
        """See Enrolment.claim."""
        # 1, 2
        knock = knock_of(request)
        token = self._proofs.prove(knock)
        try:
            # 3
            key_sha256 = keys.key_sha256(keys.check_request(request.request))
            # 4
            if earlier := self._records.tokens.find_claim(token.id, key_sha256):
                return self._claim_again(token, earlier, request), NodeChange.CREDENTIAL
            # 5, 6, 7, 8
            try:
                return self._claim_first(token, key_sha256, request), NodeChange.CLAIMED
            except ClaimRepeated:  # it asked twice at once
                earlier = self._records.tokens.find_claim(token.id, key_sha256)
                if earlier is None:
                    raise
                return self._claim_again(token, earlier, request), NodeChange.CREDENTIAL
        except ClaimWaits:
            raise  # noted when it began to wait
        except MusterError as error:
            self._proofs.note_refusal(token, knock, error)
            raise

    def _claim_first(
        self, token: ClaimToken, key_sha256: str, request: ClaimRequest
    ) -> ClaimAnswer:
        name = check_name(request.facts.hostname or "node", "host name")
        now_ns = self._clock.now_ns()
        # 5
        self._proofs.require_good(token, key_sha256, now_ns)
        self._proofs.require_room()
        asking = Asking(
            key_sha256=key_sha256,
            request=request.request,
            name=name,
            facts=tidy_facts(request.facts),
            evidence=request.evidence,
            proposed_id=self._free_id(request.proposed_id),
            rooms=self._rooms(token, request),
            address=request.address,
        )
        # 6
        marks = self._gate.pass_by(token, asking)
        node = Node(
            id=NodeId(asking.proposed_id or str(uuid.uuid4())),
            space=token.space,
            name=name,
            rooms=asking.rooms,
            created_ns=now_ns,
            facts=asking.facts,
            labels=token.labels,
            ephemeral_s=token.ephemeral_s,
            address=request.address,
        )
        # 7
        issued = self._issue(request.request, node, now_ns)
        # 8
        event = self._proofs.event(knock_of(request), "node.claim", node.id, token)
        credential = credential_of(node.id, issued.view)
        try:
            node = self._records.tokens.claim(token.id, node, credential, event, marks)
        except TokenSpent as error:
            raise self._proofs.refusal_of(token.id, now_ns) from error
        except KeyKnown as error:
            raise AlreadyClaimed(str(error)) from error
        return ClaimAnswer(node=node, chain=issued.chain, anchors=self._authority.anchors)

    def _claim_again(
        self, token: ClaimToken, earlier: TokenClaim, request: ClaimRequest
    ) -> ClaimAnswer:
        """The machine never got our answer, or was let in while it waited: a certificate."""
        node = self._records.nodes.node(earlier.node)
        if node is None:
            raise AlreadyClaimed(f"this key was node {earlier.name!r}, which is removed")
        if token.revoked_ns or node.revoked_ns:
            raise TokenRefused("token_expired", "this claim token was revoked; make a new one")
        states = {known.state for known in self._records.nodes.credentials(node.id)}
        if _ACTIVE in states:
            raise AlreadyClaimed(f"this key is node {node.name!r} already, and in use")
        now_ns = self._clock.now_ns()
        good_ns = self._lifetime_s(node) * SECOND_NS
        if self._gate.has_waited(token, earlier.key_sha256):
            good_ns = max(good_ns, self._fetch_ns)
        if now_ns >= earlier.claimed_ns + good_ns:
            raise TokenRefused("token_expired", "this claim was made long ago; make a new token")
        if wait_s := self._repeats.take(node.id):
            raise LimitExceeded("this machine claims again and again", retry_after_s=wait_s)
        issued = self._issue(request.request, node, now_ns)
        event = self._proofs.event(knock_of(request), "node.claim_again", node.id, token)
        self._records.nodes.add_credential(credential_of(node.id, issued.view), event)
        return ClaimAnswer(node=node, chain=issued.chain, anchors=self._authority.anchors)

    def _free_id(self, proposed_id: str) -> str:
        if proposed_id and not is_uuid(proposed_id):
            raise InputError(f"proposed id is no UUID in lower case: {proposed_id[:64]!r}")
        id = NodeId(proposed_id)
        if id and (self._records.nodes.node(id) or self._records.nodes.was_removed(id)):
            raise AlreadyClaimed(f"a node has this id already: {id}")
        return proposed_id

    def _rooms(self, token: ClaimToken, request: ClaimRequest) -> tuple[RoomId, ...]:
        return narrowed(token.rooms, request.rooms, self._records.nodes.rooms(token.space))

    def _issue(self, request: str, node: Node, now_ns: int) -> Issued:
        """Name and lifetime come from the Grant, never from the request."""
        grant = Grant(
            identity=Identity(self._authority.hub, node.space, node.id),
            rooms=node.rooms,
            lifetime_s=self._lifetime_s(node),
        )
        return self._authority.issue_agent(
            request, grant.identity, now_ns=now_ns, lifetime_s=grant.lifetime_s
        )


def knock_of(request: ClaimRequest) -> Knock:
    """What stands at the door before the rest of it is looked at."""
    return Knock(
        token_id=request.token_id,
        proof=request.proof,
        hostname=request.facts.hostname,
        address=request.address,
    )

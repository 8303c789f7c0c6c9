"""Gives a node that came in by a key of its own a certificate of ours beside it.

So our own agent, claimed in another program's words, goes on over our own wire. Its key signs
for the request: who holds the key may anyway be the node. What blocks runs in a thread.
"""

import asyncio
from collections.abc import Callable

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from muster.clock import Clock
from muster.core.audit import make_event
from muster.core.changes import Changes, NodeChange
from muster.core.enrolment.admission import credential_of
from muster.core.enrolment.keyclaimform import KeyClaimRefused
from muster.core.enrolment.keyclaims import KeyClaims
from muster.core.throttle import Throttle
from muster.errors import Conflict, LimitExceeded, NotFound
from muster.model.access import Actor
from muster.model.identity import Identity
from muster.model.inventory import Node
from muster.model.keyclaim import KeyClaim
from muster.pki import keys, rsakeys
from muster.ports.records import KeyKnown, Records
from muster.ports.signer import Authority

DOMAIN = b"muster-adopt-v1\0"
_PER_MINUTE = 6  # of one claim: each is a signature and a line in the audit log


class Adopted(msgspec.Struct, frozen=True, kw_only=True):
    """What it gets: its node, and PEM texts."""

    node: Node
    chain: str
    anchors: str


class Adoption:
    """Answers requests for a certificate. `lifetime_s` is of the one that is made."""

    def __init__(
        self,
        *,
        records: Records,
        authority: Authority,
        clock: Clock,
        claims: KeyClaims,
        lifetime_s: Callable[[Node], int],
        changes: Changes,
    ) -> None:
        self._records = records
        self._authority = authority
        self._clock = clock
        self._claims = claims
        self._lifetime_s = lifetime_s
        self._changes = changes
        self._asked = Throttle(clock=clock, limit=_PER_MINUTE, window_s=60)

    async def adopt(self, claim_id: str, request: str, proof: str, address: str) -> Adopted:
        """A certificate for the request (PEM). Shapes: `proof` base64, see `message_of`.

        Errors: KeyClaimRefused, keys.BadRequest (`bad_csr`), LimitExceeded, Conflict.
        """
        claim = self._claims.key_of(claim_id)
        if wait_s := self._asked.take(claim.id):
            raise LimitExceeded("this node asks again and again", retry_after_s=wait_s)
        adopted = await asyncio.to_thread(self._adopt, claim, request, proof, address)
        self._changes.tell(claim.node, NodeChange.CREDENTIAL)
        return adopted

    def _adopt(self, claim: KeyClaim, request: str, proof: str, address: str) -> Adopted:
        keys.check_request(request)
        if not rsakeys.is_signed(claim.key_pem, message_of(claim.id, request), proof):
            raise KeyClaimRefused("proof_wrong", "the claim's key has not signed for this request")
        node = self._records.nodes.node(claim.node)
        if node is None:
            raise KeyClaimRefused("node_removed", "this node was removed; claim the agent anew")
        issued = self._authority.issue_agent(
            request,
            Identity(self._authority.hub, node.space, node.id),
            now_ns=self._clock.now_ns(),
            lifetime_s=self._lifetime_s(node),
        )
        who = Actor(name=f"node {node.name}", address=address)
        event = make_event(
            self._clock,
            who,
            "node.adopt",
            node.id,
            detail=issued.view.serial,
            space=node.space,
        )
        try:
            self._records.key_claims.adopt(credential_of(node.id, issued.view), event)
        except KeyKnown:
            raise
        except (NotFound, Conflict) as error:
            raise KeyClaimRefused("node_revoked", str(error)) from error
        return Adopted(node=node, chain=issued.chain, anchors=self._authority.anchors)


def message_of(claim_id: str, request: str) -> bytes:
    """What the claim's key signs: `muster-adopt-v1` NUL claim id NUL request (DER).

    Errors: keys.BadRequest.
    """
    try:
        der = x509.load_pem_x509_csr(request.encode("ascii")).public_bytes(
            serialization.Encoding.DER
        )
    except keys.MALFORMED as error:
        raise keys.BadRequest("not a certificate request that can be read") from error
    return DOMAIN + claim_id.encode() + b"\0" + der

"""How a node comes in: proof -> Grant -> certificate.

Whoever asks for entry is a stranger until the secret is proved; a stranger is told nothing
about tokens. Blocking work (disk, signatures) runs in `_in_thread`.
Elsewhere: making tokens (core/tokens.py), renewal and first use (core/admission.py), nodes
once they are in (core/inventory.py).

Steps of a claim: 1 prove the secret  2 slow guessing down  3 check request and name
4 answer a repeated claim  5 make the Grant  6 certify  7 record it all in one transaction.
"""

import asyncio
import hashlib
import hmac
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import msgspec

from muster.clock import SECOND_NS, Clock
from muster.core.admission import Admission, credential_of
from muster.core.audit import make_event
from muster.core.changes import Changes, NodeChange
from muster.core.names import check_name, is_id, tidy_facts
from muster.core.throttle import Throttle
from muster.errors import Conflict, InputError, LimitExceeded, MusterError, Unauthenticated
from muster.log import Secret
from muster.model.access import Actor, AuditEvent
from muster.model.address import network_of
from muster.model.identity import ClaimToken, Credential, CredentialState, Grant, Identity
from muster.model.ids import NodeId, TokenId, is_uuid
from muster.model.inventory import Facts, Node
from muster.pki import keys
from muster.pki.authority import Authority, Issued
from muster.ports.records import ClaimRepeated, KeyKnown, Records, TokenClaim, TokenSpent
from muster.wire.messages import Renewed

T = TypeVar("T")
_ACTIVE = CredentialState.ACTIVE
_REPEATS_PER_MINUTE = 30  # of one claim: each costs a signature and a line in the audit log
_NOBODY = hashlib.sha256(b"").hexdigest()  # compared with when a token id is not known


class EnrolSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[enrol] of the hub's configuration."""

    agent_lifetime: timedelta = timedelta(hours=24)  # of an agent's certificate
    nodes_max: int = 10_000  # of the whole hub
    bad_proofs_per_minute: int = 20  # per token and per network; honest claims never wait
    renewals_per_minute: int = 12  # per node; each is a line in the audit log


class TokenRefused(Unauthenticated):
    """A claim token that lets nobody in: `token_unknown`, `token_expired`, `token_used_up`."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class AlreadyClaimed(Conflict):
    """The key or the id belongs to a node that is in."""

    code = "already_claimed"


class ClaimRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a machine says to come in. Shapes: `request` is a PEM certificate request."""

    token_id: str
    secret: Secret
    request: str
    facts: Facts = Facts()
    proposed_id: str = ""
    address: str = ""


class ClaimAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What it gets: its node, and PEM texts."""

    node: Node
    chain: str
    anchors: str


class Enrolment:
    """Lets nodes in by claim token and keeps their certificates fresh."""

    def __init__(
        self,
        *,
        records: Records,
        authority: Authority,
        clock: Clock,
        settings: EnrolSettings,
        changes: Changes | None = None,
    ) -> None:
        self._records = records
        self._authority = authority
        self._clock = clock
        self._settings = settings
        self._changes = changes or Changes()
        guesses = settings.bad_proofs_per_minute
        self._guesses = Throttle(clock=clock, limit=guesses, window_s=60)
        self._noted = Throttle(clock=clock, limit=1, window_s=60)
        self._repeats = Throttle(clock=clock, limit=_REPEATS_PER_MINUTE, window_s=60)
        self._lifetime_s = round(settings.agent_lifetime.total_seconds())
        self._admission = Admission(
            records=records.nodes,
            audit=records.audit,
            authority=authority,
            clock=clock,
            lifetime=settings.agent_lifetime,
            renewals_per_minute=settings.renewals_per_minute,
        )

    @property
    def authority(self) -> Authority:
        """The CA that certifies nodes."""
        return self._authority

    async def claim(self, request: ClaimRequest) -> ClaimAnswer:
        """Let a machine in, or say the same again when it asks again with the same key.

        Errors: TokenRefused; AlreadyClaimed; InputError (`bad_csr`, `bad_input`);
                LimitExceeded after many wrong proofs or with too many nodes.
        """
        answer, change = await _in_thread(lambda: self._claim(request))
        self._changes.tell(answer.node.id, change)
        return answer

    async def renew(self, identity: Identity, request: str, *, certificate: bytes = b"") -> Renewed:
        """A new certificate for a node that is in; it counts from its first use.

        `certificate` (DER) is what the link proved itself with: given, it must still be the
        active one, so that a copy of an old state can't renew itself.
        Errors: CredentialRefused for revoked and unknown nodes; `bad_csr`; LimitExceeded.
        """
        renewed = await _in_thread(lambda: self._admission.renew(identity, request, certificate))
        self._changes.tell(identity.node, NodeChange.CREDENTIAL)
        return renewed

    async def activate(
        self, identity: Identity, certificate: bytes, address: str = ""
    ) -> Credential:
        """Admit a link: the certificate (DER) is known, good and now the node's active one.

        The first use of a `next` retires its predecessor. Errors: CredentialRefused.
        """
        credential, is_new = await _in_thread(
            lambda: self._admission.admit(identity, certificate, address)
        )
        if is_new:
            self._changes.tell(identity.node, NodeChange.CREDENTIAL)
        return credential

    async def check(self, identity: Identity, certificate: bytes) -> None:
        """Whether a link with this certificate would be let in. Errors: CredentialRefused."""
        await _in_thread(lambda: self._admission.check(identity, certificate))

    def _claim(self, request: ClaimRequest) -> tuple[ClaimAnswer, NodeChange]:
        # 1, 2
        token = self._prove(request)
        try:
            # 3
            key_sha256 = keys.key_sha256(keys.check_request(request.request))
            # 4
            if earlier := self._records.tokens.find_claim(token.id, key_sha256):
                return self._claim_again(token, earlier, request), NodeChange.CREDENTIAL
            # 5, 6, 7
            try:
                return self._claim_first(token, request), NodeChange.CLAIMED
            except ClaimRepeated:  # it asked twice at once
                earlier = self._records.tokens.find_claim(token.id, key_sha256)
                if earlier is None:
                    raise
                return self._claim_again(token, earlier, request), NodeChange.CREDENTIAL
        except MusterError as error:
            self._note_refusal(token, request, error)
            raise

    def _prove(self, request: ClaimRequest) -> ClaimToken:
        """The token whose secret is proved; how long that takes says nothing about it."""
        id = TokenId(request.token_id if is_id(request.token_id) else "")
        token = self._records.tokens.token(id)
        given = hashlib.sha256(request.secret.reveal().encode(errors="replace")).hexdigest()
        known = token.secret_sha256 if token else _NOBODY
        if hmac.compare_digest(given, known) and token is not None:
            return token
        network = network_of(request.address)
        wait_s = max(
            self._guesses.take(f"token {id}"),
            self._guesses.take(f"network {network}"),
        )
        if wait_s:
            if not self._noted.take(network):  # one event a minute, however many guesses
                self._records.audit.add(self._event(request, "claim.throttled", network))
            raise LimitExceeded("too many wrong claim tokens from here", retry_after_s=wait_s)
        raise TokenRefused("token_unknown", "this hub knows no such claim token; make a new one")

    def _claim_first(self, token: ClaimToken, request: ClaimRequest) -> ClaimAnswer:
        name = check_name(request.facts.hostname or "node", "host name")
        now_ns = self._clock.now_ns()
        # 5
        grant = self._grant(token, request.proposed_id, now_ns)
        # 6
        issued = self._issue(request.request, grant, now_ns)
        # 7
        node = Node(
            id=grant.identity.node,
            space=grant.identity.space,
            name=name,
            rooms=grant.rooms,
            created_ns=now_ns,
            facts=tidy_facts(request.facts),
        )
        event = self._event(request, "node.claim", node.id, token)
        credential = credential_of(node.id, issued.view)
        try:
            node = self._records.tokens.claim(token.id, node, credential, event)
        except TokenSpent as error:
            raise self._refusal_of(token.id, now_ns) from error
        except KeyKnown as error:
            raise AlreadyClaimed(str(error)) from error
        return ClaimAnswer(node=node, chain=issued.chain, anchors=self._authority.anchors)

    def _claim_again(
        self, token: ClaimToken, earlier: TokenClaim, request: ClaimRequest
    ) -> ClaimAnswer:
        """The machine never got our answer: same node, fresh certificate."""
        node = self._records.nodes.node(earlier.node)
        if node is None:
            raise AlreadyClaimed(f"this key was node {earlier.name!r}, which is removed")
        if token.revoked_ns or node.revoked_ns:
            raise TokenRefused("token_expired", "this claim token was revoked; make a new one")
        states = {known.state for known in self._records.nodes.credentials(node.id)}
        if _ACTIVE in states:
            raise AlreadyClaimed(f"this key is node {node.name!r} already, and in use")
        now_ns = self._clock.now_ns()
        if now_ns >= node.created_ns + self._lifetime_s * SECOND_NS:
            raise TokenRefused("token_expired", "this claim was made long ago; make a new token")
        if wait_s := self._repeats.take(node.id):
            raise LimitExceeded("this machine claims again and again", retry_after_s=wait_s)
        identity = Identity(self._authority.hub, node.space, node.id)
        grant = Grant(identity=identity, rooms=node.rooms, lifetime_s=self._lifetime_s)
        issued = self._issue(request.request, grant, now_ns)
        event = self._event(request, "node.claim_again", node.id, token)
        self._records.nodes.add_credential(credential_of(node.id, issued.view), event)
        return ClaimAnswer(node=node, chain=issued.chain, anchors=self._authority.anchors)

    def _grant(self, token: ClaimToken, proposed_id: str, now_ns: int) -> Grant:
        if token.revoked_ns or token.used >= token.uses or token.expires_ns <= now_ns:
            raise self._refusal_of(token.id, now_ns)
        if self._records.nodes.count_nodes() >= self._settings.nodes_max:
            limit = self._settings.nodes_max
            raise LimitExceeded(f"this hub takes {limit} nodes (enrol.nodes_max)")
        node = NodeId(proposed_id or str(uuid.uuid4()))
        if not is_uuid(node):
            raise InputError(f"proposed id is no UUID in lower case: {node[:64]!r}")
        if self._records.nodes.node(node) or self._records.nodes.was_removed(node):
            raise AlreadyClaimed(f"a node has this id already: {node}")
        identity = Identity(self._authority.hub, token.space, node)
        return Grant(identity=identity, rooms=token.rooms, lifetime_s=self._lifetime_s)

    def _refusal_of(self, id: TokenId, now_ns: int) -> TokenRefused:
        """Why a token lets nobody in; only for those who hold its secret."""
        token = self._records.tokens.token(id)
        if token is None:
            return TokenRefused("token_unknown", "this claim token is gone; make a new one")
        if token.revoked_ns:
            return TokenRefused("token_expired", "this claim token was revoked; make a new one")
        if token.expires_ns <= now_ns:
            return TokenRefused("token_expired", "this claim token has expired; make a new one")
        claims = self._records.tokens.claims(id)
        by = f" by {claims[-1].name}" if claims else ""
        return TokenRefused("token_used_up", f"this claim token was used up{by}; make a new one")

    def _note_refusal(self, token: ClaimToken, request: ClaimRequest, error: MusterError) -> None:
        """Holders of a secret who are refused are worth knowing of, a few times a minute."""
        if not self._guesses.take(f"refusal {token.id}"):
            event = self._event(request, "node.claim", request.facts.hostname, token)
            self._records.audit.add(msgspec.structs.replace(event, outcome=error.code))

    def _issue(self, request: str, grant: Grant, now_ns: int) -> Issued:
        """Name and lifetime come from the Grant, never from the request."""
        return self._authority.issue_agent(
            request, grant.identity, now_ns=now_ns, lifetime_s=grant.lifetime_s
        )

    def _event(
        self, request: ClaimRequest, action: str, object: str, token: ClaimToken | None = None
    ) -> AuditEvent:
        who = f"token {token.id}" if token else "stranger"
        return make_event(
            self._clock,
            Actor(name=who, address=request.address),
            action,
            object,
            detail=request.facts.hostname,
            space=token.space if token else "",
        )


async def _in_thread(work: Callable[[], T]) -> T:
    """Where all that blocks here is done."""
    return await asyncio.to_thread(work)

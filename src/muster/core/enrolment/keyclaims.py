"""How a machine comes in that keeps a key of its own: proof -> gate -> claim. See `KeyClaims`.

For wires of other programs, whose agents know no certificates: a claim carries the token's
secret and a public key, and names the installation ("machine"). The same token, limits, policy,
queue and audit stand before it as before every claim (core/enrolment/tokenproof.py,
core/enrolment/gate.py).

Which node a machine becomes:
- unknown in the token's space: a new one
- known, and its key is the one in use: the same, under one more claim id
- known, and never connected, or so far only spoken for by a parent: the same
- known, with another key: while its node is connected refused, else asked of an admin; who is
  let in without that, by a rule or by `enrol.reimaged`, is a new one
- a node of another space already: refused
- its key was revoked: refused, before any cryptography but that of guesses in a flood
- it was revoked or removed since the token was made: refused, whatever its key
- it says that it did not check the hub's certificate: refused, unless the hub's settings say else

Steps: 1 check what is asked, and refuse guesses in a flood  2 the key or id was shut out  3 prove
the token  4 whose are key, id and machine  5 answer a repeated claim  6 pass the gate  7 record it
all in one transaction.
"""

import asyncio
import hashlib
import logging
import uuid
from collections.abc import Callable
from datetime import timedelta

import msgspec

from muster.clock import Clock, span_ns
from muster.core.changes import Changes, NodeChange
from muster.core.enrolment.claimrooms import narrowed
from muster.core.enrolment.gate import Asking, ClaimWaits, Gate, check_limits
from muster.core.enrolment.keyclaimform import (
    BadClaimId,
    Checked,
    ClaimedByKey,
    HubUnchecked,
    KeyClaimRefused,
    KeyClaimRequest,
    KeyShutOut,
    check,
    name_of,
)
from muster.core.enrolment.members import Members
from muster.core.enrolment.tokenproof import AlreadyClaimed, TokenProofs, TokenRefused
from muster.core.nodes.roster import is_all_nodes
from muster.core.throttle import Throttle
from muster.errors import InputError, LimitExceeded, MusterError
from muster.model.access import AuditEvent
from muster.model.evidence import Evidence
from muster.model.identity import ClaimToken
from muster.model.ids import NodeId, RoomId, SpaceId, is_uuid
from muster.model.inventory import Facts, Node
from muster.model.keyclaim import KeyClaim
from muster.ports.approvals import Mark
from muster.ports.records import ClaimRepeated, KeyKnown, Records, TokenSpent

log = logging.getLogger(__name__)

MAX_ROOMS = 100
_REPEATS_PER_MINUTE = 30  # of one machine: each is a line in the audit log
_TRIES = 3  # claims of one machine that cross each other


class KeyClaims:
    """Answers claims by key, and tells whose a claim is.

    `is_live` tells whether a node's link is open; `fetch` is how long a machine that an admin
    has let in may take to come. `takes_unchecked`: also who did not check this hub.
    """

    def __init__(
        self,
        *,
        records: Records,
        clock: Clock,
        hub: str,
        gate: Gate,
        proofs: TokenProofs,
        is_live: Callable[[Node], bool],
        fetch: timedelta,
        changes: Changes | None = None,
        takes_unchecked: bool = False,
    ) -> None:
        self._takes_unchecked = takes_unchecked
        self._records = records
        self._clock = clock
        self._hub = hub
        self._gate = gate
        self._proofs = proofs
        self._is_live = is_live
        self._fetch_ns = span_ns(fetch)
        self._changes = changes or Changes()
        self._repeats = Throttle(clock=clock, limit=_REPEATS_PER_MINUTE, window_s=60)
        self.members = Members(records=records, clock=clock, proofs=proofs, changes=self._changes)

    async def claim(self, request: KeyClaimRequest) -> ClaimedByKey:
        """Let a machine in, or say the same again.

        Errors: BadClaimId, BadHostName, rsakeys.BadKey; RoomUnknown; TokenRefused,
                TokenLimited, ClaimDenied, KeyShutOut, HubUnchecked; AlreadyClaimed; ClaimWaits;
                LimitExceeded.
        """
        # 1
        asked = check(request)
        await self._proofs.turn_away(asked.knock)
        answer = await asyncio.to_thread(self._answer, asked)
        change = NodeChange.CLAIMED if answer.is_new else NodeChange.CREDENTIAL
        self._changes.tell(answer.node.id, change)
        return answer

    def key_of(self, claim_id: str) -> KeyClaim:
        """The claim, when a link may be opened by it. Two lookups, no cryptography.

        Errors: KeyClaimRefused.
        """
        claim = self._records.key_claims.claim(claim_id) if is_uuid(claim_id) else None
        if claim is None:
            raise KeyClaimRefused("claim_unknown", "this hub knows no such claim")
        node = self._records.nodes.node(claim.node)
        if node is None:
            raise KeyClaimRefused("node_removed", "this node was removed; claim the agent anew")
        if node.revoked_ns:
            reason = f": {node.revoked_reason}" if node.revoked_reason else ""
            raise KeyClaimRefused("node_revoked", f"this node was revoked{reason}")
        if claim.replaced_ns:
            raise KeyClaimRefused("claim_replaced", "this node was claimed anew with another key")
        return claim

    async def opened(self, claim: KeyClaim) -> None:
        """A link is opened by this claim, so its node is in use from now on.

        It is written before the link is, and not with the other times of the next minute: a link
        may be short and the hub may end, and still no other key takes the node over unasked.
        """
        node = self._records.nodes.node(claim.node)
        if node is None or node.last_seen_ns:
            return
        try:
            await asyncio.to_thread(self._records.nodes.touch, {node.id: self._clock.now_ns()})
        except MusterError as error:  # it is written with the others, once that works
            log.warning("first link not noted", extra={"node": node.id, "error": str(error)})

    async def member(self, claim: KeyClaim, machine: str, hostname: str, hops: int) -> Node:
        """The node that an agent speaks for; made when it is not there yet.

        Errors: KeyClaimRefused, BadClaimId, BadHostName; MemberGone; LimitExceeded.
        """
        if not is_uuid(machine):
            raise BadClaimId(f"a machine's id is no UUID in lower case: {machine[:64]!r}")
        speaker = self._records.nodes.node(self.key_of(claim.id).node)
        if speaker is None:  # it was removed between the two looks
            raise KeyClaimRefused("node_removed", "this node was removed; claim the agent anew")
        if machine == claim.machine:
            return speaker
        return await self.members.find_or_add(claim, speaker, machine, name_of(hostname), hops)

    def _answer(self, asked: Checked) -> ClaimedByKey:
        # 2
        self._refuse_revoked(asked)
        # 3
        token = self._proofs.prove(asked.knock)
        try:
            if asked.request.unchecked and not self._takes_unchecked:
                raise HubUnchecked("this agent did not check the hub's certificate (-insecure)")
            return self._let_in(token, asked)
        except ClaimWaits:
            raise  # noted when it began to wait
        except MusterError as error:
            self._proofs.note_refusal(token, asked.knock, error)
            raise

    def _let_in(self, token: ClaimToken, asked: Checked) -> ClaimedByKey:
        for _ in range(_TRIES):
            self._require_own(token, asked)
            try:
                return self._enter(token, asked)
            except ClaimRepeated:  # it asked twice at once; the other one is recorded by now
                continue
            except TokenSpent as error:
                raise self._proofs.refusal_of(token.id, self._clock.now_ns()) from error
            except KeyKnown as error:
                raise AlreadyClaimed(str(error)) from error
        raise LimitExceeded("this machine claims in several ways at once", retry_after_s=5)

    def _refuse_revoked(self, asked: Checked) -> None:
        """Who was shut out costs no proof of a token. Errors: KeyShutOut."""
        for claim in self._claims_of(asked):
            node = self._records.nodes.node(claim.node)
            if node is not None and node.revoked_ns and not claim.replaced_ns:
                raise KeyShutOut("node_revoked", "this node was revoked")

    def _claims_of(self, asked: Checked) -> list[KeyClaim]:
        """All of this key, and the one of this id."""
        same_id = self._records.key_claims.claim(asked.request.id)
        found = self._records.key_claims.with_key(asked.key.sha256)
        return [*found, *([same_id] if same_id and same_id not in found else [])]

    def _require_own(self, token: ClaimToken, asked: Checked) -> None:
        """4: key, id and machine are nobody else's. Errors: AlreadyClaimed, KeyShutOut."""
        request = asked.request
        for claim in self._claims_of(asked):
            node = self._records.nodes.node(claim.node)
            if node is None:
                self._refuse_ended(token, claim.space, claim.node)
                continue
            same_key = claim.key_sha256 == asked.key.sha256
            if not same_key:  # then it is the id that is the same
                raise AlreadyClaimed(f"this claim id is node {node.name!r}, with another key")
            is_own = claim.space == token.space and claim.machine == request.machine
            if not is_own and not claim.replaced_ns:
                raise AlreadyClaimed("this key belongs to another node")
        for member in self._records.key_claims.members(request.dialect, request.machine):
            self._refuse_ended(token, member.space, member.node)
            if member.space != token.space and not member.via and self._is_in(member.node):
                raise AlreadyClaimed("this machine is a node of another space")

    def _refuse_ended(self, token: ClaimToken, space: SpaceId, id: NodeId) -> None:
        """A token that was there when its space shut a machine out lets it in no more.

        So none that is left in an agent's settings brings it back. Errors: KeyShutOut.
        """
        node = self._records.nodes.node(id)
        ended_ns = node.revoked_ns if node else self._records.key_claims.removed_ns(id)
        if ended_ns and space == token.space and token.created_ns <= ended_ns:
            code = "node_revoked" if node else "node_removed"
            raise KeyShutOut(code, "this machine was shut out since the token was made")

    def _is_in(self, id: NodeId) -> bool:
        node = self._records.nodes.node(id)
        return node is not None and not node.revoked_ns

    def _enter(self, token: ClaimToken, asked: Checked) -> ClaimedByKey:
        now_ns = self._clock.now_ns()
        member = self._records.key_claims.member(
            asked.request.dialect, asked.request.machine, token.space
        )
        was = self._records.nodes.node(member.node) if member else None
        # 5
        if node := self._earlier(token, asked.key.sha256, now_ns):
            return self._attach(token, asked, node, was, (), uses_token=False)
        # 6
        self._proofs.require_good(token, asked.key.sha256, now_ns)
        if was is not None and self._has_key(was, asked.key.sha256):
            check_limits(token, self._asking(token, asked))
            return self._attach(token, asked, was, was, (), uses_token=True)
        is_other = was is not None and self._is_another(was)
        if was is not None and is_other and self._is_live(was):
            raise AlreadyClaimed(
                f"this machine is node {was.name!r}, which is connected with another key"
            )
        same_as = was.id if was is not None and is_other else ""
        marks = self._gate.pass_by(token, self._asking(token, asked, same_as))
        # 7
        if was is not None and not is_other:
            return self._attach(token, asked, was, was, marks, uses_token=True)
        return self._add(token, asked, was, marks)

    def _earlier(self, token: ClaimToken, key_sha256: str, now_ns: int) -> Node | None:
        """The node that this key became by this token: by a claim, or by an admin's yes.

        None when there is none, or it has expired. Errors: KeyShutOut, TokenRefused.
        """
        earlier = self._records.tokens.find_claim(token.id, key_sha256)
        if earlier is None:
            return None
        node = self._records.nodes.node(earlier.node)
        if node is None and not self._records.key_claims.removed_ns(earlier.node):
            return None
        if node is None or node.revoked_ns:
            raise KeyShutOut("node_removed", "this claim was a node that is gone")
        if token.revoked_ns:
            raise TokenRefused("token_expired", "this claim token was revoked; make a new one")
        late = now_ns >= earlier.claimed_ns + self._fetch_ns
        if late and not self._records.key_claims.of_node(node.id):
            raise TokenRefused("token_expired", "this machine was let in long ago; make a new one")
        return node

    def _has_key(self, node: Node, key_sha256: str) -> bool:
        """Whether it is the one that the node has now."""
        claims = self._records.key_claims.of_node(node.id)
        return not node.revoked_ns and any(
            not claim.replaced_ns and claim.key_sha256 == key_sha256 for claim in claims
        )

    def _is_another(self, node: Node) -> bool:
        """Whether who comes with another key takes something over: a node that was in use."""
        claims = self._records.key_claims.of_node(node.id)
        return bool(node.revoked_ns or (claims and (node.last_seen_ns or self._is_live(node))))

    def _asking(self, token: ClaimToken, asked: Checked, same_as: str = "") -> Asking:
        said = f"{self._hub}\0{asked.request.dialect}\0{asked.request.machine}"
        return Asking(
            key_sha256=asked.key.sha256,
            request=asked.key.pem,
            name=asked.name,
            facts=Facts(hostname=asked.name),
            evidence=Evidence(machine_id=hashlib.sha256(said.encode()).hexdigest()),
            proposed_id="",
            rooms=self._rooms(token, asked.request.rooms),
            address=asked.request.address,
            same_as=same_as,
            dialect=asked.request.dialect,
        )

    def _rooms(self, token: ClaimToken, wanted: tuple[str, ...]) -> tuple[RoomId, ...]:
        """Those of the token; of a token without rooms any of the space."""
        if len(wanted) > MAX_ROOMS:
            raise InputError(f"up to {MAX_ROOMS} rooms, not {len(wanted)}")
        rooms = self._records.nodes.rooms(token.space)
        named = [text for text in wanted if text and not is_all_nodes(text, token.space)]
        if not token.rooms and not named:
            return ()
        return narrowed(token.rooms or tuple(room.id for room in rooms), named, rooms)

    def _add(
        self, token: ClaimToken, asked: Checked, was: Node | None, marks: tuple[Mark, ...]
    ) -> ClaimedByKey:
        self._proofs.require_room()
        asking = self._asking(token, asked)
        node = Node(
            id=NodeId(str(uuid.uuid4())),
            space=token.space,
            name=asked.name,
            rooms=asking.rooms,
            created_ns=self._clock.now_ns(),
            facts=asking.facts,
            labels=token.labels,
            ephemeral_s=token.ephemeral_s,
            address=asking.address,
            dialect=asked.request.dialect,
        )
        claim = self._claim_of(token, asked, node)
        event = self._event(token, asked, "node.claim", node)
        instead_of = was.id if was else NodeId("")
        add = self._records.key_claims.add_new
        node = add(claim, node, event, marks, instead_of=instead_of)
        return ClaimedByKey(node=node, claim=claim, is_new=True)

    def _attach(
        self,
        token: ClaimToken,
        asked: Checked,
        node: Node,
        was: Node | None,
        marks: tuple[Mark, ...],
        *,
        uses_token: bool,
    ) -> ClaimedByKey:
        if wait_s := self._repeats.take(node.id):
            raise LimitExceeded("this machine claims again and again", retry_after_s=wait_s)
        known = self._records.key_claims.of_node(node.id)
        claim = self._claim_of(token, asked, node)
        moved = bool(known) and not self._has_key(node, asked.key.sha256)
        action = "node.claim_moved" if moved else "node.claim_again" if known else "node.claim"
        event = self._event(token, asked, action, node)
        instead_of = was.id if was else NodeId("")
        attach = self._records.key_claims.attach
        node = attach(claim, event, marks, instead_of=instead_of, uses_token=uses_token)
        return ClaimedByKey(node=node, claim=claim, is_new=False)

    def _event(self, token: ClaimToken, asked: Checked, action: str, node: Node) -> AuditEvent:
        event = self._proofs.event(asked.knock, action, node.id, token)
        if asked.request.unchecked:
            return msgspec.structs.replace(event, detail=f"{event.detail}, hub not checked")
        return event

    def _claim_of(self, token: ClaimToken, asked: Checked, node: Node) -> KeyClaim:
        return KeyClaim(
            id=asked.request.id,
            dialect=asked.request.dialect,
            node=node.id,
            space=token.space,
            machine=asked.request.machine,
            key_pem=asked.key.pem,
            key_sha256=asked.key.sha256,
            token=token.id,
            claimed_ns=self._clock.now_ns(),
        )

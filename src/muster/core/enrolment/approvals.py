"""The queue of those who wait for an admin: who stands in it, who is let in, who is refused.

A machine that may not come in by itself is put here and asks again; what an admin of its
space says is done at once, in one transaction, and the machine is told when it asks next.
Claims become nodes here; recoveries and requests by hand are only marked as approved, and
who put them here acts on it.
"""

import asyncio
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Literal

import msgspec

from muster.clock import Clock, span_ns
from muster.core.access import require, require_object, spaces_of
from muster.core.audit import make_event
from muster.core.changes import Changes, NodeChange
from muster.core.enrolment.admitted import AS_ASKED, Otherwise, as_decided, otherwise
from muster.core.enrolment.dossier import case_of, with_likeness
from muster.core.enrolment.evidence import Evidences, marks_of, to_keep
from muster.core.enrolment.policy import Policy, Verdict
from muster.core.names import check_text, is_id, tidy_facts
from muster.errors import Conflict, InputError, LimitExceeded, NotFound
from muster.model.access import Action, Actor, AuditEvent
from muster.model.address import network_of
from muster.model.approval import Answer, Kind, WaitingClaim
from muster.model.identity import ClaimToken
from muster.model.ids import NodeId, SpaceId, TokenId
from muster.model.inventory import Node
from muster.ports.approvals import Decided, Queue
from muster.ports.records import KeyKnown, Records, TokenSpent

MAX_NOTE = 200
_IN_QUEUE = (Kind.CLAIM, Kind.REIMAGE)  # the kinds that become nodes here

As = Literal["", "new", "existing"]


class ApprovalSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[approvals] of the hub's configuration."""

    wait: timedelta = timedelta(days=7)  # how long a claim waits for an admin before it expires
    # how long an approved machine has to come for its certificate
    fetch: timedelta = timedelta(days=7)
    per_space: int = 500  # claims of one space that may wait at once
    per_network: int = 50  # claims of one /24 or /56 that may wait at once
    keep: timedelta = timedelta(days=90)  # how long decided claims stay listed


class Approvals:
    """The queue. `ask` and `find` block and are for who lets machines in; the rest is for admins.

    `is_live` tells whether a node's link is open: who is here was not reinstalled. `may_forget`
    tells whether the wall clock can be believed: by it what has ended goes for good.
    """

    def __init__(
        self,
        *,
        records: Records,
        clock: Clock,
        settings: ApprovalSettings,
        changes: Changes | None = None,
        is_live: Callable[[Node], bool] = lambda node: False,
        nodes_max: int = 10_000,
        evidences: Evidences | None = None,
        policy: Callable[[], Policy | None] = lambda: None,
        may_forget: Callable[[], bool] = lambda: True,
    ) -> None:
        self._records = records
        self._clock = clock
        self._settings = settings
        self._changes = changes or Changes()
        self._is_live = is_live
        self._nodes_max = nodes_max
        self._evidences = evidences or Evidences()
        self._policy = policy
        self._may_forget = may_forget

    @property
    def settings(self) -> ApprovalSettings:
        """How long and how many."""
        return self._settings

    def ask(self, claim: WaitingClaim) -> WaitingClaim:
        """Put one into the queue; its id, times and network are filled in. Blocks.

        The one that stands there already with this token, key and kind is returned as it is.
        Other kinds than claims are weighed here, and decided at once by a rule that fits.
        Errors: TooManyWaiting.
        """
        now_ns = self._clock.now_ns()
        self.prune()
        claim = msgspec.structs.replace(
            claim,
            id=str(uuid.uuid4()),
            network=network_of(claim.address),
            facts=tidy_facts(claim.facts),
            created_ns=now_ns,
            expires_ns=now_ns + span_ns(self._settings.wait),
        )
        if claim.kind not in _IN_QUEUE:
            reasons = self._evidences.weigh(claim.evidence, claim.request, now_ns)
            claim = msgspec.structs.replace(
                claim, reasons=reasons, evidence=to_keep(claim.evidence)
            )
        claim = with_likeness(claim, self._records)
        who = Actor(name=_who(claim), address=claim.address)
        event = make_event(
            self._clock,
            who,
            "approval.ask",
            claim.id,
            detail=f"{claim.kind} {claim.name}: {claim.why}",
            space=claim.space,
        )
        kept = self._records.approvals.add(
            claim,
            event,
            per_space=self._settings.per_space,
            per_network=self._settings.per_network,
        )
        return self._by_policy(kept)

    def _by_policy(self, claim: WaitingClaim) -> WaitingClaim:
        """Claims have passed core/enrolment/gate.py before they come here; others have not."""
        policy = self._policy()
        if policy is None or claim.kind in _IN_QUEUE or not self.is_open(claim):
            return claim
        node = self._records.nodes.node(NodeId(claim.looks_like))
        said = policy.decide(case_of(claim, node.labels if node else {}, self._records))
        if not said.rule or said.verdict is Verdict.ASK:
            return claim
        answer = Answer.APPROVED if said.verdict is Verdict.APPROVE else Answer.DENIED
        self.decide_by_rule(claim, answer, said.rule)
        return self._records.approvals.claim(claim.id) or claim

    def find(self, token: TokenId, key_sha256: str) -> WaitingClaim | None:
        """What became of a machine's claim; None when it never waited, or has expired. Blocks."""
        return self._unless_expired(self._records.approvals.find(token, key_sha256))

    def find_kind(self, kind: Kind, key_sha256: str) -> WaitingClaim | None:
        """What became of a key's request of another kind. Blocks."""
        return self._unless_expired(self._records.approvals.find_kind(kind, key_sha256))

    def is_open(self, claim: WaitingClaim) -> bool:
        """Whether it waits still."""
        waits = claim.decision is Answer.WAITING
        return waits and claim.expires_ns > self._clock.now_ns()

    def queues(self) -> dict[SpaceId, Queue]:
        """How many wait in each space now, for who tells admins."""
        return self._records.approvals.count(self._clock.now_ns())

    def claims(self, actor: Actor | None, *, decided_too: bool = False) -> list[WaitingClaim]:
        """Those of the actor's spaces, the newest thousand of each, newest first.

        Errors: Unauthenticated, Denied.
        """
        actor = require(actor, Action.APPROVAL_DECIDE)
        spaces = spaces_of(actor, Action.APPROVAL_DECIDE)
        if spaces is None:
            spaces = frozenset(space.id for space in self._records.nodes.spaces())
        listed = self._records.approvals.waiting
        found = [claim for id in spaces for claim in listed(space=id, open_only=not decided_too)]
        found = [claim for claim in found if decided_too or self.is_open(claim)]
        return sorted(found, key=lambda claim: (-claim.created_ns, claim.id))

    def claim(self, actor: Actor | None, id: str) -> WaitingClaim:
        """One of them. Errors: NotFound, Denied."""
        require(actor, Action.APPROVAL_DECIDE)
        claim = self._records.approvals.claim(id) if is_id(id) else None
        if claim is None:
            raise NotFound("nothing waits under this id")
        require_object(actor, Action.APPROVAL_DECIDE, claim.space, "claim that waits")
        return claim

    async def approve(
        self,
        actor: Actor | None,
        id: str,
        *,
        as_: As = "",
        note: str = "",
        name: str | None = None,
        rooms: Sequence[str] | None = None,
    ) -> WaitingClaim:
        """Let it in. `as_` "existing": as the node it looks like, whose history goes on.

        A new node may get another `name` and other `rooms` (ids or names) than it asked for.
        Errors: NotFound, Denied, InputError; AlreadyDecided; Conflict when the token, the key
                or the node does not allow it any more, or the name is taken; LimitExceeded.
        """
        claim = self.claim(actor, id)
        actor = require(actor, Action.APPROVAL_DECIDE, claim.space)
        check_text(note, MAX_NOTE, "note")
        decided = self._decided(actor, Answer.APPROVED, note)
        wanted = await self._otherwise(actor, claim, as_, name, rooms)
        if claim.kind not in _IN_QUEUE:
            if as_:
                raise InputError(f"a {claim.kind} is approved for the node it is of")
            event = self._event(actor, "approval.approve", claim, note)
            await asyncio.to_thread(self._records.approvals.decide, id, decided, event)
        elif as_ == "existing":
            await asyncio.to_thread(self._approve_existing, actor, claim, decided)
            self._changes.tell(NodeId(claim.looks_like), NodeChange.CREDENTIAL)
        else:
            if claim.kind is Kind.REIMAGE and not as_:
                raise InputError("say which: as=existing, the node it looks like, or as=new")
            node = await asyncio.to_thread(self._approve_new, actor, claim, decided, wanted)
            self._changes.tell(node.id, NodeChange.CLAIMED)
        return self.claim(actor, id)

    async def deny(self, actor: Actor | None, id: str, *, note: str = "") -> WaitingClaim:
        """Refuse it; the machine is told, and the same key is not let wait again.

        Errors: NotFound, Denied, InputError; AlreadyDecided.
        """
        claim = self.claim(actor, id)
        actor = require(actor, Action.APPROVAL_DECIDE, claim.space)
        check_text(note, MAX_NOTE, "note")
        decided = self._decided(actor, Answer.DENIED, note)
        event = self._event(actor, "approval.deny", claim, note)
        await asyncio.to_thread(self._records.approvals.decide, id, decided, event)
        return self.claim(actor, id)

    def decide_by_rule(self, claim: WaitingClaim, answer: Answer, rule: str) -> None:
        """What a policy says of one that waits, after it was changed. Blocks.

        Errors: AlreadyDecided; as `approve`.
        """
        actor = Actor(name="hub", operator=True)
        note = f"by rule {rule} of the policy"[:MAX_NOTE]
        decided = self._decided(actor, answer, note)
        if answer is Answer.APPROVED and claim.kind in _IN_QUEUE:
            self._approve_new(actor, claim, decided)
        else:
            verb = "approve" if answer is Answer.APPROVED else "deny"
            event = self._event(actor, f"approval.{verb}", claim, note)
            self._records.approvals.decide(claim.id, decided, event)

    def labels_of(self, claim: WaitingClaim) -> dict[str, str]:
        """Those that its token gives to its nodes."""
        token = self._records.tokens.token(claim.token) if claim.token else None
        return token.labels if token else {}

    def prune(self) -> int:
        """Forget what ended long ago; how many. Blocks."""
        if not self._may_forget():
            return 0
        before_ns = self._clock.now_ns() - span_ns(self._settings.keep)
        return self._records.approvals.prune(before_ns)

    async def _otherwise(
        self,
        actor: Actor,
        claim: WaitingClaim,
        as_: As,
        name: str | None,
        rooms: Sequence[str] | None,
    ) -> Otherwise:
        if name is None and rooms is None:
            return AS_ASKED
        if claim.kind not in _IN_QUEUE or as_ == "existing":
            raise InputError("a node that is there already keeps its name and rooms")
        require(actor, Action.NODE_EDIT, claim.space)
        return await asyncio.to_thread(otherwise, claim, self._records.nodes, name, rooms)

    def _approve_new(
        self, actor: Actor, claim: WaitingClaim, decided: Decided, wanted: Otherwise = AS_ASKED
    ) -> Node:
        if self._records.nodes.count_nodes() >= self._nodes_max:
            raise LimitExceeded(f"this hub takes {self._nodes_max} nodes (enrol.nodes_max)")
        token = self._token_of(claim)
        id = NodeId(claim.proposed_id or str(uuid.uuid4()))
        node = node_of(token, id, as_decided(claim, wanted), decided.time_ns)
        event = self._event(actor, "approval.approve", claim, _as_what(node, wanted))
        marks = marks_of(claim.evidence, claim.reasons)
        try:
            return self._records.approvals.approve_new(claim.id, node, decided, event, marks)
        except TokenSpent as error:
            raise _spent(token) from error
        except KeyKnown as error:
            raise Conflict(str(error)) from error

    def _approve_existing(self, actor: Actor, claim: WaitingClaim, decided: Decided) -> None:
        node = self._records.nodes.node(NodeId(claim.looks_like)) if claim.looks_like else None
        if node is None:
            raise Conflict("it looks like no node that is known; approve it as a new one")
        if self._is_live(node):
            raise Conflict(
                f"node {node.name!r} is connected just now, so this is another machine;"
                " approve it as a new one, or deny it"
            )
        token = self._token_of(claim)
        event = self._event(actor, "approval.approve", claim, f"as {node.name} ({node.id})")
        marks = marks_of(claim.evidence, claim.reasons)
        try:
            self._records.approvals.approve_existing(claim.id, node.id, decided, event, marks)
        except TokenSpent as error:
            raise _spent(token) from error

    def _token_of(self, claim: WaitingClaim) -> ClaimToken:
        token = self._records.tokens.token(claim.token)
        if token is None:
            raise Conflict("the claim token it came by is gone; let the machine claim with another")
        return token

    def _unless_expired(self, claim: WaitingClaim | None) -> WaitingClaim | None:
        if claim is None or claim.decision is not Answer.WAITING or self.is_open(claim):
            return claim
        return None

    def _decided(self, actor: Actor, answer: Answer, note: str) -> Decided:
        return Decided(answer=answer, by=actor.name, time_ns=self._clock.now_ns(), note=note)

    def _event(self, actor: Actor, action: str, claim: WaitingClaim, detail: str) -> AuditEvent:
        words = f"{claim.kind} {claim.name}" + (f": {detail}" if detail else "")
        return make_event(self._clock, actor, action, claim.id, detail=words, space=claim.space)


def node_of(token: ClaimToken, id: NodeId, claim: WaitingClaim, now_ns: int) -> Node:
    """The node that a claim by a token becomes."""
    return Node(
        id=id,
        space=token.space,
        name=claim.name,
        rooms=claim.rooms,
        created_ns=now_ns,
        facts=claim.facts,
        labels=token.labels,
        ephemeral_s=token.ephemeral_s,
        address=claim.address,
        dialect=claim.dialect,
    )


def _as_what(node: Node, wanted: Otherwise) -> str:
    """The new node in the audit log, with what an admin changed."""
    named = f" as {node.name}" if wanted.name is not None else ""
    rooms = "" if wanted.rooms is None else f" in {len(wanted.rooms)} rooms of the admin's choice"
    return f"{node.id}{named}{rooms}"


def _who(claim: WaitingClaim) -> str:
    return f"token {claim.token}" if claim.token else f"node {claim.looks_like}"


def _spent(token: ClaimToken) -> Conflict:
    what = "was revoked" if token.revoked_ns else "has no use left"
    return Conflict(f"the claim token it came by {what}; let the machine claim with another")

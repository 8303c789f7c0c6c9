"""Whether a machine with a good token comes in by itself, waits for an admin, or is refused.

The token's own limits come first, then the hub's policy and the space's setting, then the
question whether it is a machine that was here before: nobody takes over a node by itself.
Everything here blocks.

Tokens that the hub made itself, for its own machine or for a fork, are asked nothing more.

Steps: 1 what the token allows  2 what became of it when it asked before  3 weigh its
evidence  4 is it a node of before  5 policy and space  6 let it wait, refuse it, or let it by;
who waits already is decided on by a rule, or goes on waiting.
"""

from collections.abc import Callable

import msgspec

from muster.clock import Clock
from muster.core.enrolment.approvals import Approvals
from muster.core.enrolment.dossier import case_of
from muster.core.enrolment.evidence import Evidences, marks_of, to_keep
from muster.core.enrolment.policy import Case, Decision, Policy, Verdict
from muster.core.nodes.rules import Traits, fitter
from muster.errors import Conflict, Denied, LimitExceeded, MusterError
from muster.model.approval import Answer, Kind, Reason, WaitingClaim
from muster.model.evidence import Evidence
from muster.model.identity import ClaimToken, CredentialState
from muster.model.ids import NodeId, RoomId
from muster.model.inventory import OWN_DIALECT, Approval, Facts, Node, RoomRule, SpaceSettings
from muster.ports.approvals import Mark
from muster.ports.records import ClaimRepeated, Records

RETRY_S = 5.0
_SAME_MACHINE = frozenset(("dmi", "mac", "ssh"))  # a machine id is copied with images
_APPROVE = Decision(verdict=Verdict.APPROVE)


class ClaimWaits(MusterError):
    """Not an error of anybody: an admin has to decide; ask again with the very same key."""

    code = "claim_waiting"
    status = 202

    def __init__(self, claim: WaitingClaim) -> None:
        super().__init__(f"an admin of the hub has to let this machine in: {claim.why}")
        self.claim = claim
        self.retry_after_s = RETRY_S


class ClaimDenied(Denied):
    """An admin or the policy said no."""

    code = "claim_denied"


class TokenLimited(Denied):
    """The token is good and not for this machine: `token_network`, `token_host`."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """Who stands at the gate. `name` and `facts` are tidied already.

    `same_as`: id of the node that this machine was until now, where its wire tells.
    """

    key_sha256: str
    request: str
    name: str
    facts: Facts
    evidence: Evidence
    proposed_id: str
    rooms: tuple[RoomId, ...]
    address: str
    same_as: str = ""
    dialect: str = OWN_DIALECT


class Gate:
    """Decides on machines whose token is proved."""

    def __init__(
        self,
        *,
        records: Records,
        approvals: Approvals,
        clock: Clock,
        evidences: Evidences,
        policy: Callable[[], Policy | None],
        is_live: Callable[[Node], bool],
        asks_for_reimaged: bool = True,
    ) -> None:
        self._records = records
        self._approvals = approvals
        self._clock = clock
        self._evidences = evidences
        self._policy = policy
        self._is_live = is_live
        self._asks_for_reimaged = asks_for_reimaged

    def pass_by(self, token: ClaimToken, asking: Asking) -> tuple[Mark, ...]:
        """By what the machine will be known, when it may come in.

        Errors: TokenLimited, ClaimWaits, ClaimDenied, TooManyWaiting; ClaimRepeated when a
                rule has let in just now who waited for an admin.
        """
        # 1
        check_limits(token, asking)
        # 2
        before = self._approvals.find(token.id, asking.key_sha256)
        if before and before.decision is Answer.DENIED:
            raise _denied(before)
        # 3
        reasons = self._evidences.weigh(asking.evidence, asking.request, self._clock.now_ns())
        marks = marks_of(asking.evidence, reasons)
        if is_of_hub(token):
            return marks
        # 4
        known = self._known_machine(token, marks, asking.same_as)
        claim = _claim_of(token, asking, reasons, known)
        # 5
        decision = self._decide(token, case_of(claim, token.labels, self._records), known)
        # 6
        if before:
            self._decide_again(before, decision)
        match decision.verdict:
            case Verdict.APPROVE:
                return marks
            case Verdict.DENY:
                raise ClaimDenied(f"the hub's policy refuses this machine{_because(decision)}")
            case Verdict.ASK:
                why = decision.reason or f"rule {decision.rule!r} of the policy"
                raise ClaimWaits(self._approvals.ask(msgspec.structs.replace(claim, why=why)))

    def _decide_again(self, before: WaitingClaim, decision: Decision) -> None:
        """Who waits is let in or refused by a rule that was written meanwhile; else waits on."""
        if not decision.rule or decision.verdict is Verdict.ASK:
            raise ClaimWaits(before)
        approves = decision.verdict is Verdict.APPROVE
        answer = Answer.APPROVED if approves else Answer.DENIED
        try:
            self._approvals.decide_by_rule(before, answer, decision.rule)
        except (Conflict, LimitExceeded) as error:
            # It asked twice at once, or its token lets in no more just now.
            raise ClaimWaits(before) from error
        if approves:
            raise ClaimRepeated("a rule of the policy lets this machine in")

    def waits(self, token: ClaimToken, key_sha256: str) -> bool:
        """Whether this machine stands in the queue."""
        before = self._approvals.find(token.id, key_sha256)
        return before is not None and before.decision is Answer.WAITING

    def has_waited(self, token: ClaimToken, key_sha256: str) -> bool:
        """Whether an admin let this machine in, so that it may take its time to come."""
        before = self._records.approvals.find(token.id, key_sha256)
        return before is not None and before.decision is Answer.APPROVED

    def _decide(self, token: ClaimToken, case: Case, known: Node | None) -> Decision:
        """Policy first; what it does not say the space says; a known machine is asked about."""
        policy = self._policy()
        said = policy.decide(case) if policy is not None else None
        match self._settings_of(token).approval:
            case _ if said and said.verdict is Verdict.DENY:
                return said
            case Approval.ALWAYS:
                decision = Decision(verdict=Verdict.ASK, reason="this space asks for each machine")
            case Approval.POLICY if said:
                decision = said
            case _:
                decision = _APPROVE
        by_rule = decision is said and said.rule and case.kind is Kind.REIMAGE
        if known and decision.verdict is Verdict.APPROVE and not by_rule:
            state = "was revoked" if known.revoked_ns else "is away"
            text = f"it looks like {known.name}, which {state}: reinstalled?"
            return Decision(verdict=Verdict.ASK, reason=text)
        return decision

    def _known_machine(
        self, token: ClaimToken, marks: tuple[Mark, ...], same_as: str
    ) -> Node | None:
        """The node that is away and ran on this machine; the one seen last of several.

        Ephemeral nodes are new each time, and so is what two agents on one machine are.
        """
        if not self._asks_for_reimaged or token.ephemeral_s:
            return None
        if same_as:
            return self._records.nodes.node(NodeId(same_as))
        found = [
            node
            for id, kinds in self._records.approvals.like(token.space, marks).items()
            if kinds & _SAME_MACHINE and (node := self._records.nodes.node(NodeId(id)))
        ]
        if any(self._is_live(node) for node in found):
            return None
        away = [node for node in found if self._was_here(node) and not node.ephemeral_s]
        return max(away, key=lambda node: node.last_seen_ns, default=None)

    def _was_here(self, node: Node) -> bool:
        """Whether it ever connected: its certificate is in use, or it was seen."""
        known = self._records.nodes.credentials(node.id)
        return bool(node.last_seen_ns) or any(
            each.state is CredentialState.ACTIVE for each in known
        )

    def _settings_of(self, token: ClaimToken) -> SpaceSettings:
        spaces = self._records.nodes.spaces()
        return next((each.settings for each in spaces if each.id == token.space), SpaceSettings())


def is_of_hub(token: ClaimToken) -> bool:
    """Whether the hub made it: for its own machine, or for a fork that an admin ordered.

    No user can be called so (core/names.py).
    """
    return token.created_by == "hub" or token.created_by.startswith("hub for ")


def open_gate(records: Records, approvals: Approvals, clock: Clock) -> Gate:
    """One without a policy, without keys to check clouds with, and without links to look at."""
    return Gate(
        records=records,
        approvals=approvals,
        clock=clock,
        evidences=Evidences(),
        policy=lambda: None,
        is_live=lambda node: False,
    )


def check_limits(token: ClaimToken, asking: Asking) -> None:
    """What the token says of networks and host names. Errors: TokenLimited."""
    traits = Traits({}, asking.name, asking.address)
    if token.networks and not fitter(RoomRule(networks=token.networks))(traits):
        raise TokenLimited(
            "token_network",
            f"this claim token is not for {asking.address or 'this address'}, but for"
            f" {', '.join(token.networks)}",
        )
    if token.hosts and not fitter(RoomRule(hosts=token.hosts))(traits):
        raise TokenLimited(
            "token_host",
            f"this claim token is not for a host called {asking.name!r}, but for"
            f" {', '.join(token.hosts)}",
        )


def _claim_of(
    token: ClaimToken, asking: Asking, reasons: tuple[Reason, ...], known: Node | None
) -> WaitingClaim:
    return WaitingClaim(
        id="",
        space=token.space,
        kind=Kind.REIMAGE if known else Kind.CLAIM,
        key_sha256=asking.key_sha256,
        request=asking.request,
        name=asking.name,
        token=token.id,
        proposed_id=asking.proposed_id,
        rooms=asking.rooms,
        address=asking.address,
        facts=asking.facts,
        evidence=to_keep(asking.evidence),
        reasons=reasons,
        looks_like=known.id if known else "",
        dialect=asking.dialect,
    )


def _denied(claim: WaitingClaim) -> ClaimDenied:
    note = f": {claim.note}" if claim.note else ""
    return ClaimDenied(f"this machine was refused at the hub{note}")


def _because(decision: Decision) -> str:
    if decision.reason:
        return f": {decision.reason}"
    return f" (rule {decision.rule!r})" if decision.rule else ""

"""The hub's CA over the years: its root replaced step by step, its nodes followed on the way.

Keys are the signer's (ports/signer.py); what each step means is in pki/rollover.py. Here it
is decided when a step may be taken, who is told, and who has not followed yet.

Steps of a roll-over: 1 may the actor  2 is it time  3 the signer does it, on disk when it
returns  4 the listeners show it  5 the audit log has it, done or refused.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

import msgspec

from muster.clock import DAY_NS, SECOND_NS, Clock
from muster.core.access import require
from muster.core.audit import make_event
from muster.errors import Conflict, MusterError
from muster.model.access import Action, Actor
from muster.model.identity import Credential, CredentialState
from muster.model.ids import NodeId
from muster.model.inventory import OWN_DIALECT, Node
from muster.pki import keys, profile
from muster.pki.trust import Phase, Trust, issued_by
from muster.ports.ca import CaRecords
from muster.ports.records import AuditRecords
from muster.ports.signer import Signer

log = logging.getLogger(__name__)

_FLUSH_S = 1.0
_WARN_EVERY = 86_400
_SELF = Actor(name="hub", operator=True)
MAX_NAMED = 1_000  # nodes that a status names


class CaSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[ca] of the hub's configuration."""

    # time over which nodes renew once a new root signs: all at once would be a storm
    renew_within: timedelta = timedelta(minutes=5)


class Step(StrEnum):
    """What can be done to the CA."""

    PREPARE = "prepare"
    ACTIVATE = "activate"
    RETIRE = "retire"
    ABORT = "abort"
    RENEW_ISSUERS = "renew_issuers"


class Behind(msgspec.Struct, frozen=True, kw_only=True):
    """A node that would be lost if the old root went now, and why."""

    id: NodeId
    name: str
    why: str


class RollStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far a roll-over is."""

    phase: Phase
    nodes: int  # that are in by certificate and not revoked
    confirmed: int  # have stored the new root
    renewed: int  # hold a certificate of the new CA, and use it
    behind: tuple[Behind, ...] = ()  # once the new CA signs; the first MAX_NAMED


class Nodes(Protocol):
    """ports.records.NodeRecords, as far as this needs it."""

    def nodes(self) -> list[Node]: ...
    def current_credentials(self) -> Mapping[NodeId, Credential]: ...


class Authorities:
    """Replaces the root, and knows who has followed. `show` makes listeners use what is new."""

    def __init__(
        self,
        *,
        signer: Signer,
        records: CaRecords,
        nodes: Nodes,
        audit: AuditRecords,
        clock: Clock,
        settings: CaSettings,
        show: Callable[[], None] = lambda: None,
    ) -> None:
        self._signer = signer
        self._records = records
        self._nodes = nodes
        self._audit = audit
        self._clock = clock
        self._settings = settings
        self._show = show
        self._turn = asyncio.Lock()
        self._unwritten: dict[NodeId, str] = {}
        self._digest: tuple[str, str] = ("", "")

    @property
    def anchors(self) -> str:
        """The roots that nodes are to trust (PEM)."""
        return self._signer.anchors

    @property
    def sha256(self) -> str:
        """Of the anchors' text: what nodes confirm."""
        anchors = self._signer.anchors
        if self._digest[0] != anchors:
            self._digest = (anchors, hashlib.sha256(anchors.encode()).hexdigest())
        return self._digest[1]

    def renew_within_s(self, certificate: bytes) -> float:
        """Within which time a link with this certificate (DER) is to renew it; 0: as usual."""
        trust = self._signer.trust
        if trust.phase is not Phase.ACTIVATED:
            return 0.0
        if issued_by(certificate, keys.load_chain(trust.agents)[:1]):
            return 0.0
        return max(1.0, self._settings.renew_within.total_seconds())

    def confirm(self, node: NodeId, sha256: str) -> None:
        """A node has stored anchors. Only worth a note while roots are replaced."""
        if self._signer.trust.phase is not Phase.STEADY:
            self._unwritten[node] = sha256

    def trust(self) -> Trust:
        """The public side of the CA."""
        return self._signer.trust

    async def look(self) -> Trust:
        """The same, read anew. Errors: Unavailable."""
        return await asyncio.to_thread(self._signer.look)

    async def status(self, actor: Actor | None) -> RollStatus:
        """How far a roll-over is. Errors: Denied."""
        require(actor, Action.HUB_READ)
        return await asyncio.to_thread(self._status)

    async def take(
        self, actor: Actor | None, step: Step, *, staged: bool = False, force: bool = False
    ) -> RollStatus:
        """Take one step. `staged`: with keys that the operator laid ready in `ca.staged`.

        Errors: Denied; Conflict when it is not the time, a key is kept offline, or nodes would
                be lost and it is not forced; Unavailable.
        """
        # 1
        actor = require(actor, Action.HUB_MANAGE)
        async with self._turn:
            await asyncio.to_thread(self.flush)
            try:
                # 2
                left = await asyncio.to_thread(self._left_behind, step, force=force)
                # 3
                trust = await asyncio.to_thread(self._sign, step, staged=staged)
            except MusterError as error:
                refused = {"outcome": error.code, "detail": str(error)}
                await asyncio.to_thread(self._note, actor, step, **refused)
                raise
            # 4
            await asyncio.to_thread(self._shown)
            # 5
            pin = trust.roots()[-1 if step is Step.PREPARE else 0].key_sha256
            detail = f"forced: {left} nodes are left behind" if left else ""
            await asyncio.to_thread(self._note, actor, step, object=pin, detail=detail)
            log.info("CA changed", extra={"step": step, "phase": trust.phase, "left": left})
            return await asyncio.to_thread(self._status)

    def _left_behind(self, step: Step, *, force: bool) -> int:
        if step is not Step.RETIRE:
            return 0
        behind = self._behind(self._signer.trust)
        if behind and not force:
            named = ", ".join(each.name for each in behind[:10])
            more = f" and {len(behind) - 10} more" if len(behind) > 10 else ""
            who = "1 node still goes" if len(behind) == 1 else f"{len(behind)} nodes still go"
            raise Conflict(
                f"{who} by the old root and would have to claim anew:"
                f" {named}{more}; wait for them, or force it (--force)"
            )
        return len(behind)

    def _sign(self, step: Step, *, staged: bool) -> Trust:
        match step:
            case Step.PREPARE:
                return self._signer.prepare(staged=staged)
            case Step.ACTIVATE:
                return self._signer.activate()
            case Step.RETIRE:
                return self._signer.retire()
            case Step.ABORT:
                return self._signer.abort()
            case Step.RENEW_ISSUERS:
                return self._signer.renew_issuers(staged=staged)

    def _shown(self) -> None:
        """The step is done: listeners that cannot follow at once do so within a minute."""
        try:
            self._show()
        except MusterError as error:
            log.warning("listeners go on with what they had", extra={"error": str(error)})

    def _note(
        self, actor: Actor, step: Step, *, object: str = "", outcome: str = "ok", detail: str = ""
    ) -> None:
        event = make_event(self._clock, actor, f"ca.{step}", object, outcome=outcome, detail=detail)
        self._audit.add(event)

    def _status(self) -> RollStatus:
        self.flush()
        trust = self._signer.trust
        alive = {node.id for node in self._certified()}
        has = {node for node, sha256 in self._records.confirmed().items() if sha256 == self.sha256}
        behind = self._behind(trust)
        renewed = len(alive) - len(behind) if trust.phase is Phase.ACTIVATED else 0
        steady = trust.phase is Phase.STEADY
        return RollStatus(
            phase=trust.phase,
            nodes=len(alive),
            confirmed=0 if steady else len(has & alive),
            renewed=renewed,
            behind=behind[:MAX_NAMED],
        )

    def _behind(self, trust: Trust) -> tuple[Behind, ...]:
        """Who does not use a certificate of the new CA: with it come the new roots, in one step."""
        if trust.phase is not Phase.ACTIVATED:
            return ()
        issuer, now_ns = trust.issuers()[0].subject, self._clock.now_ns()
        current = self._nodes.current_credentials()
        return tuple(
            Behind(id=node.id, name=node.name, why=why)
            for node in self._certified()
            if (why := _why(current.get(node.id), issuer, now_ns))
        )

    def _certified(self) -> list[Node]:
        """Nodes that need a certificate to be in; those of other wires have a key of their own."""
        nodes = self._nodes.nodes()
        return [node for node in nodes if not node.revoked_ns and node.dialect == OWN_DIALECT]

    def flush(self) -> None:
        """Write what nodes confirmed. Blocks. What cannot be written waits for the next time."""
        given, self._unwritten = self._unwritten, {}
        if not given:
            return
        try:
            self._records.confirm(given, self._clock.now_ns())
        except MusterError as error:
            log.warning("confirmations not written", extra={"error": str(error)})
            self._unwritten = given | self._unwritten

    async def run(self) -> None:
        """Write confirmations, and warn once a day of what ends, until cancelled."""
        turn = 0
        while True:
            if turn % _WARN_EVERY == 0:
                await self.care()
            turn += 1
            await asyncio.sleep(_FLUSH_S)
            if self._unwritten:
                await asyncio.to_thread(self.flush)

    async def care(self) -> None:
        """Renew issuing certificates in their last year; say what people have to do."""
        try:
            trust = await self.look()
            if trust.root_key and _is_due(trust, self._clock.now_ns()):
                await self.take(_SELF, Step.RENEW_ISSUERS)
        except MusterError as error:
            log.warning("the CA was not cared for", extra={"error": str(error)})
        for text in warnings(self._signer.trust, self._clock.now_ns()):
            log.warning("the CA needs care", extra={"what": text})


def _is_due(trust: Trust, now_ns: int) -> bool:
    """Whether an issuer is in its last year, and the root lasts longer."""
    end_ns = trust.roots()[0].not_after_ns
    ends = [view.not_after_ns for view in trust.issuers()]
    return any(each < min(end_ns, now_ns + profile.RENEW_ISSUER_S * SECOND_NS) for each in ends)


def _why(credential: Credential | None, issuer: str, now_ns: int) -> str:
    """Why a node would be lost; empty when it would not."""
    if credential is None:
        return "it has no certificate"
    if credential.issuer != issuer:
        ended = credential.not_after_ns <= now_ns
        return f"its certificate is of the old CA{' and has ended' if ended else ''}"
    if credential.state is not CredentialState.ACTIVE:
        return "its certificate of the new CA was not used yet"
    return ""


def warnings(trust: Trust, now_ns: int) -> list[str]:
    """What ends and who has to act, for people; nothing when the hub cares for it itself."""
    found = []
    for view in trust.issuers():
        left_ns = view.not_after_ns - now_ns
        due = [limit for limit in profile.WARN_ISSUER_S if left_ns < limit * SECOND_NS]
        if due and not trust.root_key:
            found.append(
                f"{view.subject} ends in {max(0, left_ns // DAY_NS)} days and the root's key is"
                " offline: muster ca renew --root-key FILE"
            )
    root = trust.roots()[0]
    left_ns = root.not_after_ns - now_ns
    if left_ns < profile.WARN_ISSUER_S[0] * SECOND_NS:
        days = max(0, left_ns // DAY_NS)
        found.append(f"{root.subject} ends in {days} days: muster ca roll prepare")
    return found

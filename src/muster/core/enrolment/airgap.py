"""Machines whose request comes by hand: read, judged by an admin, answered once.

The request is signed with the machine's new key and names when it ends; the answer names the
request and is signed by the issuer for agents, so neither can be changed or used for another.
A request that was answered may be answered again until its certificate is used: answers get
lost on their way as well.

Steps of signing: 1 read, and check signatures and end  2 the admin may, there  3 what became
of it before  4 certify  5 record it all in one transaction  6 sign the answer.
"""

import asyncio
import uuid
from collections.abc import Callable
from datetime import timedelta

import msgspec

from muster.clock import SECOND_NS, Clock, span_ns
from muster.core.access import require, require_object
from muster.core.audit import make_event
from muster.core.changes import Changes, NodeChange
from muster.core.enrolment.admission import credential_of
from muster.core.enrolment.evidence import Evidences, marks_of, to_keep
from muster.core.enrolment.gaprequest import Read, is_renewal, read_request
from muster.core.enrolment.tokens import Addresses
from muster.core.names import check_name, tidy_facts
from muster.errors import Conflict, InputError, LimitExceeded, NotFound
from muster.model.access import Action, Actor
from muster.model.address import join_address, split_address
from muster.model.approval import Answer, Kind, Reason, WaitingClaim
from muster.model.identity import CredentialState, Identity
from muster.model.ids import NodeId, RoomId, SpaceId
from muster.model.inventory import Node
from muster.pki import profile
from muster.pki.authority import Issued
from muster.ports.records import Records
from muster.ports.signer import Authority
from muster.wire import armour
from muster.wire.airgap import GapAnswer, SignedGapAnswer, format_text

_ACT = Action.APPROVAL_DECIDE
MAX_ROOMS = 100
MIN_LIFETIME_S = 3_600
MIN_ANSWER_S = 60


class AirGapSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[air_gap] of the hub's configuration."""

    answer: timedelta = timedelta(days=7)  # how long an answer may be on its way


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What an admin says beside the request. Empty and 0: as usual."""

    space: SpaceId = SpaceId("")
    rooms: tuple[str, ...] = ()  # by id or name
    name: str = ""
    lifetime_s: int = 0  # of the certificate, once the answer has come
    answer_s: int = 0  # how long the answer may be on its way
    agents: str = ""  # "host:port" by which the machine is to reach the hub


class Inspected(msgspec.Struct, frozen=True, kw_only=True):
    """What a request says, and what became of it. `node`: that it renews, or became."""

    read: Read
    reasons: tuple[Reason, ...]
    node: Node | None
    signed_ns: int = 0  # 0: it was not signed yet
    replaces: str = ""  # to renew: the state of the certificate that is replaced


class SignedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer, to be carried to the machine."""

    document: bytes
    node: Node
    not_after_ns: int
    expires_ns: int
    again: bool  # it was signed before

    @property
    def text(self) -> str:
        """As armour."""
        return armour.format_armour(armour.Kind.RESPONSE, self.document)


class AirGap:
    """Answers requests that come by hand."""

    def __init__(
        self,
        *,
        records: Records,
        authority: Authority,
        clock: Clock,
        settings: AirGapSettings,
        evidences: Evidences,
        lifetime_s: Callable[[Node], int],
        addresses: Callable[[], Addresses],
        changes: Changes | None = None,
        nodes_max: int = 10_000,
    ) -> None:
        self._records = records
        self._authority = authority
        self._clock = clock
        self._settings = settings
        self._evidences = evidences
        self._lifetime_s = lifetime_s
        self._addresses = addresses
        self._changes = changes or Changes()
        self._nodes_max = nodes_max

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the signing root's key: its pin."""
        return self._authority.pins[0]

    async def inspect(self, actor: Actor | None, text: str) -> Inspected:
        """What a request says; nothing is changed. Errors: as `sign`."""
        actor = require(actor, _ACT)
        return await asyncio.to_thread(self._inspect, actor, text)

    async def sign(self, actor: Actor | None, text: str, wanted: Wanted) -> SignedAnswer:
        """Let the machine in, or renew the node's certificate, and give the answer.

        Errors: BadArmour, OtherArmour; BadGapRequest, RequestExpired; NotFound, Denied;
                InputError for what is wanted; Conflict when the node is revoked, or its key
                is in use already; LimitExceeded.
        """
        actor = require(actor, _ACT)
        answer = await asyncio.to_thread(self._sign, actor, text, wanted)
        change = NodeChange.CREDENTIAL if answer.again else NodeChange.CLAIMED
        self._changes.tell(answer.node.id, change)
        return answer

    def _inspect(self, actor: Actor, text: str) -> Inspected:
        read = self._read(text)
        node = self._renewed(actor, read) if is_renewal(read) else None
        before = self._before(read)
        if before is not None and node is None:
            require_object(actor, _ACT, before.space, "request")
            node = self._records.nodes.node(before.node)
        return Inspected(
            read=read,
            reasons=self._weigh(read),
            node=node,
            signed_ns=before.decided_ns if before else 0,
            replaces=self._state_of(read),
        )

    def _state_of(self, read: Read) -> str:
        """A certificate that was replaced before tells of a copy, or of a stolen key."""
        if not is_renewal(read):
            return ""
        known = self._records.nodes.credential(read.old_sha256)
        return known.state.value if known else "unknown"

    def _sign(self, actor: Actor, text: str, wanted: Wanted) -> SignedAnswer:
        # 1
        read = self._read(text)
        answer_s = wanted.answer_s or round(self._settings.answer.total_seconds())
        # 3
        before = self._before(read)
        if before is not None:
            node = self._answered(actor, before)
        elif is_renewal(read):
            node = self._renewed(actor, read)
        else:
            node = self._new(actor, read, wanted)
        if node.revoked_ns:
            raise Conflict(f"node {node.name!r} is revoked; the machine has to join as a new one")
        # 4
        lifetime_s = _lifetime(wanted.lifetime_s or self._lifetime_s(node), answer_s)
        agents = _agents(wanted.agents) or self._addresses().agents()
        issued = self._issue(read, node, lifetime_s)
        # 5
        again = before is not None or is_renewal(read)
        node = self._record(actor, read, node, issued, is_known=before is not None)
        # 6
        expires_ns = self._clock.now_ns() + answer_s * SECOND_NS
        return SignedAnswer(
            document=self._document(read, node, issued, agents, expires_ns),
            node=node,
            not_after_ns=issued.view.not_after_ns,
            expires_ns=expires_ns,
            again=again,
        )

    def _read(self, text: str) -> Read:
        return read_request(text, self._authority, self._clock.now_ns())

    def _before(self, read: Read) -> WaitingClaim | None:
        return self._records.approvals.find_kind(Kind.AIR_GAP, read.key_sha256)

    def _answered(self, actor: Actor, before: WaitingClaim) -> Node:
        """The node of a request that was signed before and whose certificate nobody used."""
        require_object(actor, _ACT, before.space, "request")
        node = self._records.nodes.node(before.node)
        if node is None:
            raise Conflict(f"this request became node {before.name!r}, which is removed")
        known = self._records.nodes.credentials(node.id)
        own = {each.state for each in known if each.key_sha256 == before.key_sha256}
        if CredentialState.NEXT not in own:
            raise AlreadyUsed(
                f"this request was signed before, and node {node.name!r} has used its"
                " certificate; make a new request on the machine"
            )
        return node

    def _renewed(self, actor: Actor, read: Read) -> Node:
        """The node that a request is to renew; its old key was proved."""
        node = self._records.nodes.node(NodeId(read.request.node))
        if node is None or read.identity is None or node.space != read.identity.space:
            raise NotFound("the node of this request is not known here; it was removed")
        require_object(actor, _ACT, node.space, "node")
        return node

    def _new(self, actor: Actor, read: Read, wanted: Wanted) -> Node:
        # 2
        require_object(actor, _ACT, wanted.space, "space")
        if self._records.nodes.count_nodes() >= self._nodes_max:
            raise LimitExceeded(f"this hub takes {self._nodes_max} nodes (enrol.nodes_max)")
        facts = tidy_facts(read.request.facts)
        return Node(
            id=NodeId(str(uuid.uuid4())),
            space=wanted.space,
            name=check_name(wanted.name or facts.hostname or "node", "name"),
            rooms=self._rooms(wanted),
            created_ns=self._clock.now_ns(),
            facts=facts,
        )

    def _rooms(self, wanted: Wanted) -> tuple[RoomId, ...]:
        if len(wanted.rooms) > MAX_ROOMS:
            raise InputError(f"up to {MAX_ROOMS} rooms, not {len(wanted.rooms)}")
        known = self._records.nodes.rooms(wanted.space)
        found = []
        for text in wanted.rooms:
            room = next((each for each in known if text in (each.id, each.name)), None)
            if room is None:
                raise NotFound(f"no such room: {text[:100]!r}")
            found.append(room.id)
        return tuple(dict.fromkeys(found))

    def _issue(self, read: Read, node: Node, lifetime_s: int) -> Issued:
        """Name and lifetime are the hub's, nothing of the request but its key."""
        identity = Identity(self._authority.hub, node.space, node.id)
        return self._authority.issue_agent(
            read.request.csr, identity, now_ns=self._clock.now_ns(), lifetime_s=lifetime_s
        )

    def _record(
        self, actor: Actor, read: Read, node: Node, issued: Issued, *, is_known: bool
    ) -> Node:
        reasons = self._weigh(read)
        claim = self._claim(actor, read, node, reasons)
        credential = credential_of(node.id, issued.view)
        verb = "sign_again" if is_known else "renew" if is_renewal(read) else "sign"
        detail = f"{node.name}: request {read.sha256[:16]}, certificate {credential.serial}"
        event = make_event(
            self._clock, actor, f"air_gap.{verb}", node.id, detail=detail, space=node.space
        )
        if is_known:
            self._records.nodes.add_credential(credential, event)
        elif is_renewal(read):
            self._records.air_gap.sign_renewal(claim, credential, event)
        else:
            marks = marks_of(claim.evidence, reasons)
            return self._records.air_gap.sign_new(claim, node, credential, event, marks)
        return node

    def _claim(
        self, actor: Actor, read: Read, node: Node, reasons: tuple[Reason, ...]
    ) -> WaitingClaim:
        """As it stands in the list of those who were let in."""
        now_ns = self._clock.now_ns()
        return WaitingClaim(
            id=str(uuid.uuid4()),
            space=node.space,
            kind=Kind.AIR_GAP,
            key_sha256=read.key_sha256,
            request=read.request.csr,
            name=node.name,
            rooms=node.rooms,
            facts=tidy_facts(read.request.facts),
            evidence=to_keep(read.request.evidence),
            reasons=reasons,
            looks_like=read.request.node,
            why="its request came by hand",
            created_ns=now_ns,
            expires_ns=now_ns + span_ns(self._settings.answer),
            decision=Answer.APPROVED,
            decided_ns=now_ns,
            decided_by=actor.name,
            node=node.id,
        )

    def _document(
        self, read: Read, node: Node, issued: Issued, agents: str, expires_ns: int
    ) -> bytes:
        answer = GapAnswer(
            request_sha256=read.sha256,
            node=node.id,
            space=node.space,
            name=node.name,
            chain=issued.chain,
            anchors=self._authority.anchors,
            agents=agents,
            issued_ns=self._clock.now_ns(),
            expires_ns=expires_ns,
            renamed_from=node.renamed_from,
        )
        text = format_text(answer)
        proof = self._authority.sign_answer(text)
        return msgspec.json.encode(SignedGapAnswer(signed=text, proof=proof))

    def _weigh(self, read: Read) -> tuple[Reason, ...]:
        request = read.request
        return self._evidences.weigh(request.evidence, request.csr, self._clock.now_ns())


class AlreadyUsed(Conflict):
    """The request was answered, and the machine is in by it."""

    code = "request_used"


def _lifetime(lifetime_s: int, answer_s: int) -> int:
    """Seconds from now: the way takes some of a certificate's life, so that is added."""
    most_s = profile.AGENT.most_s
    if answer_s < MIN_ANSWER_S:
        raise InputError(f"an answer may be on its way for {MIN_ANSWER_S} s at least")
    if lifetime_s < MIN_LIFETIME_S:
        raise InputError(f"a certificate lives {MIN_LIFETIME_S} s at least, not {lifetime_s}")
    if answer_s + lifetime_s > most_s:
        raise InputError(
            f"the answer's way and the certificate's life are {most_s // 86_400} days together"
            f" at most, not {(answer_s + lifetime_s) // 86_400}"
        )
    return answer_s + lifetime_s


def _agents(text: str) -> str:
    """An address in its one form. Errors: InputError."""
    return join_address(*split_address(text)) if text else ""

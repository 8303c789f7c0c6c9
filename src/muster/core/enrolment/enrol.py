"""How nodes come in and stay in, as faces see it; what is needed for it is put together here.

Blocking work (disk, signatures) runs in `_in_thread`.
Elsewhere: claims (core/enrolment/claims.py), renewal and first use (core/enrolment/admission.py),
making tokens (core/enrolment/tokens.py), nodes once they are in (core/nodes/inventory.py).
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from muster.clock import Clock
from muster.core.changes import Changes, NodeChange
from muster.core.enrolment.admission import Admission
from muster.core.enrolment.approvals import Approvals, ApprovalSettings
from muster.core.enrolment.claims import ClaimAnswer, ClaimRequest, Claims, knock_of
from muster.core.enrolment.gate import Gate, open_gate
from muster.core.enrolment.recentchecks import RecentChecks
from muster.core.enrolment.tokenproof import Sleep, TokenProofs, TokenRefused
from muster.errors import LimitExceeded
from muster.model.identity import Credential, Identity
from muster.model.inventory import Node
from muster.ports.records import Records
from muster.ports.signer import Authority
from muster.wire.messages import Renewed

T = TypeVar("T")


class EnrolSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[enrol] of the hub's configuration."""

    # how long an agent's certificate lives; renewed at half of it
    agent_lifetime: timedelta = timedelta(hours=24)
    nodes_max: int = 10_000  # nodes that the whole hub may have
    # wrong proofs per token and per network; honest claims never wait
    bad_proofs_per_minute: int = 20
    renewals_per_minute: int = 12  # renewals per node; each is a line in the audit log
    policy: Path | None = None  # rules for claims (TOML); read again when it changes
    # machines that look like a node that is away: ask an admin, or let them in as new ones
    reimaged: Literal["ask", "new"] = "ask"
    insecure: bool = False  # take claims of agents that say they did not check the hub (-insecure)


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
        gate: Gate | None = None,
        approvals: Approvals | None = None,
        lifetime_of: Callable[[Node, int], int] = lambda node, default: default,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Without a gate every good token lets in; `lifetime_of` is what space and rooms say.

        `proofs` is for all other wires by which machines claim.
        """
        self._authority = authority
        self._changes = changes or Changes()
        self._default_s = round(settings.agent_lifetime.total_seconds())
        self._lifetime_of = lifetime_of
        approvals = approvals or Approvals(
            records=records, clock=clock, settings=ApprovalSettings(), changes=changes
        )
        self._fetch = approvals.settings.fetch
        self.takes_unchecked = settings.insecure
        gate = gate or open_gate(records, approvals, clock)
        self.proofs = TokenProofs(
            records=records,
            clock=clock,
            gate=gate,
            nodes_max=settings.nodes_max,
            bad_proofs_per_minute=settings.bad_proofs_per_minute,
            sleep=sleep,
        )
        self._claims = Claims(
            records=records,
            authority=authority,
            clock=clock,
            gate=gate,
            proofs=self.proofs,
            lifetime_s=self.lifetime_s,
            fetch=approvals.settings.fetch,
        )
        self._admission = Admission(
            records=records.nodes,
            audit=records.audit,
            authority=authority,
            clock=clock,
            lifetime_s=self.lifetime_s,
            renewals_per_minute=settings.renewals_per_minute,
        )
        self._recent = RecentChecks(check=self.check, clock=clock, changes=self._changes)

    @property
    def fetch(self) -> timedelta:
        """How long a machine that an admin has let in may take to come."""
        return self._fetch

    @property
    def authority(self) -> Authority:
        """The CA that certifies nodes."""
        return self._authority

    def lifetime_s(self, node: Node) -> int:
        """How long a certificate lives that is made for a node now."""
        return self._lifetime_of(node, self._default_s)

    async def claim(self, request: ClaimRequest) -> ClaimAnswer:
        """Let a machine in, or say the same again when it asks again with the same key.

        Errors: TokenRefused, TokenLimited; ClaimWaits and ClaimDenied; AlreadyClaimed;
                InputError (`bad_csr`, `bad_input`); LimitExceeded after many wrong proofs,
                with too many nodes or too many in an hour.
        """
        await self.proofs.turn_away(knock_of(request))
        answer, change = await _in_thread(lambda: self._claims.answer(request))
        self._changes.tell(answer.node.id, change)
        return answer

    def guess_at_hand(self, request: ClaimRequest) -> TokenRefused | LimitExceeded | None:
        """What `claim` would raise, of one of many guesses; None: ask there. It never blocks."""
        return self.proofs.guess_at_hand(knock_of(request))

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
        # Ten thousand that come back need no turn of a thread each.
        if known := self._admission.at_hand(identity, certificate):
            return known
        credential, is_new = await _in_thread(
            lambda: self._admission.admit(identity, certificate, address)
        )
        if is_new:
            self._changes.tell(identity.node, NodeChange.CREDENTIAL)
        return credential

    async def check(self, identity: Identity, certificate: bytes) -> None:
        """Whether a link with this certificate would be let in. Errors: CredentialRefused."""
        await _in_thread(lambda: self._admission.check(identity, certificate))

    async def check_again(self, identity: Identity, certificate: bytes) -> None:
        """As `check`, for who asks with each request. Errors: CredentialRefused."""
        await self._recent.check(identity, certificate)

    def is_checked(self, identity: Identity, certificate: bytes) -> bool:
        """Whether `check_again` would let it by without a look."""
        return self._recent.is_good(identity, certificate)


async def _in_thread(work: Callable[[], T]) -> T:
    """Where all that blocks here is done."""
    return await asyncio.to_thread(work)

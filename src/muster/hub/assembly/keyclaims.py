"""How machines come in that keep a key of their own: the hub's objects for it, built by hand."""

from collections.abc import Callable

from muster.clock import Clock
from muster.core.changes import Changes
from muster.core.enrolment.adoption import Adoption
from muster.core.enrolment.enrol import Enrolment
from muster.core.enrolment.gate import Gate
from muster.core.enrolment.keyclaims import KeyClaims
from muster.core.enrolment.keypasswords import Passwords
from muster.core.nodes.links import Links
from muster.model.inventory import Node
from muster.ports.records import Records
from muster.ports.signer import Authority


class KeyClaimParts:
    """Claims by key, what proves them, and what makes such nodes ours."""

    def __init__(
        self,
        *,
        records: Records,
        authority: Authority,
        clock: Clock,
        gate: Gate,
        enrolment: Enrolment,
        links: Callable[[], Links],
        changes: Changes,
    ) -> None:
        def is_live(node: Node) -> bool:
            return links().session_of(node.id) is not None

        self.claims = KeyClaims(
            records=records,
            clock=clock,
            hub=authority.hub,
            gate=gate,
            proofs=enrolment.proofs,
            is_live=is_live,
            fetch=enrolment.fetch,
            changes=changes,
            takes_unchecked=enrolment.takes_unchecked,
        )
        self.passwords = Passwords(claims=self.claims, clock=clock)
        self.adoption = Adoption(
            records=records,
            authority=authority,
            clock=clock,
            claims=self.claims,
            lifetime_s=enrolment.lifetime_s,
            changes=changes,
        )

"""Nodes behind a node: installations that an agent speaks for, and which nodes they are.

A child has a node of its own, in the rooms of the one that speaks for it. One that was removed
comes back only when that one was claimed anew since then. What writes runs in a thread.
"""

import asyncio
import uuid

from muster.clock import Clock
from muster.core.audit import make_event
from muster.core.changes import Changes, NodeChange
from muster.core.enrolment.tokenproof import TokenProofs
from muster.errors import Denied, LimitExceeded, NotFound
from muster.model.access import Actor, AuditEvent
from muster.model.ids import NodeId
from muster.model.inventory import Facts, Node
from muster.model.keyclaim import KeyClaim, Member
from muster.ports.records import ClaimRepeated, Records

MAX_MEMBERS = 1_000  # that one node speaks for
MAX_HOPS = 32


class MemberGone(Denied):
    """The node behind the agent was removed or revoked: `node_removed`, `node_revoked`."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Members:
    """Which node is which installation."""

    def __init__(
        self, *, records: Records, clock: Clock, proofs: TokenProofs, changes: Changes
    ) -> None:
        self._records = records
        self._clock = clock
        self._proofs = proofs
        self._changes = changes

    def of(self, node: NodeId) -> Member | None:
        """What a node is to its dialect; None for nodes of our own wire."""
        return self._records.key_claims.member_of(node)

    def behind(self, node: NodeId) -> list[Member]:
        """Those it speaks for; their nodes may be gone."""
        return self._records.key_claims.members_via(node)

    async def find_or_add(
        self, claim: KeyClaim, speaker: Node, machine: str, name: str, hops: int
    ) -> Node:
        """The node of an installation. Errors: MemberGone, LimitExceeded."""
        for _ in range(2):
            try:
                node, change = await asyncio.to_thread(
                    self._find_or_add, claim, speaker, machine, name, min(max(hops, 0), MAX_HOPS)
                )
            except ClaimRepeated:  # two spoke for it at once
                continue
            if change is not None:
                self._changes.tell(node.id, change)
            return node
        raise LimitExceeded("several agents speak for one node at once", retry_after_s=5)

    def _find_or_add(
        self, claim: KeyClaim, speaker: Node, machine: str, name: str, hops: int
    ) -> tuple[Node, NodeChange | None]:
        known = self._records.key_claims.member(claim.dialect, machine, claim.space)
        node = self._records.nodes.node(known.node) if known else None
        if known and node is not None:
            return self._known(known, node, speaker, hops)
        if known and self._records.key_claims.removed_ns(known.node) >= claim.claimed_ns:
            raise MemberGone("node_removed", "this node was removed")
        self._proofs.require_room()
        if len(self.behind(speaker.id)) >= MAX_MEMBERS:
            raise LimitExceeded(f"a node speaks for up to {MAX_MEMBERS} others")
        id = NodeId(str(uuid.uuid4()))
        node = Node(
            id=id,
            space=speaker.space,
            name=name,
            rooms=speaker.rooms,
            created_ns=self._clock.now_ns(),
            facts=Facts(hostname=name),
            labels=speaker.labels,
            ephemeral_s=speaker.ephemeral_s,
            dialect=claim.dialect,
        )
        member = Member(
            dialect=claim.dialect,
            machine=machine,
            space=speaker.space,
            node=id,
            via=speaker.id,
            hops=hops,
        )
        event = self._event(speaker, "node.child", node)
        return self._records.key_claims.add_member(member, node, event), NodeChange.CLAIMED

    def _known(
        self, member: Member, node: Node, speaker: Node, hops: int
    ) -> tuple[Node, NodeChange | None]:
        """One with a claim of its own speaks for itself, whoever else does too."""
        if node.revoked_ns:
            raise MemberGone("node_revoked", "this node was revoked")
        if member.via in ("", speaker.id):
            return node, None
        moved = Member(
            dialect=member.dialect,
            machine=member.machine,
            space=member.space,
            node=member.node,
            via=speaker.id,
            hops=hops,
        )
        try:
            self._records.key_claims.move_member(
                moved, self._event(speaker, "node.child_moved", node)
            )
        except NotFound as error:
            raise MemberGone("node_removed", "this node was removed") from error
        return node, NodeChange.EDITED

    def _event(self, speaker: Node, action: str, node: Node) -> AuditEvent:
        who = Actor(name=f"node {speaker.name}", address=speaker.address)
        return make_event(self._clock, who, action, node.id, detail=node.name, space=speaker.space)

"""What is known of one that asks for entry, put together: for policies, and for who decides."""

import msgspec

from muster.core.enrolment.evidence import marks_of, names_of, score_of
from muster.core.enrolment.policy import Case
from muster.model.approval import Reason, WaitingClaim
from muster.model.ids import NodeId
from muster.ports.records import Records

_WORDS = {
    "machine_id": "machine id",
    "dmi": "hardware id",
    "mac": "network card",
    "ssh": "SSH host key",
}
_POINTS = 10  # for each kind of mark in common


def with_likeness(claim: WaitingClaim, records: Records) -> WaitingClaim:
    """The claim, with what its machine has in common with the node it looks like. Blocks."""
    if not claim.looks_like:
        return claim
    id, marks = NodeId(claim.looks_like), marks_of(claim.evidence, claim.reasons)
    kinds = records.approvals.like(claim.space, marks).get(id, frozenset())
    node = records.nodes.node(id)
    if node is None or not kinds:
        return claim
    words = ", ".join(word for kind, word in _WORDS.items() if kind in kinds)
    reason = Reason(
        name="known_machine",
        text=f"has the {words} of {node.name}",
        points=_POINTS * len(kinds),
        verified="ssh" in kinds,
    )
    return msgspec.structs.replace(claim, reasons=(reason, *claim.reasons))


def case_of(claim: WaitingClaim, labels: dict[str, str], records: Records) -> Case:
    """What the rules of a policy look at. Blocks."""
    rooms = {room.id: room.name for room in records.nodes.rooms(claim.space)}
    spaces = {space.id: space.name for space in records.nodes.spaces()}
    return Case(
        host=claim.name,
        address=claim.address,
        labels=labels,
        rooms=tuple(rooms[room] for room in claim.rooms if room in rooms),
        token=claim.token,
        space=spaces.get(claim.space, ""),
        kind=claim.kind,
        evidence=tuple(sorted(names_of(claim.reasons))),
        score=score_of(claim.reasons),
    )

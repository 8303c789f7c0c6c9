"""What waits for an admin: a claim, or another kind of entry, that is not decided by itself."""

from enum import StrEnum

import msgspec

from muster.model.evidence import Evidence
from muster.model.ids import NodeId, RoomId, SpaceId, TokenId
from muster.model.inventory import OWN_DIALECT, Facts


class Kind(StrEnum):
    """What is asked for."""

    CLAIM = "claim"  # a machine wants to be a node
    REIMAGE = "reimage"  # the same, and it looks like a node that is away
    RECOVERY = "recovery"  # a node wants back in, whose certificate has ended
    AIR_GAP = "air_gap"  # a request that came by hand


class Answer(StrEnum):
    """What was decided."""

    WAITING = ""
    APPROVED = "approved"
    DENIED = "denied"


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of evidence: what it is, in words, and what it adds to the score."""

    name: str  # as policies know it
    text: str
    points: int = 0
    verified: bool = False


class WaitingClaim(msgspec.Struct, frozen=True, kw_only=True):
    """One of them, open or decided. Times in ns UTC, 0 for never."""

    id: str
    space: SpaceId
    kind: Kind
    key_sha256: str  # of the key that is to be certified
    request: str  # PKCS #10, PEM; of other dialects the public key
    name: str  # that it wants to bear
    token: TokenId = TokenId("")  # by which it came; empty for other ways
    proposed_id: str = ""
    rooms: tuple[RoomId, ...] = ()  # of its token's
    address: str = ""
    network: str = ""
    facts: Facts = Facts()
    evidence: Evidence = Evidence()
    reasons: tuple[Reason, ...] = ()
    looks_like: str = ""  # id of the node it seems to be, or says it is
    why: str = ""  # it waits
    created_ns: int = 0
    expires_ns: int = 0
    decision: Answer = Answer.WAITING
    decided_ns: int = 0
    decided_by: str = ""
    note: str = ""  # of who decided
    node: NodeId = NodeId("")  # that it became
    dialect: str = OWN_DIALECT  # of the wire it came by

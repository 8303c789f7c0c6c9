"""Who holds a node's identity: one process on one machine, or, when a folder was copied, several.

Source: docs/guide/recovery-and-clones.md
"""

import hashlib
from enum import StrEnum
from typing import Annotated

import msgspec

from muster.model.evidence import Evidence
from muster.model.ids import NodeId, SpaceId, TokenId

_Short = Annotated[str, msgspec.Meta(max_length=64)]
_Natural = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
_Addresses = Annotated[
    tuple[Annotated[str, msgspec.Meta(max_length=64)], ...], msgspec.Meta(max_length=16)
]


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """One run of an agent on a state folder, and what it says of the machine it runs on."""

    instance: _Short = ""  # random, new at each start; empty: an agent that does not say
    counter: _Natural = 0  # starts of an agent on this folder, this one included
    started_ns: _Natural = 0  # when it started, by its own clock
    addresses: _Addresses = ()  # of the machine's network cards
    evidence: Evidence = Evidence()
    container: _Short = ""  # hashed for one hub; another one for each container that is made


def differences(one: Holder, other: Holder) -> tuple[str, ...]:
    """By which marks two holders' machines differ, in words; only marks that both give count."""
    ours, theirs = _marks(one), _marks(other)
    return tuple(
        word for word, marks in ours.items() if marks and theirs[word] and not marks & theirs[word]
    )


def _marks(holder: Holder) -> dict[str, frozenset[str]]:
    """In words. Of network cards one in common is enough: others come and go."""
    evidence = holder.evidence
    return {
        "machine id": frozenset((evidence.machine_id,)) - {""},
        "hardware id": frozenset((evidence.dmi,)) - {""},
        "network cards": frozenset(evidence.macs),
    }


class CloneKind(StrEnum):
    """How a second holder showed."""

    LIVING = "living"  # it connected while the other answered
    TURNS = "turns"  # its count of starts goes back, on another machine
    RETIRED = "retired"  # with a certificate that the other has replaced
    WRITERS = "writers"  # both write by its certificate, from two addresses in turns


class CloneState(StrEnum):
    """What became of it."""

    OPEN = "open"
    FORKED = "forked"  # every other holder is a node of its own
    DISMISSED = "dismissed"


class Decision(StrEnum):
    """What an administrator said of one holder."""

    NONE = ""
    FORK = "fork"  # it is to become a node of its own
    FORKED = "forked"  # it has


class CloneHolder(msgspec.Struct, frozen=True, kw_only=True):
    """A holder as the hub met it. Times in ns UTC."""

    holder: Holder = Holder()
    hostname: str = ""
    address: str = ""  # it connects from
    serial: str = ""  # of the certificate it showed
    first_ns: int = 0
    seen_ns: int = 0
    decision: Decision = Decision.NONE
    token: TokenId = TokenId("")  # that it was told to claim with
    became: str = ""  # id of its own node
    can_fork: bool = True  # its agent can be told to become a node of its own


def holder_at(identity: str, address: str, now_ns: int) -> CloneHolder:
    """Who shows no mark of the machine it runs on and no count of its starts.

    Two are told apart by where they come from. The count is the time: it never goes back, so
    nobody seems restored.
    """
    instance = digest_of(identity, address)
    holder = Holder(instance=instance, counter=now_ns, started_ns=now_ns)
    return CloneHolder(
        holder=holder, address=address, first_ns=now_ns, seen_ns=now_ns, can_fork=False
    )


def digest_of(*parts: str) -> str:
    """An instance for who names none."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


class Clone(msgspec.Struct, frozen=True, kw_only=True):
    """Several holders of one node's identity. The first is the one that held it before."""

    id: str
    node: NodeId
    space: SpaceId
    kind: CloneKind
    state: CloneState
    created_ns: int
    changed_ns: int
    holders: tuple[CloneHolder, ...]
    decided_by: str = ""

    def find(self, instance: str) -> CloneHolder | None:
        """The holder with an instance."""
        return next((each for each in self.holders if each.holder.instance == instance), None)

    @property
    def undecided(self) -> tuple[CloneHolder, ...]:
        return tuple(each for each in self.holders if each.decision is Decision.NONE)

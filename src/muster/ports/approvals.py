"""What the hub remembers of who waits to be let in, and by what machines are known again.

Calls, errors and events are as in ports/records.py.
"""

from typing import NamedTuple, Protocol

import msgspec

from muster.errors import Conflict, LimitExceeded
from muster.model.access import AuditEvent
from muster.model.approval import Answer, Kind, WaitingClaim
from muster.model.evidence import Evidence
from muster.model.ids import NodeId, SpaceId, TokenId
from muster.model.inventory import Node


class Mark(NamedTuple):
    """One identifier of a machine: kind is machine_id, dmi, mac or ssh; value a SHA-256."""

    kind: str
    value: str


def marks_said(evidence: Evidence) -> tuple[Mark, ...]:
    """By what a machine says that it is known again."""
    said = [("machine_id", evidence.machine_id), ("dmi", evidence.dmi)]
    said += [("mac", each) for each in evidence.macs]
    return tuple(Mark(kind, value) for kind, value in said if value)


class TooManyWaiting(LimitExceeded):
    """The queue of a space or of a network is full."""

    code = "too_many_waiting"


class AlreadyDecided(Conflict):
    """Somebody decided before, or it has expired."""

    code = "already_decided"


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """What an admin said."""

    answer: Answer
    by: str
    time_ns: int
    note: str = ""


class Queue(NamedTuple):
    """How many wait, and when the newest came (ns UTC): both alike, the queue is the same."""

    waiting: int
    newest_ns: int


class ApprovalRecords(Protocol):
    """Those who wait and what became of them."""

    def waiting(
        self, *, space: SpaceId | None = None, open_only: bool = False
    ) -> list[WaitingClaim]:
        """The newest thousand, newest first. Open ones may have expired by now."""
        ...

    def count(self, now_ns: int) -> dict[SpaceId, Queue]:
        """How many wait in each space; spaces where nobody does are left out."""
        ...

    def claim(self, id: str) -> WaitingClaim | None: ...
    def find(self, token: TokenId, key_sha256: str) -> WaitingClaim | None:
        """Of the kinds `claim` and `reimage`."""
        ...

    def find_kind(self, kind: Kind, key_sha256: str) -> WaitingClaim | None:
        """The newest of one kind, whatever became of it."""
        ...

    def add(
        self, claim: WaitingClaim, event: AuditEvent, *, per_space: int, per_network: int
    ) -> WaitingClaim:
        """Let one wait, in place of an expired one of the same token, key and kind.

        The one that waits already is returned as it is. Errors: TooManyWaiting.
        """
        ...

    def decide(self, id: str, decided: Decided, event: AuditEvent) -> None:
        """Errors: NotFound, AlreadyDecided."""
        ...

    def approve_new(
        self, id: str, node: Node, decided: Decided, event: AuditEvent, marks: tuple[Mark, ...] = ()
    ) -> Node:
        """Approve, count a use of its token and add the node, without a certificate yet.

        The node comes back with the name it got.
        Errors: NotFound, AlreadyDecided; as TokenRecords.claim.
        """
        ...

    def approve_existing(
        self,
        id: str,
        node: NodeId,
        decided: Decided,
        event: AuditEvent,
        marks: tuple[Mark, ...] = (),
    ) -> None:
        """Approve, count a use and let the node be taken over: its certificates are retired.

        Errors: NotFound, AlreadyDecided; Conflict when the node is gone or revoked; as
                TokenRecords.claim.
        """
        ...

    def like(self, space: SpaceId, marks: tuple[Mark, ...]) -> dict[NodeId, frozenset[str]]:
        """Nodes that share marks, and the kinds of these."""
        ...

    def prune(self, before_ns: int) -> int:
        """Forget what was decided or expired before a time; how many."""
        ...

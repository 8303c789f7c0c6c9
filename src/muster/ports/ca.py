"""What the hub remembers for its CA: what is revoked, and which roots nodes have.

Calls block, as all of ports/records.py. A certificate gets onto the list in the transaction
that revokes it or removes its node; nothing here adds to it.
"""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from muster.model.ids import NodeId
from muster.pki.crl import Revoked


class Listed(msgspec.Struct, frozen=True):
    """What the newest revocation list has to say."""

    number: int
    entries: tuple[Revoked, ...]


class ListRecords(Protocol):
    """What is revoked, for one kind of lists."""

    def list_number(self) -> int:
        """Of the newest list; it has grown when something was revoked."""
        ...

    def listed(self, now_ns: int) -> Listed:
        """All that is revoked and has not ended, with the number that goes with it."""
        ...

    def renumber(self, before_ns: int) -> None:
        """A day has passed: the next number; what ended before a time is forgotten."""
        ...


class CaRecords(ListRecords, Protocol):
    """Revocations of agents, and confirmations."""

    def confirm(self, sha256: Mapping[NodeId, str], now_ns: int) -> None:
        """Nodes have stored these anchors. Not audited; a node that is gone is no error."""
        ...

    def confirmed(self) -> dict[NodeId, str]:
        """Per node the SHA-256 of the anchors it last confirmed."""
        ...

"""What a face remembers of nodes from one link to the next, as core and faces see it.

Notes are opaque to all but who wrote them. They hold what a peer says of a node, never values
that it measured. They go with their node. Calls and errors are as in ports/records.py.
"""

from collections.abc import Sequence
from typing import Protocol

from muster.model.ids import NodeId

Note = tuple[NodeId, str, bytes]  # node, topic, what is remembered


class NodeNotes(Protocol):
    """One note by node and topic."""

    def note(self, node: NodeId, topic: str) -> bytes:
        """Empty when there is none."""
        ...

    def keep(self, notes: Sequence[Note]) -> None:
        """Add or replace notes, all in one change. A node that is gone is no error. Blocks."""
        ...

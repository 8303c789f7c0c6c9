"""What the hub remembers of nodes' restarts, as core sees it.

Calls and errors are as in ports/records.py. Marks are observations: no event goes with them.
"""

from typing import Protocol

from muster.model.ids import NodeId
from muster.model.mark import Mark


class MarkRecords(Protocol):
    """The newest marks of each node. They go with their node."""

    def marks(self, node: NodeId) -> list[Mark]:
        """Newest first."""
        ...

    def add(self, node: NodeId, mark: Mark) -> None:
        """One more; the oldest beyond a hundred go. A node that is gone is no error. Blocks."""
        ...

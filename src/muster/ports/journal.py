"""What rows go through on their way in: onto disk, then past whoever watches.

Units: times are int64 ns UTC.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from muster.model.ids import NodeId
from muster.model.metric import Block
from muster.ports.series import Cohort


class Journal(Protocol):
    """What makes an acknowledgement true. Called on the event loop's thread."""

    def submit(
        self,
        blocks: Sequence[tuple[Cohort, Block]],
        source: tuple[NodeId, str, int],
        landed: Callable[[int], None],
    ) -> "asyncio.Future[int]":
        """Queue a batch; done when its rows are on disk: the segment's number that holds them.

        `source` is (node, epoch, sequence). `landed` is called with that number first, in
        the order of calls, even when the future was cancelled. A batch that is on its way
        already is not written twice: its future is done with it.
        Errors: Unavailable, at once or of the future, when the disk is full or too much waits
                for the engine; then neither this batch nor a later one of the node is on disk.
                LimitExceeded, likewise, when this one batch is larger than any it can hold.
        """
        ...

    def sequence(self, node: NodeId, epoch: str) -> int:
        """The newest sequence on disk for a node's epoch; 0 for none."""
        ...

    def forget(self, node: NodeId) -> None:
        """Drop what is known of a removed node."""
        ...


class Sink(Protocol):
    """Something that watches rows go by: after the journal, behind a bounded queue."""

    name: str

    async def take(self, cohort: Cohort, block: Block) -> None: ...

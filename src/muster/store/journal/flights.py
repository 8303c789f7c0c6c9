"""A node's batches on their way to the disk, and who waits for them. Used on the loop's thread."""

import asyncio
from copy import copy

from muster.errors import LimitExceeded, Unavailable

Refusal = Unavailable | LimitExceeded


class Flight:
    """The batches of one node that set off and have not arrived."""

    def __init__(self, failures: int) -> None:
        self.failures = failures  # of the journal when the first of them set off
        self.count = 0
        self.newest: dict[str, int] = {}  # epoch -> sequence
        self.waiters: list[tuple[str, int, asyncio.Future[int]]] = []

    def tell(self, epoch: str, sequence: int, number: int, error: Refusal | None) -> None:
        """Tell those who wait for a batch that it is in a segment, or why it is not."""
        for one in [one for one in self.waiters if one[0] == epoch and one[1] <= sequence]:
            self.waiters.remove(one)
            if error is not None:
                refuse(one[2], error)
            elif not one[2].done():
                one[2].set_result(number)


def refuse(future: "asyncio.Future[int]", error: Refusal) -> None:
    """Each who waits gets an error of its own: a traceback is added to it."""
    if not future.done():
        future.set_exception(copy(error))

"""What is kept of the engine's answers holds only until rows come that are older than its end."""

from collections.abc import Iterable
from typing import Protocol

import numpy as np

from muster.ports.series import I64, U64


class Kept(Protocol):
    """An answer, kept or on its way: of these tag sets, ascending, and good until `hi_ns`."""

    hi_ns: int

    @property
    def tags(self) -> U64: ...

    def shorten(self, hi_ns: int) -> None: ...


def shorten_late(kept: Iterable[Kept], tags: U64, times: I64) -> None:
    """Let each end where the first of its rows came late."""
    every = list(kept)
    newest = max((one.hi_ns for one in every), default=0)
    if not every or not len(times) or int(times.min()) >= newest:  # as is the rule
        return
    late = np.flatnonzero(times < newest)
    late_tags, at = np.unique(tags[late], return_inverse=True)
    firsts = np.full(len(late_tags), newest)
    np.minimum.at(firsts, at, times[late])
    for one in every:
        mine = firsts[np.isin(late_tags, one.tags, assume_unique=True)]
        if len(mine):
            one.shorten(int(mine.min()))

"""Cells taken out of a sealed block of the head, and what of it is newest afterwards.

A block does not change, because readers hold on to it: another takes its place.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from muster.ports.series import I64
from muster.store.head import blocks
from muster.store.head.blocks import U8
from muster.store.head.headblocks import Cells, Sealed

_NEVER = -(1 << 63)


class Erasing(NamedTuple):
    """Which rows: of a range of time, of segments up to one."""

    start_ns: int
    end_ns: int
    through: int

    def rows_of(self, cells: Cells) -> NDArray[np.bool_]:
        inside = (cells.times >= self.start_ns) & (cells.times < self.end_ns)
        return inside & (np.asarray(cells.segments) <= self.through)

    def holds(self, block: Sealed) -> bool:
        """Whether all rows of a block are meant."""
        within = self.start_ns <= block.first_ns and block.last_ns < self.end_ns
        return within and block.segment <= self.through


class Newest(NamedTuple):
    """Of some columns the newest value in memory. `times` NEVER: there is none."""

    times: I64
    patterns: I64
    texts: list[str]  # of columns of strings


def without(block: Sealed, kinds: U8, columns: I64, erasing: Erasing) -> Sealed | None:
    """The block without some cells; itself if it has none of them, None if nothing is left."""
    if len(columns) == len(kinds) and erasing.holds(block):
        return None
    every = np.arange(len(kinds))
    cells = block.cells(every, block.first_ns, block.last_ns + 1)
    gone = np.flatnonzero(erasing.rows_of(cells))
    if not len(gone):
        return block
    shape = cells.patterns.shape
    present = np.ones(shape, np.bool_) if cells.present is None else cells.present.copy()
    if not present[np.ix_(columns, gone)].any():
        return block
    present[np.ix_(columns, gone)] = False
    kept = np.flatnonzero(present.any(axis=0))
    if not len(kept):
        return None
    return _sealed(cells, kinds, present, kept)


def _sealed(cells: Cells, kinds: U8, present: NDArray[np.bool_], kept: I64) -> Sealed:
    marks = np.ascontiguousarray(present[:, kept].T)
    matrix = np.ascontiguousarray(cells.patterns[:, kept].T)
    segments = np.broadcast_to(np.asarray(cells.segments, np.int64), cells.times.shape)[kept]
    packed = blocks.seal(matrix, kinds, marks)
    sealed = Sealed(kinds, cells.times[kept], segments, packed, tuple(cells.texts))
    sealed.mark_absent(marks)
    return sealed


def newest(held: Iterable[Sealed], columns: I64) -> Newest:
    """The newest value of each column; of equal times that of the later block."""
    times = np.full(len(columns), _NEVER)
    patterns = np.zeros(len(columns), np.int64)
    texts = [""] * len(columns)
    for block in held:
        if block.last_ns < times.min():
            continue
        cells = block.cells(columns, block.first_ns, block.last_ns + 1)
        shape = cells.patterns.shape
        present = np.ones(shape, np.bool_) if cells.present is None else cells.present
        last = shape[1] - 1 - np.argmax(present[:, ::-1], axis=1)
        newer = present.any(axis=1) & (cells.times[last] >= times)
        for place in np.flatnonzero(newer).tolist():
            pattern = int(cells.patterns[place, last[place]])
            times[place], patterns[place] = cells.times[last[place]], pattern
            texts[place] = cells.texts[pattern] if 0 <= pattern < len(cells.texts) else ""
    return Newest(times, patterns, texts)

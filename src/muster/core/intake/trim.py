"""What a hub can never keep is cut out of a block, counted and told; the rest goes on.

A node that has all the series it may have, or whose clock runs wild, would send the same
batch for ever if the batch were refused: nothing that it waits for would change.
"""

from array import array
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from muster.clock import DAY_NS
from muster.model.ids import NodeId
from muster.model.metric import Block, Layout

_FEW = 64  # rows that are looked at one by one in no more time
_BACK_DAYS = 40  # rows of these days, and of one ahead, are what a spool holds: never strange


class Refused(NamedTuple):
    """Values of a node that were not kept since the hub's start, and why the newest were not."""

    values: int
    reason: str
    at: float  # monotonic time of the newest


class Refusals:
    """What was refused, by node."""

    def __init__(self) -> None:
        self._by_node: dict[NodeId, Refused] = {}
        self.values = 0  # of all nodes

    def note(self, node: NodeId, values: int, reason: str, at: float) -> None:
        self.values += values
        self._by_node[node] = Refused(self.of(node).values + values, reason, at)

    def of(self, node: NodeId) -> Refused:
        return self._by_node.get(node) or Refused(0, "", 0.0)

    def forget(self, node: NodeId) -> None:
        self._by_node.pop(node, None)


class StrangeDays:
    """The days far from today that one node has filled: each is a partition of the engine."""

    __slots__ = ("_days", "_most")

    def __init__(self, most: int) -> None:
        self._most = most
        self._days: set[int] | None = None  # most nodes have none

    def fitting(self, times: Sequence[int], now_ns: int) -> Sequence[int]:
        """The places of the rows that can be kept."""
        oldest, newest = now_ns - _BACK_DAYS * DAY_NS, now_ns + DAY_NS
        if not times or (min(times) >= oldest and max(times) <= newest):
            return range(len(times))
        if len(times) < _FEW:
            return [
                place
                for place, time_ns in enumerate(times)
                if oldest <= time_ns <= newest or self._has_room(time_ns // DAY_NS)
            ]
        found = np.asarray(times, np.int64)
        days = found // DAY_NS
        near = (found >= oldest) & (found <= newest)
        strange, first = np.unique(days[~near], return_index=True)
        by_row = strange[np.argsort(first)].tolist()  # the day of the first row has its turn first
        with_room = [day for day in by_row if self._has_room(day)]
        kept: list[int] = np.flatnonzero(near | np.isin(days, with_room)).tolist()
        return kept

    def _has_room(self, day: int) -> bool:
        days = self._days = self._days or set()
        if day not in days and len(days) >= self._most:
            return False
        days.add(day)
        return True


def cut_rows(block: Block, rows: Sequence[int]) -> Block:
    """The block with these rows alone."""
    chosen = np.array(rows, np.intp)
    times = np.frombuffer(block.times, np.int64)[chosen]
    cells = _cells(block)[chosen]
    present = _marks(block)
    return Block(
        block.layout,
        array("q", times.tobytes()),
        array("q", cells.tobytes()),
        None if present is None else present[chosen].tobytes(),
        block.strings,
    )


def cut_columns(block: Block, columns: Sequence[int], layout: Layout) -> Block:
    """The block with these columns alone, which make up `layout`."""
    chosen = np.array(columns, np.intp)
    present = _marks(block)
    return Block(
        layout,
        block.times,
        array("q", _cells(block)[:, chosen].tobytes()),
        None if present is None else present[:, chosen].tobytes(),
        block.strings,
    )


def _cells(block: Block) -> NDArray[np.int64]:
    return np.frombuffer(block.values, np.int64).reshape(block.rows, len(block.layout.series))


def _marks(block: Block) -> NDArray[np.uint8] | None:
    if block.present is None:
        return None
    marks = np.frombuffer(block.present, np.uint8)
    return marks.reshape(block.rows, len(block.layout.series))

"""Points of many series at the same times as one block: what a node sends in one row.

A series of its own layout costs a name and a place in every list that is kept by layout; a body
of a thousand series would cost a thousand of them. Steps: 1 blocks of equal times, of which no
two have a tag set in common, belong together  2 their columns are put side by side.
"""

from array import array
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from muster.model.metric import Block, Kind, Layout

_COLUMNS = 4_096  # of one block
_LAYOUTS = 1_024  # that are remembered


class Widener:
    """Remembers what it made of layouts: they come again with every body of a writer."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, ...], tuple[list[Layout], Layout]] = {}

    def widened(self, blocks: Sequence[Block]) -> list[tuple[Block, list[int]]]:
        """Wide blocks, each with the places of those it was made of."""
        return [
            (self._joined([blocks[place] for place in places]), places)
            for places in _groups(blocks)
        ]

    def _joined(self, blocks: list[Block]) -> Block:
        if len(blocks) == 1:
            return blocks[0]
        layout = self._layout([block.layout for block in blocks])
        strings = tuple(text for block in blocks for text in block.strings)
        cells, first = [], 0
        for block in blocks:
            cells.append(_cells(block, first))
            first += len(block.strings)
        present = None
        if any(block.present is not None for block in blocks):
            present = np.hstack([_marks(block) for block in blocks]).tobytes()
        values = array("q", np.hstack(cells).tobytes())
        return Block(layout, blocks[0].times, values, present, strings)

    def _layout(self, layouts: list[Layout]) -> Layout:
        key = tuple(map(id, layouts))
        known = self._made.get(key)
        if known is None:
            wide = Layout(tuple(series for layout in layouts for series in layout.series))
            known = self._made[key] = (layouts, wide)  # the ids stay theirs
            if len(self._made) > _LAYOUTS:
                del self._made[next(iter(self._made))]
        return known[1]


def _groups(blocks: Sequence[Block]) -> Iterable[list[int]]:
    """Places of blocks that belong together."""
    found: dict[tuple[bytes, int, int], list[int]] = {}
    widths: dict[bytes, int] = {}
    turns: dict[tuple[bytes, str, object], int] = {}
    for place, block in enumerate(blocks):
        times = block.times.tobytes()
        width = widths[times] = widths.get(times, 0) + len(block.layout.series)
        first = block.layout.series[0]
        tagset = (times, first.measurement, first.tags)
        turn = turns[tagset] = turns.get(tagset, 0) + 1
        found.setdefault((times, turn, width // _COLUMNS), []).append(place)
    return found.values()


def _cells(block: Block, first: int) -> NDArray[np.int64]:
    """Values row by row; indexes of strings count from `first`."""
    width = len(block.layout.series)
    cells = np.frombuffer(block.values, np.int64).reshape(block.rows, width)
    texts = [series.kind is Kind.STRING for series in block.layout.series]
    if not first or not any(texts):
        return cells
    return cells + np.where(texts, first, 0)


def _marks(block: Block) -> NDArray[np.uint8]:
    shape = (block.rows, len(block.layout.series))
    if block.present is None:
        return np.ones(shape, np.uint8)
    return np.frombuffer(block.present, np.uint8).reshape(shape)

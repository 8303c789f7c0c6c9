"""Points of many series at the same times as one block: what a node sends in one row.

A series of its own layout costs a name and a place in every list that is kept by layout; a body
of a thousand series would cost a thousand of them. Steps: 1 blocks of equal times, of which no
two have a tag set in common, belong together  2 their columns are put side by side.

Most writers send the same series together each time. Those that cut a stream of series into
bodies wherever it happens (Prometheus) would make another wide layout each time: so series that
come in other company than before get a group for good, and a body that has some of a group's
series gives a row in which the others are absent.
"""

from array import array
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from muster.model.metric import Block, Kind, Layout

_COLUMNS = 4_096  # of one block
_GROUP = 256  # columns of a group
_SPARSE = 4  # a row that has less than one in so many of its group's cells is a block of its own
_LAYOUTS = 1_024  # that are remembered
_MET = 262_144  # layouts of bodies that are remembered

_Placed = list[tuple[Block, int]]  # blocks, and where they came


class _Group:
    """Series that stay together."""

    def __init__(self, layouts: Sequence[Layout]) -> None:
        self.layout = Layout(tuple(series for layout in layouts for series in layout.series))
        self.width = len(self.layout.series)


class Widener:
    """Remembers what it made of layouts: they come again with every body of a writer."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, ...], tuple[list[Layout], Layout]] = {}
        self._met: dict[int, Layout] = {}  # so the ids stay theirs
        self._homes: dict[int, tuple[_Group, int]] = {}  # a layout's group, and its first column

    def widened(self, blocks: Sequence[Block]) -> list[tuple[Block, list[int]]]:
        """Wide blocks, each with the places of those it was made of."""
        if len(self._met) > _MET:
            self._met.clear()
            self._homes.clear()
        found: list[tuple[Block, list[int]]] = []
        for places in _groups(blocks):
            own = [blocks[place] for place in places]
            if self._is_usual(own):
                found.append((self._joined(own), places))
            else:
                found += self._grouped(list(zip(own, places, strict=True)))
        return found

    def _is_usual(self, blocks: Sequence[Block]) -> bool:
        """Whether they came so before, or none of them came."""
        if len(blocks) == 1 or tuple(id(block.layout) for block in blocks) in self._made:
            return True
        if any(id(block.layout) in self._met for block in blocks):
            return False
        self._met |= {id(block.layout): block.layout for block in blocks}
        return True

    def _grouped(self, placed: _Placed) -> list[tuple[Block, list[int]]]:
        self._settle([block.layout for block, _ in placed])
        by_group: dict[int, tuple[_Group, _Placed]] = {}
        for each in placed:
            group, _ = self._homes[id(each[0].layout)]
            by_group.setdefault(id(group), (group, []))[1].append(each)
        found = []
        for group, members in by_group.values():
            blocks = [block for block, _ in members]
            columns = sum(len(block.layout.series) for block in blocks)
            is_sparse = columns * _SPARSE < group.width
            wide = self._joined(blocks) if is_sparse else self._row(group, blocks)
            found.append((wide, [place for _, place in members]))
        return found

    def _settle(self, layouts: Sequence[Layout]) -> None:
        """Give those a group that have none, next to those they came with."""
        waiting: list[Layout] = []
        width = 0
        for layout in layouts:
            if id(layout) in self._homes:
                continue
            self._met[id(layout)] = layout
            if waiting and width + len(layout.series) > _GROUP:
                self._found(waiting)
                waiting, width = [], 0
            waiting.append(layout)
            width += len(layout.series)
        self._found(waiting)

    def _found(self, layouts: Sequence[Layout]) -> None:
        group, first = _Group(layouts), 0
        for layout in layouts:
            self._homes[id(layout)] = group, first
            first += len(layout.series)

    def _row(self, group: _Group, blocks: Sequence[Block]) -> Block:
        """Blocks as rows of their group; what is not among them is absent."""
        columns: list[int] = []
        for block in blocks:
            _, first = self._homes[id(block.layout)]
            columns += range(first, first + len(block.layout.series))
        shape = blocks[0].rows, group.width
        values, strings = _side_by_side(blocks)
        cells = np.zeros(shape, np.int64)
        cells[:, columns] = values
        present = None
        if len(columns) < group.width or any(block.present is not None for block in blocks):
            marks = np.zeros(shape, np.uint8)
            marks[:, columns] = np.hstack([_marks(block) for block in blocks])
            present = marks.tobytes()
        return Block(group.layout, blocks[0].times, array("q", cells.tobytes()), present, strings)

    def _joined(self, blocks: list[Block]) -> Block:
        if len(blocks) == 1:
            return blocks[0]
        layout = self._layout([block.layout for block in blocks])
        cells, strings = _side_by_side(blocks)
        present = None
        if any(block.present is not None for block in blocks):
            present = np.hstack([_marks(block) for block in blocks]).tobytes()
        return Block(layout, blocks[0].times, array("q", cells.tobytes()), present, strings)

    def _layout(self, layouts: list[Layout]) -> Layout:
        key = tuple(map(id, layouts))
        known = self._made.get(key)
        if known is None:
            wide = Layout(tuple(series for layout in layouts for series in layout.series))
            known = self._made[key] = (layouts, wide)  # the ids stay theirs
            if len(self._made) > _LAYOUTS:
                del self._made[next(iter(self._made))]
        return known[1]


def _side_by_side(blocks: Sequence[Block]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """The cells of all blocks row by row, and their strings."""
    strings = tuple(text for block in blocks for text in block.strings)
    cells, first = [], 0
    for block in blocks:
        cells.append(_cells(block, first))
        first += len(block.strings)
    return np.hstack(cells), strings


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
    if not first:
        return cells
    texts = [series.kind is Kind.STRING for series in block.layout.series]
    if not any(texts):
        return cells
    return cells + np.where(texts, first, 0)


def _marks(block: Block) -> NDArray[np.uint8]:
    shape = (block.rows, len(block.layout.series))
    if block.present is None:
        return np.ones(shape, np.uint8)
    return np.frombuffer(block.present, np.uint8).reshape(shape)

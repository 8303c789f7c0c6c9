"""Of points of one series at one time the later one counts, field by field.

Rows come out sorted by time. Steps: 1 rows of one layout  2 cells of layouts that have a tag set
in common: what a later point says too is marked as absent.
"""

from array import array
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from muster.core.writes.stocks import kept_key, kept_tags
from muster.model.metric import Block, Layout, Series, Tags
from muster.wire.lineparsed import Parsed


def last_points(parsed: Parsed) -> list[Block]:
    """A Block for each layout of a body, in its order."""
    if len(parsed.times) == len(parsed.layouts) == len(set(parsed.keys)):
        return parsed.blocks()  # one point of each series
    return [rows.block() for rows in _resolved(parsed)]


class KeptLayouts:
    """Layouts as they are kept: a writer's tags that are named like the hub's are renamed."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[Layout, Layout]] = {}

    def of(self, layout: Layout) -> Layout:
        """The same object for the same object, mostly."""
        known = self._made.get(id(layout))
        if known is None:
            if len(self._made) >= _LAYOUTS:
                self._made.clear()
            known = self._made[id(layout)] = (layout, _renamed(layout))
        return known[1]


_LAYOUTS = 262_144


def _renamed(layout: Layout) -> Layout:
    keys = {key for one in layout.series for key, _ in one.tags}
    if all(kept_key(key) == key for key in keys):  # as nearly always
        return layout
    kept = {id(one.tags): kept_tags(one.tags) for one in layout.series}
    if all(kept[id(one.tags)] is one.tags for one in layout.series):
        return layout
    return Layout(
        tuple(
            Series(one.measurement, kept[id(one.tags)], one.field, one.kind)
            for one in layout.series
        )
    )


class _Rows:
    """The rows of one layout, by time, no two of one time."""

    def __init__(
        self, layout: Layout, times: NDArray[np.int64], order: NDArray[np.uint32],
        values: NDArray[np.int64], strings: tuple[str, ...],
    ) -> None:  # fmt: skip
        self.layout = layout
        self.strings = strings
        if len(times) > 1 and not (np.diff(times) > 0).all():
            by_time = np.lexsort((order, times))
            times, order, values = times[by_time], order[by_time], values[by_time]
            last = np.append(times[1:] != times[:-1], True)
            times, order, values = times[last], order[last], values[last]
        self.times, self.order, self.values = times, order, values
        self.present: NDArray[np.uint8] | None = None

    def hide(self, rows: NDArray[np.intp], column: int) -> None:
        """Cells that a later point gives too."""
        if self.present is None:
            self.present = np.ones(self.values.shape, np.uint8)
        self.present[rows, column] = 0
        self.values = self.values.copy()
        self.values[rows, column] = 0

    def block(self) -> Block:
        return Block(
            self.layout,
            array("q", self.times.tobytes()),
            array("q", self.values.tobytes()),
            None if self.present is None else self.present.tobytes(),
            self.strings,
        )


def _resolved(parsed: Parsed) -> list[_Rows]:
    every = list(_rows(parsed))
    by_tagset: dict[tuple[str, Tags], list[_Rows]] = {}
    for rows in every:
        first = rows.layout.series[0]
        by_tagset.setdefault((first.measurement, first.tags), []).append(rows)
    for alike in by_tagset.values():
        if len(alike) > 1:
            _resolve(alike)
    return every


def _rows(parsed: Parsed) -> Iterable[_Rows]:
    times = np.frombuffer(parsed.times, np.int64)
    order = np.frombuffer(parsed.order, np.uint32)
    values = np.frombuffer(parsed.values, np.int64)
    row = cell = 0
    for layout, count, strings in zip(parsed.layouts, parsed.rows, parsed.strings, strict=True):
        width = len(layout.series)
        after, cells = row + count, cell + count * width
        own = values[cell:cells].reshape(count, width)
        yield _Rows(layout, times[row:after], order[row:after], own, strings)
        row, cell = after, cells


def _resolve(alike: Sequence[_Rows]) -> None:
    """Hide cells of one tag set that a later point of another layout gives too."""
    holders: dict[Series, list[tuple[_Rows, int]]] = {}
    for rows in alike:
        for column, series in enumerate(rows.layout.series):
            holders.setdefault(series, []).append((rows, column))
    for held in holders.values():
        if len(held) > 1:
            _hide_earlier(held)


def _hide_earlier(held: Sequence[tuple[_Rows, int]]) -> None:
    times = np.concatenate([rows.times for rows, _ in held])
    order = np.concatenate([rows.order for rows, _ in held])
    by_time = np.lexsort((order, times))
    sorted_times = times[by_time]
    earlier = np.zeros(len(times), bool)
    earlier[by_time[:-1]] = sorted_times[:-1] == sorted_times[1:]
    start = 0
    for rows, column in held:
        found = np.flatnonzero(earlier[start : start + len(rows.times)])
        start += len(rows.times)
        if len(found):
            rows.hide(found, column)

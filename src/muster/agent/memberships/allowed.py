"""What of the collected rows one hub may have: whole columns are left out, texts with them."""

from array import array
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from muster.collectors.api import Collector
from muster.collectors.probes.api import ProbeKind
from muster.model.metric import Block, Kind, Layout

Declared = Collector | ProbeKind


class _Cut(NamedTuple):
    """A layout and what is left of it; `places` None: all of it, empty: nothing."""

    whole: Layout
    places: tuple[int, ...] | None
    layout: Layout
    strings: tuple[int, ...]  # of the new columns those that hold texts


def measurements_of(names: Iterable[str], collectors: Sequence[Declared]) -> frozenset[str]:
    """Measurements behind names of collectors and of measurements; unknown ones stand for none."""
    wanted = frozenset(names)
    return frozenset(
        measurement.name
        for collector in collectors
        for measurement in collector.measurements
        if collector.name in wanted or measurement.name in wanted
    )


def known_names(collectors: Sequence[Declared]) -> frozenset[str]:
    """All that may be allowed."""
    own = {collector.name for collector in collectors}
    return frozenset(own | measurements_of(own, collectors))


class Filter:
    """Cuts rows to what one hub may have; None: everything."""

    def __init__(self, only: Iterable[str] | None, collectors: Sequence[Declared]) -> None:
        self._only = None if only is None else measurements_of(only, collectors)
        self._collectors = collectors
        self._cuts: dict[int, _Cut] = {}

    def take(self, blocks: Iterable[Block]) -> list[Block]:
        """The rows as the hub gets them; one of which nothing is left is not among them."""
        if self._only is None:
            return list(blocks)
        return [cut for block in blocks if (cut := self._cut(block)) is not None]

    def shows(self, collector: str) -> bool:
        """Whether the hub may know how a collector fares."""
        if self._only is None:
            return True
        own = next((each for each in self._collectors if each.name == collector), None)
        return own is not None and any(each.name in self._only for each in own.measurements)

    def _cut(self, block: Block) -> Block | None:
        cut = self._cut_of(block.layout)
        if cut.places is None:
            return block
        if not cut.places:
            return None
        width, places = len(cut.whole.series), cut.places
        starts = range(0, block.rows * width, width)
        values = array("q", [block.values[row + place] for row in starts for place in places])
        present = None
        if block.present is not None:
            present = bytes([block.present[row + place] for row in starts for place in places])
            if not any(present):
                return None
        strings = _texts(values, present, len(places), cut.strings, block.strings)
        return Block(cut.layout, block.times, values, present, strings)

    def _cut_of(self, layout: Layout) -> _Cut:
        """Layouts stay the same object while they can, so each is looked at once."""
        known = self._cuts.get(id(layout))
        if known is not None and known.whole is layout:
            return known
        only = self._only or frozenset()
        places = tuple(n for n, each in enumerate(layout.series) if each.measurement in only)
        series = tuple(layout.series[place] for place in places)
        texts = tuple(n for n, each in enumerate(series) if each.kind is Kind.STRING)
        whole = len(places) == len(layout.series)
        cut = _Cut(layout, None if whole else places, Layout(series), texts)
        if len(self._cuts) >= _MOST:
            self._cuts.clear()
        self._cuts[id(layout)] = cut
        return cut


_MOST = 64  # layouts remembered; there are as many at once as groups of collectors


def _texts(
    values: "array[int]",
    present: bytes | None,
    width: int,
    columns: tuple[int, ...],
    strings: tuple[str, ...],
) -> tuple[str, ...]:
    """The texts that are left, numbered anew in `values`: the others' must not travel along."""
    kept: dict[str, int] = {}
    for start in range(0, len(values), width) if columns else ():
        for column in columns:
            cell = start + column
            if present is None or present[cell]:
                text = strings[values[cell]]
                values[cell] = kept.setdefault(text, len(kept))
    return tuple(kept)

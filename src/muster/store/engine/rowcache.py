"""Single values the engine has given, kept as grids so that a moving window asks for what is new.

An entry holds what one question's series have in one range [lo, hi). Rows that are stored late
shorten what they touch, as in store/engine/bucketcache.py: `written` is called after the engine has
them and before anybody hears that it has, and entries are known to it from before the engine is
asked. Not of strings.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from muster.model.metric import Kind
from muster.ports.grids import followed
from muster.ports.series import I64, U64, Grid, Parts, Rows, SeriesRef
from muster.store.engine.bucketcache import Asked
from muster.store.engine.lateness import shorten_late
from muster.store.engine.statements import HOUR_NS

Ask = Callable[[int, int], Sequence[Grid]]
"""Values of [start, end), from the engine."""

_MOST_KEYS = 20_000  # of a question whose answer is kept
_AHEAD = 8  # this part of a range is read beyond its end
_MOST_AHEAD_NS = 4 * HOUR_NS  # of which it is a part, at most
_SHARE = 2  # one answer may be this part of all that is kept


class _Entry:
    """Grids of [lo, hi)."""

    def __init__(self, kind: Kind, tags: U64, lo_ns: int, hi_ns: int) -> None:
        self.kind = kind
        self.tags = tags
        self.lo_ns = lo_ns
        self.hi_ns = hi_ns
        self.grids: Sequence[Grid] = ()

    @property
    def bytes(self) -> int:
        return sum(grid.patterns.nbytes + grid.times.nbytes for grid in self.grids)

    def shorten(self, end_ns: int) -> None:
        """Give up what is at and after a time."""
        self.hi_ns = max(min(self.hi_ns, end_ns), self.lo_ns)


class _Known(NamedTuple):
    """What an entry had when a question came."""

    grids: Sequence[Grid]
    lo_ns: int
    hi_ns: int


class RowCache:
    """For the threads of questions and the writer's. `most_bytes` 0 keeps nothing."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()  # the last used is last
        self._reading: list[_Entry] = []

    def grids(
        self, kind: Kind, keys: Sequence[SeriesRef], start_ns: int, end_ns: int, ask: Ask
    ) -> Sequence[Grid]:
        """The values of [start, end): what is kept, and the rest by `ask`."""
        if not self._most_bytes or len(keys) > _MOST_KEYS:
            return ask(start_ns, end_ns)
        asked = Asked(kind, keys, 0, Parts.NONE)
        digest = asked.digest
        with self._lock:
            known = self._known(digest, start_ns)
            if known is not None and end_ns <= known.hi_ns:
                return _within(known.grids, start_ns, end_ns)
            lo_ns = start_ns if known is None else known.lo_ns
            # The next question's range ends a little later; a row that is stored by then shortens.
            until_ns = end_ns + min(end_ns - start_ns, _MOST_AHEAD_NS) // _AHEAD
            reading = _Entry(kind, asked.tags, lo_ns, until_ns)
            self._reading.append(reading)
        try:
            grids = ask(start_ns if known is None else known.hi_ns, until_ns)
        finally:
            with self._lock:
                self._reading.remove(reading)
        if known is not None:
            grids = followed(_within(known.grids, lo_ns, known.hi_ns), grids, len(keys))
        with self._lock:
            self._keep(digest, reading, grids)
        return _within(grids, start_ns, end_ns)

    def written(self, kind: Kind, tags: U64, times: I64) -> None:
        """The engine has got these rows; called before they are said to be stored."""
        with self._lock:
            every = [one for one in (*self._entries.values(), *self._reading) if one.kind is kind]
            shorten_late(every, tags, times)

    def forget(self) -> None:
        """Rows have gone: nothing is kept of before."""
        with self._lock:
            self._entries.clear()
            for one in self._reading:
                one.shorten(one.lo_ns)

    def _known(self, digest: bytes, start_ns: int) -> _Known | None:
        entry = self._entries.get(digest)
        if entry is None or not entry.lo_ns <= start_ns < entry.hi_ns:
            return None
        self._entries.move_to_end(digest)
        return _Known(entry.grids, entry.lo_ns, entry.hi_ns)

    def _keep(self, digest: bytes, reading: _Entry, grids: Sequence[Grid]) -> None:
        reading.grids = grids
        if reading.hi_ns <= reading.lo_ns or reading.bytes > self._most_bytes // _SHARE:
            self._entries.pop(digest, None)
            return  # what was written meanwhile touches all of it, or it is too large
        self._entries[digest] = reading
        self._entries.move_to_end(digest)
        held = sum(one.bytes for one in self._entries.values())
        while held > self._most_bytes:
            held -= self._entries.popitem(last=False)[1].bytes


def _within(grids: Sequence[Grid], start_ns: int, end_ns: int) -> list[Grid]:
    found = []
    for grid in grids:
        first, last = np.searchsorted(grid.times, (start_ns, end_ns)).tolist()
        if first < last:
            found.append(Grid(grid.keys, grid.times[first:last], grid.patterns[:, first:last]))
    return found


def grids_of(rows: Rows, keys: Sequence[SeriesRef]) -> list[Grid]:
    """Rows in the order of the keys as grids: series with the same times together."""
    if not len(rows.times):
        return []
    changed = (np.diff(rows.tags) != 0) | (np.diff(rows.fields) != 0)
    first = np.flatnonzero(np.append(True, changed))
    counts = np.diff(np.append(first, len(rows.times)))
    numbers = {(ref.tags, ref.field): place for place, ref in enumerate(keys)}
    pairs = zip(rows.tags[first].tolist(), rows.fields[first].tolist(), strict=True)
    places = np.array([numbers[pair] for pair in pairs], np.int64)
    grids: list[Grid] = []
    for some in _alike(rows.times, first, counts):
        size = int(counts[some[0]])
        at = first[some][:, None] + np.arange(size)
        times = rows.times[at]
        if (times == times[0]).all():
            grids.append(Grid(places[some], times[0], rows.patterns[at]))
            continue
        for place, own, patterns in zip(places[some], times, rows.patterns[at], strict=True):
            grids.append(Grid(np.array([place]), own, patterns[np.newaxis]))
    return grids


def _alike(times: I64, first: I64, counts: I64) -> list[I64]:
    """Series that may have the same times: as many, with the same ends and the same sum."""
    marks = np.stack(
        [counts, times[first], times[first + counts - 1], np.add.reduceat(times, first)]
    )
    _, group = np.unique(marks, axis=1, return_inverse=True)
    group = group.reshape(-1)
    order = np.argsort(group, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(group[order])) + 1)

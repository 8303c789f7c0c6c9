"""Buckets the engine has made, kept so that a moving window asks only for what is new.

An entry holds the buckets of one question's series and step over one range [lo, hi), whose
first and last bucket may be cut by the range. A later question takes the whole buckets out
of it, and those that are cut only where it is cut at the same time; it asks for the rest.

Rows that are stored late shorten what they touch: `written` is called after the engine has
them and before anybody hears that it has. Entries are known to `written` from before the
engine is asked for them: what is written meanwhile is not kept. Format: docs/formats/engine.md
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from muster.model.metric import Kind
from muster.ports.series import I64, U64, Buckets, Parts, SeriesRef
from muster.store.engine.lateness import shorten_late

Ask = Callable[[int, int], Buckets]
"""Buckets of [start, end), from the engine."""

_MOST_CELLS = 500_000  # of one entry; a range that grew past it begins anew
_MOST_KEYS = 5_000  # of a question whose answer is kept
_COLUMNS = (
    (Parts.TOTAL, ("total",)),
    (Parts.LOW, ("low",)),
    (Parts.HIGH, ("high",)),
    (Parts.FIRST, ("first", "first_time")),
    (Parts.LAST, ("last", "last_time")),
    (Parts.RISE, ("rise", "spent")),
)
_ALWAYS = ("key", "start", "counts")


class Asked(NamedTuple):
    """A question without its range."""

    kind: Kind
    keys: Sequence[SeriesRef]
    step_ns: int
    parts: Parts

    @property
    def digest(self) -> bytes:
        """Equal for equal questions; the order of the keys counts, as Buckets point into it."""
        hashed = blake2b(self._hashes("field").tobytes(), digest_size=32)
        hashed.update(self._hashes("tags").tobytes())
        hashed.update(f"{int(self.kind)} {self.step_ns} {self.parts.value}".encode())
        return hashed.digest()

    @property
    def tags(self) -> U64:
        return np.unique(self._hashes("tags"))

    def _hashes(self, name: str) -> U64:
        return np.array([getattr(ref, name) for ref in self.keys], np.uint64)


class _Entry:
    """Buckets of [lo, hi); none as long as they are being asked for."""

    def __init__(self, asked: Asked, lo_ns: int, hi_ns: int) -> None:
        self.asked = asked
        self.tags = asked.tags
        self.lo_ns = lo_ns
        self.hi_ns = hi_ns
        self.buckets: Buckets | None = None

    @property
    def bytes(self) -> int:
        names = _names(self.asked.parts)
        return sum(_column(self.buckets, name).nbytes for name in names) if self.buckets else 0

    def shorten(self, end_ns: int) -> None:
        """Give up the buckets at and after a time."""
        if end_ns >= self.hi_ns:
            return
        self.hi_ns = end_ns // self.asked.step_ns * self.asked.step_ns
        if self.buckets is not None:
            self.buckets = _between(self.buckets, self.asked, self.lo_ns, self.hi_ns)

    def usable(self, start_ns: int, end_ns: int) -> tuple[int, int]:
        """What of a range it has; nothing where the end is not after the start."""
        step = self.asked.step_ns
        first = -(-max(start_ns, self.lo_ns) // step) * step
        last = min(end_ns, self.hi_ns) // step * step
        # A bucket that is cut is good only for a range that cuts it at the same time.
        return (
            start_ns if start_ns == self.lo_ns else first,
            end_ns if end_ns == self.hi_ns else last,
        )


class _Known(NamedTuple):
    """What an entry had when a question came, and what of it the question uses."""

    buckets: Buckets
    lo_ns: int
    hi_ns: int
    start_ns: int
    end_ns: int


class BucketCache:
    """For the threads of questions and the writer's. `most_bytes` 0 keeps nothing."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()  # the last used is last
        self._reading: list[_Entry] = []

    def aggregate(self, asked: Asked, start_ns: int, end_ns: int, ask: Ask) -> Buckets:
        """The buckets of [start, end): what is kept, and the rest by `ask`."""
        many = len(asked.keys) > _MOST_KEYS
        if asked.kind is Kind.STRING or not asked.step_ns or many or not self._most_bytes:
            return ask(start_ns, end_ns)
        digest = asked.digest
        with self._lock:
            known = self._known(digest, start_ns, end_ns)
            reading = _Entry(asked, start_ns, end_ns)
            if known is not None:
                reading.lo_ns = min(start_ns, known.lo_ns)
                reading.hi_ns = max(end_ns, known.hi_ns)
            self._reading.append(reading)
        try:
            answer, kept = _completed(known, asked, start_ns, end_ns, ask)
        except BaseException:
            with self._lock:
                self._reading.remove(reading)
            raise
        with self._lock:
            self._reading.remove(reading)
            if len(kept.key) > _MOST_CELLS:
                kept, reading.lo_ns, reading.hi_ns = answer, start_ns, min(end_ns, reading.hi_ns)
            self._keep(digest, reading, kept)
        return answer

    def written(self, kind: Kind, tags: U64, times: I64) -> None:
        """The engine has got these rows; called before they are said to be stored."""
        with self._lock:
            entries = [*self._entries.values(), *self._reading]
            touched = [one for one in entries if one.asked.kind is kind]
            shorten_late(touched, tags, times)

    def forget(self) -> None:
        """Rows have gone: nothing is kept of before."""
        with self._lock:
            self._entries.clear()
            for one in self._reading:
                one.shorten(one.lo_ns)

    def _known(self, digest: bytes, start_ns: int, end_ns: int) -> _Known | None:
        entry = self._entries.get(digest)
        if entry is None or entry.buckets is None:
            return None
        self._entries.move_to_end(digest)
        usable = entry.usable(start_ns, end_ns)
        if usable[0] >= usable[1]:
            return None
        return _Known(entry.buckets, entry.lo_ns, entry.hi_ns, *usable)

    def _keep(self, digest: bytes, reading: _Entry, buckets: Buckets) -> None:
        if reading.hi_ns <= reading.lo_ns:
            return  # what was written meanwhile touches all of it
        reading.buckets = _between(buckets, reading.asked, reading.lo_ns, reading.hi_ns)
        self._entries[digest] = reading
        self._entries.move_to_end(digest)
        held = sum(one.bytes for one in self._entries.values())
        while held > self._most_bytes:
            held -= self._entries.popitem(last=False)[1].bytes


def _completed(
    known: _Known | None, asked: Asked, start_ns: int, end_ns: int, ask: Ask
) -> tuple[Buckets, Buckets]:
    """The answer, and what may be kept: the answer and what was known beside it."""
    if known is None:
        answer = ask(start_ns, end_ns)
        return answer, answer
    first, last = known.start_ns, known.end_ns
    before = [ask(start_ns, first)] if start_ns < first else []
    after = [ask(last, end_ns)] if last < end_ns else []
    used = _between(known.buckets, asked, first, last)
    answer = joined([*before, used, *after], asked.parts)
    # The wider side is kept at either end; where that is the old one, all of it.
    is_wider = start_ns < known.lo_ns, end_ns > known.hi_ns
    if not any(is_wider):
        return answer, known.buckets
    old = _between(
        known.buckets,
        asked,
        first if is_wider[0] else known.lo_ns,
        last if is_wider[1] else known.hi_ns,
    )
    parts = [*(before if is_wider[0] else []), old, *(after if is_wider[1] else [])]
    return answer, joined(parts, asked.parts)


def _between(buckets: Buckets, asked: Asked, lo_ns: int, hi_ns: int) -> Buckets:
    """The buckets of a range; its ends are buckets' ends or those of what there is."""
    inside = (buckets.start >= lo_ns // asked.step_ns * asked.step_ns) & (buckets.start < hi_ns)
    if inside.all():
        return buckets
    found = {name: _column(buckets, name)[inside] for name in _names(asked.parts)}
    return _filled(found)


def joined(buckets: Sequence[Buckets], parts: Parts) -> Buckets:
    """Buckets of several ranges as one; not of strings."""
    if len(buckets) == 1:
        return buckets[0]
    return _filled(
        {name: np.concatenate([_column(each, name) for each in buckets]) for name in _names(parts)}
    )


def _filled(columns: dict[str, NDArray[Any]]) -> Buckets:
    """Buckets of some columns; the others are 0 and take no room."""
    zero = np.broadcast_to(np.int64(0), len(columns["key"]))
    floats = np.broadcast_to(np.float64(0), len(zero))
    every: list[Any] = [
        columns.get(name, floats if name in ("total", "rise") else zero)
        for name in Buckets._fields[:-1]
    ]
    return Buckets(*every)


def _names(parts: Parts) -> list[str]:
    more = [name for part, names in _COLUMNS if part in parts for name in names]
    return [*_ALWAYS, *more]


def _column(buckets: Buckets, name: str) -> NDArray[Any]:
    column: NDArray[Any] = getattr(buckets, name)
    return column

"""A SeriesStore in memory: the plain reading of the port, for tests.

Slow on purpose: rows are Python tuples, so that it can be seen to be right.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from muster.clock import DAY_NS
from muster.errors import Unavailable
from muster.model.aggregate import increase
from muster.model.metric import Kind, Value, pattern_of, value_of
from muster.ports.series import Buckets, Grid, Parts, Rows, SeriesRef, Usage
from muster.store.engine.rowcache import grids_of

_Key = tuple[int, int]  # tags, field
_Summary = tuple[
    int, float, int, int, int, int, int, int, float, int
]  # columns of Buckets from `counts` on


class MemoryStore:
    """See ports.series.SeriesStore. `failing` makes every call raise Unavailable."""

    def __init__(self) -> None:
        self.failing = ""
        self.appends: list[str] = []  # every token that was given, also repeated ones
        self._tokens: set[str] = set()
        self._rows: dict[Kind, dict[_Key, dict[int, Value]]] = {}

    def open(self) -> None:
        self._check()

    def append(self, token: str, rows: dict[Kind, Rows], *, rewrites: bool = False) -> None:
        self._check()
        self.appends.append(token)
        if token in self._tokens:
            return
        self._tokens.add(token)
        for kind, some in rows.items():
            table = self._rows.setdefault(kind, {})
            for at, time_ns in enumerate(some.times.tolist()):
                key = (int(some.tags[at]), int(some.fields[at]))
                line = table.setdefault(key, {})
                if time_ns in line and not rewrites:
                    raise AssertionError(f"{time_ns} of {key} is rewritten without a word")
                line[time_ns] = _value(kind, some, at)

    def select(self, kind: Kind, keys: Sequence[SeriesRef], start_ns: int, end_ns: int) -> Rows:
        self._check()
        return _rows(
            kind,
            (
                (ref, time_ns, value)
                for ref in keys
                for time_ns, value in self._line(kind, ref)
                if start_ns <= time_ns < end_ns
            ),
        )

    def last(self, kind: Kind, keys: Sequence[SeriesRef], since_ns: int) -> Rows:
        self._check()
        newest = []
        for ref in keys:
            line = [row for row in self._line(kind, ref) if row[0] >= since_ns]
            newest += [(ref, *row) for row in line[-1:]]
        return _rows(kind, newest)

    def aggregate(
        self,
        kind: Kind,
        keys: Sequence[SeriesRef],
        start_ns: int,
        end_ns: int,
        step_ns: int,
        parts: Parts = Parts.ALL,
    ) -> Buckets:
        self._check()
        texts: list[str] = []
        buckets = []
        for key, ref in enumerate(keys):
            groups: dict[int, list[tuple[int, Value]]] = {}
            for time_ns, value in self._line(kind, ref):
                if start_ns <= time_ns < end_ns:
                    start = time_ns - time_ns % step_ns if step_ns else start_ns
                    groups.setdefault(start, []).append((time_ns, value))
            buckets += [
                (key, start, *_asked(_summary(kind, groups[start], texts), parts))
                for start in sorted(groups)
            ]
        columns = list(zip(*buckets, strict=True)) if buckets else [()] * 12
        return Buckets(
            key=np.array(columns[0], np.int64),
            start=np.array(columns[1], np.int64),
            counts=np.array(columns[2], np.int64),
            total=np.array(columns[3], np.float64),
            low=np.array(columns[4], np.int64),
            high=np.array(columns[5], np.int64),
            first=np.array(columns[6], np.int64),
            first_time=np.array(columns[7], np.int64),
            last=np.array(columns[8], np.int64),
            last_time=np.array(columns[9], np.int64),
            rise=np.array(columns[10], np.float64),
            spent=np.array(columns[11], np.int64),
            texts=texts if kind is Kind.STRING else None,
        )

    def grids(
        self, kind: Kind, keys: Sequence[SeriesRef], start_ns: int, end_ns: int, most: int
    ) -> Sequence[Grid]:
        return grids_of(self.select(kind, keys, start_ns, end_ns), keys)

    def summed_until(self, kind: Kind, since_ns: int, step_ns: int) -> int:
        """Nothing is summed up here."""
        return since_ns

    def erase(self, keys: Sequence[SeriesRef], start_ns: int, end_ns: int) -> None:
        self._check()
        for ref in keys:
            line = self._rows.get(ref.series.kind, {}).get((ref.tags, ref.field), {})
            for time_ns in [one for one in line if start_ns <= one < end_ns]:
                del line[time_ns]

    def drop(self, before_ns: int, hours_before_ns: int | None = None) -> int:
        self._check()
        days = set()
        for table in self._rows.values():
            for line in table.values():
                for time_ns in list(line):
                    day = time_ns // DAY_NS
                    if (day + 1) * DAY_NS <= before_ns:
                        del line[time_ns]
                        days.add(day)
        return len(days)

    def usage(self, day: int) -> Usage:
        """Eight bytes a row."""
        found: dict[int, float] = {}
        times: list[int] = []
        for table in self._rows.values():
            for (tags, _), line in table.items():
                mine = [time_ns for time_ns in line if time_ns // DAY_NS == day]
                if mine:
                    times += mine
                    found[tags] = found.get(tags, 0.0) + 8 * len(mine)
        return Usage(found, max(times) - min(times) if times else 0)

    def settle(self) -> None:
        """What is deleted is gone: see store.writer.Engine."""

    def roll(self, now_ns: int) -> bool:
        """There is nothing to sum up: see store.writer.Engine."""
        return False

    def close(self) -> None:
        self.failing = "the store is closed"

    def _check(self) -> None:
        if self.failing:
            raise Unavailable(self.failing)

    def _line(self, kind: Kind, ref: SeriesRef) -> list[tuple[int, Value]]:
        return sorted(self._rows.get(kind, {}).get((ref.tags, ref.field), {}).items())


def _value(kind: Kind, rows: Rows, at: int) -> Value:
    if kind is Kind.STRING:
        return (rows.texts or ())[at]
    if kind is Kind.FLOAT:
        return int(rows.patterns[at])  # as its pattern: a NaN keeps its bits so
    return value_of(int(rows.patterns[at]), kind)


def _rows(kind: Kind, found: Iterable[tuple[SeriesRef, int, Value]]) -> Rows:
    rows = list(found)
    texts = [str(value) for _, _, value in rows] if kind is Kind.STRING else None
    patterns = [0 if kind is Kind.STRING else _pattern(kind, value) for _, _, value in rows]
    return Rows(
        np.array([ref.tags for ref, _, _ in rows], np.uint64),
        np.array([ref.field for ref, _, _ in rows], np.uint64),
        np.array([time_ns for _, time_ns, _ in rows], np.int64),
        np.array(patterns, np.int64),
        texts,
    )


def _pattern(kind: Kind, value: Value) -> int:
    if kind is Kind.FLOAT:
        return int(value)
    return pattern_of(value, kind) if not isinstance(value, str) else 0


def _asked(summary: _Summary, parts: Parts) -> tuple[int | float, ...]:
    """What was not asked for is 0, so that nobody counts on it."""
    numbers = [Parts.NONE, Parts.TOTAL, Parts.LOW, Parts.HIGH]
    ends = [Parts.FIRST, Parts.FIRST, Parts.LAST, Parts.LAST]
    columns = [*numbers, *ends, Parts.RISE, Parts.RISE]
    return tuple(
        value if part in parts else 0 for part, value in zip(columns, summary, strict=True)
    )


def _summary(kind: Kind, rows: list[tuple[int, Value]], texts: list[str]) -> _Summary:
    first_time, first = rows[0]
    last_time, last = rows[-1]
    if kind is Kind.STRING:
        texts += [str(first), str(last)]
        at = len(texts) - 2
        return len(rows), 0.0, 0, 0, at, first_time, at + 1, last_time, 0.0, 0
    patterns = [_pattern(kind, value) for _, value in rows]
    numbers = [float(value_of(pattern, kind)) for pattern in patterns]
    exact = [value_of(pattern, kind) for pattern in patterns]
    total = math.fsum(numbers) if all(map(math.isfinite, numbers)) else sum(numbers)
    real = [at for at, number in enumerate(numbers) if not math.isnan(number)] or [0]
    low = min(real, key=lambda at: exact[at])
    high = max(real, key=lambda at: exact[at])
    return (
        len(rows),
        total,
        patterns[low],
        patterns[high],
        patterns[0],
        first_time,
        patterns[-1],
        last_time,
        *_rise(kind, [(time_ns, exact[at]) for at, (time_ns, _) in enumerate(rows)]),
    )


def _rise(kind: Kind, samples: list[tuple[int, Value]]) -> tuple[float, int]:
    """The increases from value to value, and the time of those that are known."""
    total, spent = 0.0, 0
    for (before_ns, before), (after_ns, after) in pairwise(samples):
        if kind is Kind.BOOLEAN or isinstance(before, str) or isinstance(after, str):
            continue
        rise = increase(before, after)
        if not math.isnan(rise):
            total, spent = total + rise, spent + after_ns - before_ns
    return total, spent

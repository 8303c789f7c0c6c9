"""What InfluxQL's functions make of many points, out of sums that head and engine have.

As exact as the points themselves: integers are added up in doubles, so their sums are taken
where no digit can be lost; NaN and infinities, which InfluxQL does not know, are not looked
through. Series of which a sum cannot be taken are named, to be read point by point.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from muster.clock import SECOND_NS
from muster.core.querying.aggregate import typed, values_of
from muster.core.querying.pointreader import PointReader
from muster.model.metric import Kind
from muster.ports.series import F64, I64, Buckets, Parts, SeriesRef

_PARTS = {
    "count": Parts.NONE,
    "sum": Parts.TOTAL,
    "mean": Parts.TOTAL,
    "min": Parts.LOW,
    "max": Parts.HIGH,
    "first": Parts.FIRST,
    "last": Parts.LAST,
}
_WHOLE = (Kind.INTEGER, Kind.UNSIGNED)
_LONG_NS = 2 * 3_600 * SECOND_NS
_STEPS_NS = tuple(minutes * 60 * SECOND_NS for minutes in (1, 5, 15, 60))
_PIECES = 48  # of a long range, at least
_EXACT = 2.0**53  # below it each double is one whole number; it is the next one, too


class Asked(NamedTuple):
    """A function of values of one kind, over steps of a half-open range; 0: over all of it."""

    function: str
    kind: Kind
    start_ns: int
    end_ns: int
    step_ns: int

    @property
    def parts(self) -> Parts:
        """What has to be known of each bucket, also to see whether it can be trusted."""
        parts = _PARTS[self.function]
        if self.function == "count" and self.kind is Kind.FLOAT:
            return Parts.TOTAL
        if parts is Parts.TOTAL and self.kind in _WHOLE:
            return Parts.TOTAL | Parts.LOW | Parts.HIGH
        return parts


class Sums(NamedTuple):
    """Rows as muster.influxql.source.Partial has them. `places` are those of the series."""

    places: I64
    times: I64
    counts: I64
    values: NDArray[Any]


def sums_of(reader: PointReader, refs: Sequence[SeriesRef], asked: Asked) -> tuple[Sums, I64]:
    """The sums, and the places of series that are not among them.

    Errors: LimitExceeded when there are too many; Unavailable.
    """
    found: list[Sums] = []
    unsure: list[I64] = []
    places = np.arange(len(refs))
    if asked.function == "last" and not asked.step_ns:
        known = _known(reader, refs, asked)
        is_left = np.ones(len(refs), np.bool_)
        is_left[known.places] = False
        places = np.flatnonzero(is_left)
        found.append(known)
    left = refs if len(places) == len(refs) else [refs[place] for place in places.tolist()]
    if not reader.is_at_once:  # blocks in memory have sums that are longer
        asked = asked._replace(step_ns=_read_step(asked))
    span = asked.start_ns, asked.end_ns, asked.step_ns
    for part, texts in reader.buckets(left, *span, asked.parts):
        part = part._replace(key=places[part.key])
        sure = _sure(part, asked)
        if not sure.all():
            unsure.append(part.key[~sure])
        found.append(_rows(part, sure, texts, asked))
    doubtful = np.unique(np.concatenate(unsure)) if unsure else np.zeros(0, np.int64)
    return _without(found, doubtful, asked.kind), doubtful


def sums_of_each(
    reader: PointReader, lists: Sequence[Sequence[SeriesRef]], asked: Asked
) -> list[tuple[Sums, I64]]:
    """The same of each of some lists, read together where a read is a wait for others."""
    if len(lists) == 1 or reader.is_at_once:
        return [sums_of(reader, refs, asked) for refs in lists]
    sums, unsure = sums_of(reader, [ref for refs in lists for ref in refs], asked)
    order = np.argsort(sums.places, kind="stable")
    sums = Sums(*(column[order] for column in sums))
    found: list[tuple[Sums, I64]] = []
    start = 0
    for refs in lists:
        end = start + len(refs)
        rows, doubtful = (slice(*np.searchsorted(of, (start, end))) for of in (sums.places, unsure))
        own = Sums(*(column[rows] for column in sums))
        found.append((own._replace(places=own.places - start), unsure[doubtful] - start))
        start = end
    return found


def _read_step(asked: Asked) -> int:
    """Of a long range that is one step, shorter ones: of those there are sums already."""
    whole = asked.end_ns - asked.start_ns
    if asked.step_ns or whole < _LONG_NS:
        return asked.step_ns
    return max(step for step in _STEPS_NS if step * _PIECES <= whole or step == _STEPS_NS[0])


def _known(reader: PointReader, refs: Sequence[SeriesRef], asked: Asked) -> Sums:
    """The last values that need no search."""
    newest = reader.latest(refs, asked.start_ns, asked.end_ns)
    there = [(place, *each) for place, each in enumerate(newest) if each is not None]
    values = _array([value for _, _, value in there], asked.kind)
    times = np.array([time for _, time, _ in there], np.int64)
    places = np.array([place for place, _, _ in there], np.int64)
    kept = np.isfinite(values) if asked.kind is Kind.FLOAT else np.ones(len(values), np.bool_)
    return Sums(places[kept], times[kept], np.ones(int(kept.sum()), np.int64), values[kept])


def _sure(part: Buckets, asked: Asked) -> NDArray[np.bool_]:
    """Which buckets hold nothing that the function must not or cannot add up."""
    if asked.kind is Kind.FLOAT:
        return np.isfinite(_floats(part, asked.function))
    if asked.kind in _WHOLE and asked.function in ("sum", "mean"):
        low, high = (typed(each, asked.kind).astype(np.float64) for each in (part.low, part.high))
        return part.counts * np.maximum(np.abs(low), np.abs(high)) < _EXACT
    return np.ones(len(part.key), np.bool_)


def _floats(part: Buckets, function: str) -> F64:
    match function:
        case "min":
            return part.low.view(np.float64)
        case "max":
            return part.high.view(np.float64)
        case "first":
            return part.first.view(np.float64)
        case "last":
            return part.last.view(np.float64)
        case _:
            return part.total


def _rows(part: Buckets, sure: NDArray[np.bool_], texts: Sequence[str], asked: Asked) -> Sums:
    times = np.full(len(part.key), asked.start_ns)
    if asked.step_ns:
        times = np.maximum(part.start, asked.start_ns)
    match asked.function:
        case "first":
            times, patterns = part.first_time, part.first
        case "last":
            times, patterns = part.last_time, part.last
        case "min":
            patterns = part.low
        case "max":
            patterns = part.high
        case _:
            patterns = _totals(part, sure, asked)
    if asked.kind is Kind.STRING and asked.function == "count":
        patterns, texts = np.zeros_like(part.key), ("",)
    if sure.all():
        return Sums(part.key, times, part.counts, values_of(patterns, asked.kind, texts))
    values = values_of(patterns[sure], asked.kind, texts)
    return Sums(part.key[sure], times[sure], part.counts[sure], values)


def _totals(part: Buckets, sure: NDArray[np.bool_], asked: Asked) -> I64:
    """Sums, with the patterns of the kind; of counts nobody looks at them."""
    if asked.kind not in _WHOLE or asked.function == "count":
        return part.total.view(np.int64)
    return np.where(sure, np.rint(part.total), 0.0).astype(np.int64)


def _without(found: Sequence[Sums], places: I64, kind: Kind) -> Sums:
    if len(found) == 1 and not len(places):
        return found[0]
    none = np.zeros(0, np.int64)
    every = Sums(none, none, none, _array([], kind))
    if found:
        every = Sums(*(np.concatenate(columns) for columns in zip(*found, strict=True)))
    if not len(places):
        return every
    kept = ~np.isin(every.places, places)
    return Sums(*(column[kept] for column in every))


def _array(values: Sequence[Any], kind: Kind) -> NDArray[Any]:
    types: dict[Kind, Any] = {
        Kind.FLOAT: np.float64,
        Kind.INTEGER: np.int64,
        Kind.UNSIGNED: np.uint64,
        Kind.BOOLEAN: np.bool_,
    }
    array = np.empty(len(values), types.get(kind, object))
    array[:] = values
    return array

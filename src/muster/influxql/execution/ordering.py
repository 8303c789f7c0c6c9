"""Points of many series as one stream, in the order in which InfluxDB hands them on."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from muster.influxql.execution.merging import tied_order
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import TEXTS, Column, Ints, concatenate, dtype, empty
from muster.influxql.values.streams import Head, Stream, place_in_run, ranks, run_numbers

MERGED_ROWS = 200_000  # beyond, equal times are in the order of the series
_EDGE_POINTS = 2


class Part(NamedTuple):
    """Points of one series, by time. Shapes: `shards` are the starts of its shard groups."""

    head: Head
    shards: tuple[int, ...]
    times: Ints
    value: Column
    aux: tuple[Column, ...]

    def take(self, rows: Ints) -> "Part":
        """These points."""
        return self._replace(
            times=self.times[rows],
            value=self.value.take(rows),
            aux=tuple(column.take(rows) for column in self.aux),
        )

    def ends(self, count: int, first: bool) -> "Part":
        """At most so many from the start, or from the end."""
        kept = slice(None, count) if first else slice(max(len(self.times) - count, 0), None)
        return self.take(np.arange(len(self.times))[kept])


def ordered(
    parts: Sequence[Part],
    dimensions: Sequence[str],
    *,
    ascending: bool,
    merged: bool,
    most: int = 0,
) -> Stream:
    """By the tags in `dimensions`, then by time; at one time in the order of the parts.

    With `merged` in the order in which a merge leaves points at one time. With `most` rows may
    be left out that are not among so many of their tags.
    """
    if not ascending:
        parts = [part.take(np.arange(len(part.times))[::-1]) for part in reversed(parts)]
    stream = _stream(parts)
    outer = ranks([head.narrowed(frozenset(dimensions)) for head in stream.heads])
    rank, times = outer[stream.owner], stream.times
    if not ascending:
        rank, times = -rank, -times
    if _is_in_order(rank, times):
        return stream
    order = np.lexsort((times, rank))  # stable: what is equal stays as it is
    if merged and len(order) <= MERGED_ROWS and _has_ties(rank[order], times[order]):
        part_of = np.repeat(np.arange(len(parts)), [len(part.times) for part in parts])
        shards = np.array(sorted({shard for part in parts for shard in part.shards}), np.int64)
        shard_of = np.searchsorted(shards, stream.times, side="right")
        order = tied_order(rank, part_of, shard_of, times, _texts(stream, ascending), most)
    is_whole = len(order) == len(times) and bool((np.diff(order) == 1).all())
    return stream if is_whole else stream.take(order)


def edges(
    parts: Sequence[Part],
    dimensions: Sequence[str],
    *,
    ascending: bool,
    first: bool,
    finer: bool = False,
) -> Stream:
    """The first or last points of each group.

    They are two: so many InfluxDB reads to decide which it is, which shows where times are equal.
    Of groups that are `finer` than those of `dimensions` it is one each time that it is their turn.
    """
    near = [part.ends(_EDGE_POINTS, first) for part in parts]
    stream = ordered(near, dimensions, ascending=first, merged=True)
    most = 1 if finer else _EDGE_POINTS
    rows = np.flatnonzero(place_in_run(run_numbers(stream.owner)) < most)
    return stream.take(rows if first == ascending else rows[::-1])


def first_of_shards(stream: Stream, parts: Sequence[Part], count: int) -> Stream:
    """So many rows of each series and shard group: where InfluxDB limits what it reads."""
    starts = np.array(sorted({shard for part in parts for shard in part.shards}), np.int64)
    shard = np.searchsorted(starts, stream.times, side="right").astype(np.int64)
    return stream.take(place_in_run(run_numbers(stream.owner, shard)) < count)


def _stream(parts: Sequence[Part]) -> Stream:
    numbers: dict[Head, int] = {}
    of_part = [numbers.setdefault(part.head, len(numbers)) for part in parts]
    owner = np.repeat(np.array(of_part, np.int64), [len(part.times) for part in parts])
    beside = zip(*(part.aux for part in parts), strict=True)
    return Stream(
        list(numbers),
        owner,
        np.concatenate([part.times for part in parts]),
        concatenate([part.value for part in parts]),
        tuple(_joined(columns, len(owner)) for columns in beside),
    )


def _joined(columns: Sequence[Column], count: int) -> Column:
    """One below the other; those of gaps alone do not decide the kind."""
    kinds = {column.kind for column in columns if column.kind is not DataType.UNKNOWN}
    if len(kinds) > 1 and kinds - TEXTS:
        values = np.empty(count, np.object_)
        values[:] = [cell for column in columns for cell in column.values.tolist()]
        valid = np.concatenate([column.valid for column in columns])
        return Column(DataType.UNKNOWN, values, valid)
    if kinds:
        kind = kinds.pop()
        columns = [c if c.kind is not DataType.UNKNOWN else empty(kind, len(c)) for c in columns]
    return concatenate(columns)


def _is_in_order(rank: Ints, times: Ints) -> bool:
    """Whether rows ascend, and none are equal."""
    is_same = rank[1:] == rank[:-1]
    return bool((np.where(is_same, times[1:] > times[:-1], rank[1:] > rank[:-1])).all())


def _has_ties(rank: Ints, times: Ints) -> bool:
    return bool(((rank[1:] == rank[:-1]) & (times[1:] == times[:-1])).any())


def _texts(stream: Stream, ascending: bool) -> list[list[int]]:
    """The texts beside the value as numbers that are in the order of the query; -1 for none.

    Rows are told apart by these up to the first column without texts.
    """
    found = []
    for column in stream.aux:
        if dtype(column.kind) is not np.object_:
            break
        _, places = np.unique(np.where(column.valid, column.values, ""), return_inverse=True)
        signed = places if ascending else places.max(initial=0) - places
        found.append(np.where(column.valid, signed, -1).tolist())
    return found

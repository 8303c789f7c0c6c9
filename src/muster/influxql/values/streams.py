"""Rows on their way through a query: series heads, and for each row its head, time and cells.

Rows come in the order in which InfluxDB hands points on: by measurement, by the tags that the
whole query groups by, by time. Within a subquery that groups finer, rows of its groups alternate;
what works on one series after another takes a run of rows with the same head for a series, which
gives InfluxDB's answers there too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from muster.influxql.values.columns import Column, Ints, concatenate

Tags = tuple[tuple[str, str], ...]


class Head(NamedTuple):
    """A series of an answer. Shapes: tags sorted by key, with "" where a series has none."""

    name: str
    tags: Tags

    def narrowed(self, keys: frozenset[str]) -> "Head":
        """With these tags alone."""
        return Head(self.name, tuple(tag for tag in self.tags if tag[0] in keys))


@dataclass(frozen=True, slots=True)
class Stream:
    """`owner` is each row's number in `heads`; a gap in `value` is a point without a value.

    With `counts` rows stand for so many points, as in muster.influxql.source.Partial.
    """

    heads: Sequence[Head]
    owner: Ints
    times: Ints
    value: Column
    aux: tuple[Column, ...] = ()
    counts: Ints | None = None

    def __len__(self) -> int:
        return len(self.times)

    def take(self, rows: npt.NDArray[Any]) -> "Stream":
        """These rows, in this order."""
        return Stream(
            self.heads,
            self.owner[rows],
            self.times[rows],
            self.value.take(rows),
            tuple(column.take(rows) for column in self.aux),
            None if self.counts is None else self.counts[rows],
        )

    def narrowed(self, keys: Sequence[str]) -> "Stream":
        """Grouped by these tags alone; rows stay where they are."""
        kept = frozenset(keys)
        heads, numbers = unite([head.narrowed(kept) for head in self.heads])
        owner = numbers[self.owner]
        return Stream(heads, owner, self.times, self.value, self.aux, self.counts)


def unite(heads: Sequence[Head]) -> tuple[list[Head], Ints]:
    """Each head once, and for each given one its number there."""
    known: dict[Head, int] = {}
    numbers = [known.setdefault(head, len(known)) for head in heads]
    return list(known), np.array(numbers, np.int64)


def ranks(heads: Sequence[Head]) -> Ints:
    """The place of each head when they are sorted; equal heads have equal places."""
    places = {head: place for place, head in enumerate(sorted(set(heads)))}
    return np.array([places[head] for head in heads], np.int64)


def run_numbers(*keys: Ints) -> Ints:
    """Numbers the runs of rows whose keys are all the same."""
    if not len(keys[0]):
        return np.zeros(0, np.int64)
    change = np.zeros(len(keys[0]), np.bool_)
    for key in keys:
        change[1:] |= key[1:] != key[:-1]
    return np.cumsum(change, dtype=np.int64)


def starts_of(run: Ints) -> Ints:
    """The first row of each run."""
    if not len(run):
        return np.zeros(0, np.int64)
    return np.flatnonzero(np.concatenate(([True], run[1:] != run[:-1]))).astype(np.int64)


def ends_of(starts: Ints, rows: int) -> Ints:
    """The row after the last of each run."""
    ends = np.empty(len(starts), np.int64)
    ends[:-1] = starts[1:]
    ends[-1:] = rows
    return ends


def place_in_run(run: Ints) -> Ints:
    """How many rows of the same run come before each row."""
    starts = starts_of(run)
    lengths = ends_of(starts, len(run)) - starts
    return np.arange(len(run), dtype=np.int64) - np.repeat(starts, lengths)


def limited(stream: Stream, limit: int, offset: int) -> Stream:
    """So many rows of each series, after so many."""
    if not limit and not offset:
        return stream
    place = place_in_run(run_numbers(stream.owner))
    kept = place >= offset
    if limit:
        kept &= place < offset + limit
    return stream.take(kept)


def joined(streams: Sequence[Stream]) -> Stream:
    """All rows one below the other."""
    if len(streams) == 1:
        return streams[0]
    heads, numbers = unite([head for stream in streams for head in stream.heads])
    sizes = np.cumsum([0] + [len(stream.heads) for stream in streams])
    return Stream(
        heads,
        np.concatenate(
            [numbers[stream.owner + first] for stream, first in zip(streams, sizes, strict=False)]
        ),
        np.concatenate([stream.times for stream in streams]),
        concatenate([stream.value for stream in streams]),
        tuple(concatenate(columns) for columns in zip(*(s.aux for s in streams), strict=True)),
    )

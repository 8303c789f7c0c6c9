"""Rows sorted into groups that are each reduced to one value or a few."""

from typing import NamedTuple

import numpy as np

from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import NUMERIC, TEXTS, Column, Ints
from muster.influxql.values.streams import ends_of


class Segments(NamedTuple):
    """Rows of all groups, those of a group together, none of them a gap.

    Shapes: group g has the rows from starts[g] to starts[g + 1]; the last ends with the array.
    """

    starts: Ints
    times: Ints
    column: Column
    weights: Ints | None = None  # how many points each row stands for; None: it is one

    @property
    def ends(self) -> Ints:
        """The row after each group's last."""
        return ends_of(self.starts, len(self.times))

    @property
    def counts(self) -> Ints:
        """How many rows each group has; at least one."""
        return self.ends - self.starts

    @property
    def points(self) -> Ints:
        """How many points each group has."""
        if self.weights is None:
            return self.counts
        found: Ints = np.add.reduceat(self.weights, self.starts)
        return found

    @property
    def groups(self) -> Ints:
        """The group of each row."""
        if len(self.starts) == 1:
            return np.zeros(len(self.times), np.int64)
        return np.repeat(np.arange(len(self.starts), dtype=np.int64), self.counts)


class Reduced(NamedTuple):
    """What a function made of groups.

    `group` says which group a value belongs to. `rows` are the rows that were picked, for a
    selector; `times` are their times. Without `times` a value stands at the start of its window.
    """

    group: Ints
    value: Column
    times: Ints | None = None
    rows: Ints | None = None


def each_group(segments: Segments, value: Column) -> Reduced:
    """One value for each group."""
    return Reduced(np.arange(len(segments.starts), dtype=np.int64), value)


def picked(segments: Segments, group: Ints, rows: Ints) -> Reduced:
    """These rows."""
    return Reduced(group, segments.column.take(rows), segments.times[rows], rows)


def unsupported(function: str, column: Column) -> InfluxqlError:
    """The error of a function that cannot take values of this kind."""
    kind = DataType.STRING if column.kind in TEXTS else column.kind
    return InfluxqlError(f"unsupported {function} iterator type: *query.{kind}InterruptIterator")


def numbers_of(function: str, segments: Segments) -> Column:
    """Their values, for a function of numbers. Errors: InfluxqlError."""
    if segments.column.kind not in NUMERIC:
        raise unsupported(function, segments.column)
    return segments.column


def codes(segments: Segments) -> Ints:
    """The place of each value among all that occur, for values of any kind."""
    _, places = np.unique(segments.column.values, return_inverse=True)
    return places.astype(np.int64)


def by_value(segments: Segments) -> Ints:
    """Rows sorted by value within their groups; equal ones stay in order."""
    values = segments.column.values
    keys = codes(segments) if values.dtype == np.object_ else values
    order: Ints = np.lexsort((keys, segments.groups)).astype(np.int64)
    return order

"""What queries are answered from: the port between InfluxQL and whatever keeps the points."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import Column, Ints, Values
from muster.influxql.values.streams import Tags


class Policy(NamedTuple):
    """A retention policy. Units: nanoseconds; a duration of 0 is for ever."""

    name: str
    duration_ns: int
    shard_duration_ns: int
    replicas: int
    default: bool


class Place(NamedTuple):
    """A measurement of a policy of a database."""

    database: str
    policy: str
    measurement: str


class SeriesInfo(NamedTuple):
    """One series.

    Shapes: tags sorted by key; `shards` are the shard groups that have points of it, by their
            start: exact counts of series go by them.
    """

    tags: Tags
    shards: tuple[int, ...] = (0,)


class Wanted(NamedTuple):
    """A field as one kind."""

    name: str
    kind: DataType


class Rows(NamedTuple):
    """Points of one series, by time.

    Shapes: one column for each wanted field, gaps where a point has none; each row has at least
            one. `series` is the place in the answer of `Source.series`.
    """

    series: int
    times: Ints
    columns: tuple[Column, ...]


class Partial(NamedTuple):
    """Rows that together make a function's value of the points of a field.

    Shapes: one entry for each row, in any order; `series` are places in the answer of
            `Source.series`. A row stands for `counts` points of one step: for sum and mean its
            value is their sum, for count any, else the point that is chosen, with its time; that
            of others is a time of the step.
    """

    series: Ints
    times: Ints
    counts: Ints
    value: Column


class Matrix(msgspec.Struct, frozen=True):
    """Points of some series and fields of one kind that share their times, which ascend.

    Shapes: `values` are [row, time], none of them a gap, NaN or infinite; `rows` are places in
            what was asked for: field by field, of each all series. They ascend.
    """

    rows: Ints
    times: Ints
    values: Values


class Source(Protocol):
    """Databases with points. Calls come from one thread and may take long.

    Ranges are of times, both ends within; what belongs to a shard group is told for each range
    that touches the group. Nothing here raises for what is not there: it gives nothing.
    """

    def databases(self) -> Sequence[str]:
        """Their names, in the order in which they were made."""
        ...

    def policies(self, database: str) -> Sequence[Policy] | None:
        """The policies of a database; None when there is no such database."""
        ...

    def default_policy(self, database: str) -> str:
        """The name of the default policy, which may have been dropped; empty for none."""
        ...

    def measurements(self, database: str, policy: str) -> Sequence[str]:
        """Their names, sorted."""
        ...

    def fields(self, place: Place, start_ns: int, end_ns: int) -> Mapping[str, frozenset[DataType]]:
        """Each field, with all the kinds that it has in different shards."""
        ...

    def series(self, place: Place, start_ns: int, end_ns: int) -> Sequence[SeriesInfo]:
        """All series, sorted by their tags; the same answer while a query runs."""
        ...

    def tag_values(
        self, place: Place, wanted: Callable[[str], bool]
    ) -> Mapping[str, Iterable[str]] | None:
        """The values of the wanted tags, of all its series. None: see what `series` gives."""
        ...

    def rows(
        self,
        place: Place,
        series: Sequence[int],
        fields: Sequence[Wanted],
        start_ns: int,
        end_ns: int,
    ) -> Iterable[Rows]:
        """The points of these series, one series after the other in the given order.

        A field of a number's kind is given as any other; what cannot be cast is a gap.
        """
        ...

    def partials(
        self,
        place: Place,
        series: Sequence[int],
        fields: Sequence[Wanted],
        function: str,
        start_ns: int,
        end_ns: int,
        step_ns: int,
    ) -> Sequence[Partial] | None:
        """What count, sum, mean, min, max, first or last make of these series' points, in steps.

        One for each of `fields`, which are of one kind. Steps are counted from 1970; 0 is one
        over the range. What is made of integers, and what is chosen, is exact; floats may be
        added in any order. None: `rows` are as quick.
        """
        ...

    def matrices(
        self,
        place: Place,
        series: Sequence[int],
        fields: Sequence[Wanted],
        start_ns: int,
        end_ns: int,
    ) -> Sequence[Matrix] | None:
        """All points of numbers, each row in one matrix alone. None: `partials` are as quick."""
        ...

    def latest(
        self,
        place: Place,
        series: Sequence[int],
        fields: Sequence[Wanted],
        start_ns: int,
        end_ns: int,
    ) -> Sequence[tuple[int, Any] | None] | None:
        """The last point of each field, of each of all series, as far as it has any.

        None: it has to be looked for, by `partial`.
        """
        ...

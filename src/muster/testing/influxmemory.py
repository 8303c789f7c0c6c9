"""Databases in memory that InfluxQL can be asked about, filled with line protocol.

Shard groups are as long as the policy says and counted from Monday, 0001-01-01, as InfluxDB does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import chain, groupby
from operator import add
from typing import Any

import numpy as np

from muster.influxql.execution.writing import WrittenRows
from muster.influxql.source import Matrix, Partial, Place, Policy, Rows, SeriesInfo, Wanted
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import (
    Column,
    Ints,
    Values,
    cast,
    concatenate,
    dtype,
    empty,
    full,
)
from muster.influxql.values.streams import Tags
from muster.model.metric import Kind, value_of
from muster.wire.lineprotocol import parse

_HOUR_NS = 3_600_000_000_000
WEEK_NS = 168 * _HOUR_NS
_MONDAY_NS = -62_135_596_800_000_000_000
_KINDS = {
    Kind.FLOAT: DataType.FLOAT,
    Kind.INTEGER: DataType.INTEGER,
    Kind.UNSIGNED: DataType.UNSIGNED,
    Kind.BOOLEAN: DataType.BOOLEAN,
    Kind.STRING: DataType.STRING,
}
AUTOGEN = Policy("autogen", 0, WEEK_NS, 1, True)

# Of one series: each shard group's fields, with their kind and their values by time.
_Fields = dict[str, tuple[DataType, dict[int, object]]]


class MemorySource:
    """A Source for tests."""

    def __init__(self) -> None:
        self._policies: dict[str, list[Policy]] = {}
        self._series: dict[Place, dict[Tags, dict[int, _Fields]]] = {}

    def create(self, database: str, *policies: Policy) -> None:
        """A database, with autogen if no policies are given."""
        self._policies[database] = list(policies or (AUTOGEN,))

    def drop(self, database: str) -> None:
        """Without the database and its points."""
        self._policies.pop(database, None)
        self._series = {
            place: series for place, series in self._series.items() if place.database != database
        }

    def write(self, database: str, policy: str, lines: bytes) -> None:
        """Points with nanoseconds. Errors: ValueError for lines that are none."""
        parsed = parse(lines, 1, 0)
        if parsed.errors:
            raise ValueError(parsed.errors[0].text)
        row, cell = 0, 0
        for layout, count, strings in zip(parsed.layouts, parsed.rows, parsed.strings, strict=True):
            for _ in range(count):
                time = parsed.times[row]
                row += 1
                for series in layout.series:
                    value = value_of(parsed.values[cell], series.kind, strings)
                    cell += 1
                    place = Place(database, policy, series.measurement)
                    tags = tuple(sorted((str(k), str(v)) for k, v in series.tags))
                    self._put(place, tags, series.field, _KINDS[series.kind], time, value)

    def insert(self, written: Sequence[WrittenRows]) -> None:
        """Points of SELECT INTO."""
        for rows in written:
            for name, column in rows.fields:
                for time, cell in zip(rows.times.tolist(), column.cells(), strict=True):
                    if cell is not None:
                        self._put(rows.place, rows.tags, name, column.kind, time, cell)

    def _put(
        self, place: Place, tags: Tags, field: str, kind: DataType, time: int, value: object
    ) -> None:
        length = self._length(place)
        shard = (time - _MONDAY_NS) // length * length + _MONDAY_NS
        fields = self._series.setdefault(place, {}).setdefault(tags, {}).setdefault(shard, {})
        fields.setdefault(field, (kind, {}))[1][time] = value

    def _length(self, place: Place) -> int:
        policies = self._policies.get(place.database, [])
        return next((p.shard_duration_ns for p in policies if p.name == place.policy), WEEK_NS)

    def databases(self) -> Sequence[str]:
        return list(self._policies)

    def policies(self, database: str) -> Sequence[Policy] | None:
        return self._policies.get(database)

    def default_policy(self, database: str) -> str:
        return next((each.name for each in self._policies.get(database, ()) if each.default), "")

    def measurements(self, database: str, policy: str) -> Sequence[str]:
        return sorted(
            place.measurement
            for place in self._series
            if (place.database, place.policy) == (database, policy)
        )

    def fields(self, place: Place, start_ns: int, end_ns: int) -> Mapping[str, frozenset[DataType]]:
        found: dict[str, set[DataType]] = {}
        for shards in self._series.get(place, {}).values():
            for shard, fields in shards.items():
                if self._touches(place, shard, start_ns, end_ns):
                    for name, (kind, _) in fields.items():
                        found.setdefault(name, set()).add(kind)
        return {name: frozenset(kinds) for name, kinds in found.items()}

    def series(self, place: Place, start_ns: int, end_ns: int) -> Sequence[SeriesInfo]:
        found = []
        for tags, shards in sorted(self._series.get(place, {}).items()):
            kept = [s for s in sorted(shards) if self._touches(place, s, start_ns, end_ns)]
            if kept:
                found.append(SeriesInfo(tags, tuple(kept)))
        return found

    def rows(
        self,
        place: Place,
        series: Sequence[int],
        fields: Sequence[Wanted],
        start_ns: int,
        end_ns: int,
    ) -> Iterable[Rows]:
        known = self.series(place, start_ns, end_ns)
        for number in series:
            shards = self._series[place][known[number].tags]
            times = sorted(
                {
                    time
                    for shard in shards.values()
                    for wanted in fields
                    for time in shard.get(wanted.name, (None, {}))[1]
                    if start_ns <= time <= end_ns
                }
            )
            columns = tuple(_column(shards, times, wanted) for wanted in fields)
            valid = np.zeros(len(times), np.bool_)
            for column in columns:
                valid |= column.valid
            array = np.array(times, np.int64)
            yield Rows(number, array[valid], tuple(column.take(valid) for column in columns))

    def tag_values(
        self, place: Place, wanted: Callable[[str], bool]
    ) -> Mapping[str, Iterable[str]] | None:
        found: dict[str, set[str]] = {}
        for key, value in chain.from_iterable(self._series.get(place, ())):
            if wanted(key):
                found.setdefault(key, set()).add(value)
        return found

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
        span = start_ns, end_ns, step_ns
        return [self._partial(place, series, field, function, *span) for field in fields]

    def _partial(
        self,
        place: Place,
        series: Sequence[int],
        field: Wanted,
        function: str,
        start_ns: int,
        end_ns: int,
        step_ns: int,
    ) -> Partial:
        made: list[tuple[int, int, int, Any]] = []
        for rows in self.rows(place, series, [field], start_ns, end_ns):
            cells = zip(rows.times.tolist(), rows.columns[0].cells(), strict=True)
            points = [(time, value) for time, value in cells if value is not None]
            for step, held in groupby(points, key=lambda point: step_ns and point[0] // step_ns):
                started = max(step * step_ns, start_ns) if step_ns else start_ns
                made.append((rows.series, *_made(function, list(held), started)))
        values = np.array([row[3] for row in made], dtype(field.kind))
        numbers = np.array([row[:3] for row in made], np.int64).reshape(-1, 3)
        owners, times, counts = numbers.T
        return Partial(owners, times, counts, full(field.kind, values))

    def matrices(
        self,
        place: Place,
        series: Sequence[int],
        fields: Sequence[Wanted],
        start_ns: int,
        end_ns: int,
    ) -> Sequence[Matrix] | None:
        found = []
        for row, times, values in self._points(place, series, fields, start_ns, end_ns):
            if values.dtype.kind == "f" and not np.isfinite(values).all():
                return None
            found.append(Matrix(np.array([row], np.int64), times, values[np.newaxis]))
        return found

    def latest(
        self,
        place: Place,
        series: Sequence[int],
        fields: Sequence[Wanted],
        start_ns: int,
        end_ns: int,
    ) -> Sequence[tuple[int, Any] | None] | None:
        newest: list[tuple[int, Any] | None] = [None] * (len(series) * len(fields))
        for row, times, values in self._points(place, series, fields, start_ns, end_ns):
            if values.dtype.kind == "f" and not np.isfinite(values[-1]):
                return None
            newest[row] = int(times[-1]), values[-1]
        return newest

    def _points(
        self,
        place: Place,
        series: Sequence[int],
        fields: Sequence[Wanted],
        start_ns: int,
        end_ns: int,
    ) -> Iterator[tuple[int, Ints, Values]]:
        """Field by field those of each series that has any."""
        for number, wanted in enumerate(fields):
            order = {each: at for at, each in enumerate(series)}
            for rows in self.rows(place, series, [wanted], start_ns, end_ns):
                there = rows.columns[0].valid
                if there.any():
                    row = number * len(series) + order[rows.series]
                    yield row, rows.times[there], rows.columns[0].values[there]

    def _touches(self, place: Place, shard: int, start_ns: int, end_ns: int) -> bool:
        return shard <= end_ns and start_ns < shard + self._length(place)


class PointsOnly(MemorySource):
    """The same, but nothing is added up before it is handed over."""

    def partials(
        self,
        place: Place,
        series: Sequence[int],
        fields: Sequence[Wanted],
        function: str,
        start_ns: int,
        end_ns: int,
        step_ns: int,
    ) -> None:
        return None

    def matrices(
        self,
        place: Place,
        series: Sequence[int],
        fields: Sequence[Wanted],
        start_ns: int,
        end_ns: int,
    ) -> None:
        return None

    def latest(
        self,
        place: Place,
        series: Sequence[int],
        fields: Sequence[Wanted],
        start_ns: int,
        end_ns: int,
    ) -> None:
        return None


def _made(function: str, points: Sequence[tuple[int, Any]], start_ns: int) -> tuple[int, int, Any]:
    """Time, count and value of some points of a series, as Source.partial says."""
    values = [value for _, value in points]
    match function:
        case "first":
            time, value = points[0]
        case "last":
            time, value = points[-1]
        case "min":
            time, value = start_ns, min(values)
        case "max":
            time, value = start_ns, max(values)
        case "count":
            time, value = start_ns, values[0]
        case _:
            time, value = start_ns, reduce(add, values)
    return time, len(points), value


def _column(shards: Mapping[int, _Fields], times: Sequence[int], wanted: Wanted) -> Column:
    """A field's values at these times, of each shard group's kind cast to the wanted one."""
    parts = []
    owner = _shards_of(shards, times)
    for shard, group in groupby(range(len(times)), key=lambda row: int(owner[row])):
        rows = list(group)
        kind, values = shards[shard].get(wanted.name, (wanted.kind, {}))
        cells = [values.get(times[row]) for row in rows]
        array = np.zeros(len(cells), dtype(kind))
        for place, cell in enumerate(cells):
            if cell is not None:
                array[place] = cell
        valid = np.array([cell is not None for cell in cells], np.bool_)
        parts.append(cast(Column(kind, array, valid), wanted.kind))
    return concatenate(parts) if parts else empty(wanted.kind, 0)


def _shards_of(shards: Mapping[int, _Fields], times: Sequence[int]) -> Ints:
    starts = np.array(sorted(shards), np.int64)
    places = np.searchsorted(starts, np.array(times, np.int64), side="right") - 1
    return starts[places]

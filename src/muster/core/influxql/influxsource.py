"""The databases of a space as InfluxQL sees them: its Source over catalogue, head and engine.

Used in the thread of one statement, or on the loop, for that statement alone. Series
that differ in tags of the hub alone are one here. The built-in database has what agents send:
no shards, one kind for each of its series, and the tag `node` is shown, because two machines may
have one host name. It shows the points of some databases too, as their writers named them.

Source: docs/faces/influx-write.md, "Where points lie"
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from muster.core.influxql.keptreads import KeptReads
from muster.core.influxql.pointcolumns import Part, aligned, column_of, finite, is_odd
from muster.core.influxql.pointlines import KnownLines, Line, Placed, batches
from muster.core.influxql.pointnames import PointNames
from muster.core.influxql.pointsums import Asked, sums_of_each
from muster.core.querying.pointreader import PointReader
from muster.influxql.source import Matrix, Partial, Place, Policy, Rows, SeriesInfo, Wanted
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import concatenate, empty, full
from muster.model.influx import MAX_NS, MIN_NS, Database, Shard
from muster.model.metric import Kind
from muster.ports.series import SeriesRef

DATA_TYPES = {
    Kind.FLOAT: DataType.FLOAT,
    Kind.INTEGER: DataType.INTEGER,
    Kind.UNSIGNED: DataType.UNSIGNED,
    Kind.BOOLEAN: DataType.BOOLEAN,
    Kind.STRING: DataType.STRING,
}
KINDS = {data_type: kind for kind, data_type in DATA_TYPES.items()}
_LATEST_NS = 1 << 62  # of what agents send
_Kinds = dict[str, set[DataType]]


class _Series(NamedTuple):
    """The series of a place, and what they are as InfluxQL sees them."""

    lines: Sequence[Line]
    infos: Sequence[SeriesInfo]


_NO_SERIES = _Series([], [])


class StoredSource:
    """Implements muster.influxql.source.Source.

    `exact`: series are those with points in the shards of a range, as SHOW tells; without it
    all that the place has ever had, which is quicker, and the same where values are read.
    `by_shard`: in which shards each is matters; without it what is asked of all time needs no
    look at points, because series without any are forgotten.
    """

    def __init__(
        self,
        *,
        names: PointNames,
        reader: PointReader,
        exact: bool,
        by_shard: bool = True,
        lines: KnownLines | None = None,
    ) -> None:
        """`lines` are shared by statements."""
        self._by_shard = by_shard
        self._names = names
        self._reader = reader
        self._exact = exact
        self._shared_lines = KnownLines() if lines is None else lines
        self._found: dict[tuple[Place, tuple[int, ...]], _Series] = {}
        # Asked for more than once by each statement:
        self._latest_series: tuple[tuple[Place, int, int], _Series] | None = None

    def databases(self) -> Sequence[str]:
        return [each.name for each in self._names.listed()]

    def policies(self, database: str) -> Sequence[Policy] | None:
        found = self._names.database(database)
        if found is None:
            return None
        default = found.default_policy
        return [
            Policy(each.name, each.duration_ns, each.shard_ns, each.replicas, each.name == default)
            for each in found.policies
        ]

    def default_policy(self, database: str) -> str:
        found = self._names.database(database)
        return found.default_policy if found is not None else ""

    def measurements(self, database: str, policy: str) -> Sequence[str]:
        found = self._names.database(database)
        if found is None or found.policy(policy) is None:
            return []
        return self._names.measurements(found, policy)

    def fields(self, place: Place, start_ns: int, end_ns: int) -> Mapping[str, frozenset[DataType]]:
        found = self._names.database(place.database)
        kinds: _Kinds = {}
        if found is None:
            return {}
        if self._names.is_own(found):
            for line in self._names.lines(place):
                for field, refs in line.refs.items():
                    kinds.setdefault(field, set()).update(_types(refs))
        else:
            for shard in self._names.shards(found, place.policy, start_ns, end_ns):
                known = self._names.kinds_in(shard)
                for (measurement, field), kind in known.items():
                    if measurement == place.measurement:
                        kinds.setdefault(field, set()).add(DATA_TYPES[kind])
            if self._names.nodes is not None:
                kinds = self._of_seen(place, kinds)
        return {field: frozenset(held) for field, held in kinds.items()}

    def series(self, place: Place, start_ns: int, end_ns: int) -> Sequence[SeriesInfo]:
        return self._series(place, start_ns, end_ns).infos

    def tag_values(
        self, place: Place, wanted: Callable[[str], bool]
    ) -> Mapping[str, Iterable[str]] | None:
        found = self._names.database(place.database)
        if found is None or self._names.nodes is not None or self._names.is_own(found):
            return None
        return self._names.tag_values(place, found, wanted)

    def rows(
        self,
        place: Place,
        series: Sequence[int],
        fields: Sequence[Wanted],
        start_ns: int,
        end_ns: int,
    ) -> Iterable[Rows]:
        lines = self._series(place, start_ns, end_ns).lines
        first, end = self._reach(place, start_ns, end_ns)
        for batch in batches(series, lines, {each.name for each in fields}):
            yield from self._read(batch, [lines[number] for number in batch], fields, first, end)

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
        lines = self._series(place, start_ns, end_ns).lines
        first, end = self._reach(place, start_ns, end_ns)
        if first < 0:
            return None
        kind = KINDS[fields[0].kind]
        chosen = [self._shared_lines.chosen(series, lines, each.name, kind) for each in fields]
        lists = [refs for _, refs, _ in chosen if refs]
        asked = Asked(function, kind, first, end, step_ns)
        made = iter(sums_of_each(self._reader, lists, asked) if lists else ())
        found: list[Partial] = []
        for field, (numbers, refs, others) in zip(fields, chosen, strict=True):
            parts: list[Partial] = []
            if refs:
                sums, unsure = next(made)
                column = full(field.kind, sums.values)
                parts.append(Partial(numbers[sums.places], sums.times, sums.counts, column))
                others = [*others, *numbers[unsure].tolist()]
            for rows in self.rows(place, others, [field], start_ns, end_ns) if others else ():
                ones = np.ones(len(rows.times), np.int64)
                parts.append(Partial(ones * rows.series, rows.times, ones, rows.columns[0]))
            found.append(_together(parts, field.kind))
        return found

    def matrices(
        self,
        place: Place,
        series: Sequence[int],
        fields: Sequence[Wanted],
        start_ns: int,
        end_ns: int,
    ) -> Sequence[Matrix] | None:
        first, end = self._reach(place, start_ns, end_ns)
        chosen = self._placed(place, series, fields, start_ns, end_ns)
        if chosen is None or first < 0:
            return None
        tables = self._reader.tables_of_head(chosen.refs, first, end)
        if tables is None:
            return None
        found: list[Matrix] = []
        for places, times, values, may_be_odd in tables:
            if may_be_odd and is_odd(values):
                return None
            found.append(Matrix(chosen.places[places], times, values))
        return found

    def latest(
        self,
        place: Place,
        series: Sequence[int],
        fields: Sequence[Wanted],
        start_ns: int,
        end_ns: int,
    ) -> Sequence[tuple[int, Any] | None] | None:
        first, end = self._reach(place, start_ns, end_ns)
        chosen = self._placed(place, series, fields, start_ns, end_ns)
        if chosen is None or first < 0:
            return None
        newest: list[tuple[int, Any] | None] = [None] * (len(series) * len(fields))
        found = self._reader.latest(chosen.refs, first, end)
        for at, point in zip(chosen.places.tolist(), found, strict=True):
            if point is None or (isinstance(point[1], float) and not isfinite(point[1])):
                return None
            newest[at] = point
        return newest

    def kept(
        self,
        place: Place,
        series: Sequence[int],
        fields: Sequence[Wanted],
        span: tuple[int, int],
        most: int,
    ) -> KeptReads | None:
        """Reads `most` cells of series for ranges that touch the same shards as one."""
        found = self._names.database(place.database)
        chosen = self._placed(place, series, fields, *span)
        if found is None or chosen is None:
            return None
        shards = self._names.shards(found, place.policy, *span)
        if not shards:
            return None
        every = self._names.every_shard(found, place.policy)
        earlier = [each.end_ns for each in every if each.end_ns <= shards[0].start_ns]
        reach = max(earlier, default=MIN_NS), shards[-1].end_ns
        return KeptReads(self._reader, chosen, len(series) * len(fields), reach, most)

    def _placed(
        self,
        place: Place,
        series: Sequence[int],
        fields: Sequence[Wanted],
        start_ns: int,
        end_ns: int,
    ) -> Placed | None:
        lines = self._series(place, start_ns, end_ns).lines
        kinds = [(each.name, KINDS[each.kind]) for each in fields]
        return self._shared_lines.chosen_fields(series, lines, kinds)

    def _read(
        self,
        numbers: Sequence[int],
        lines: Sequence[Line],
        fields: Sequence[Wanted],
        start_ns: int,
        end_ns: int,
    ) -> Iterator[Rows]:
        names = tuple(dict.fromkeys(wanted.name for wanted in fields))
        refs, owners = self._shared_lines.owned(lines, names)
        parts: dict[tuple[int, str], list[Part]] = {}
        for found in self._reader.values(refs, start_ns, end_ns):
            kind, times, values = (
                DATA_TYPES[refs[found.place].series.kind],
                found.times,
                found.values,
            )
            if found.is_odd:
                times, values = finite(times, values, kind)
            parts.setdefault(owners[found.place], []).append((times, full(kind, values)))
        for at, number in enumerate(numbers):
            columns = [column_of(parts.get((at, each.name), ()), each.kind) for each in fields]
            times, beside = aligned(columns)
            if len(times):
                yield Rows(number, times, beside)

    def _series(self, place: Place, start_ns: int, end_ns: int) -> _Series:
        latest, asked = self._latest_series, (place, start_ns, end_ns)
        if latest is None or latest[0] != asked:
            latest = self._latest_series = asked, self._of_range(*asked)
        return latest[1]

    def _of_range(self, place: Place, start_ns: int, end_ns: int) -> _Series:
        found = self._names.database(place.database)
        if found is None:
            return _NO_SERIES
        is_own = self._names.is_own(found)
        shards = () if is_own else self._names.shards(found, place.policy, start_ns, end_ns)
        key = place, tuple(shard.start_ns for shard in shards)
        known = self._found.get(key)
        if known is None:
            known = _NO_SERIES
            if is_own or shards:
                known = self._present(place, found, shards)
            self._found[key] = known
        return known

    def _present(self, place: Place, database: Database, shards: Sequence[Shard]) -> _Series:
        """Those with points in some shards; none of them: all, of the space's own database."""
        lines = self._names.lines(place)
        starts = tuple(shard.start_ns for shard in shards) or (0,)
        every = len(self._names.every_shard(database, place.policy)) if shards else 1
        is_known = every == 1 or not self._exact or not lines
        if is_known or (len(shards) == every and not self._by_shard):
            found = self._names.refs(place)
            return _Series(lines, self._shared_lines.infos(found, starts, is_own=not shards))
        refs: list[SeriesRef] = []
        owners: list[int] = []
        for at, line in enumerate(lines):
            for some in line.refs.values():
                refs += some
                owners += [at] * len(some)
        there = np.zeros((len(lines), len(shards)), np.bool_)
        spans = [(shard.start_ns, shard.end_ns) for shard in shards]
        np.logical_or.at(there, np.array(owners), self._reader.presence(refs, spans))
        kept = np.flatnonzero(there.any(axis=1)).tolist()
        return _Series(
            [lines[at] for at in kept],
            [
                SeriesInfo(lines[at].tags, tuple(np.array(starts)[there[at]].tolist()))
                for at in kept
            ],
        )

    def _of_seen(self, place: Place, kinds: Mapping[str, set[DataType]]) -> _Kinds:
        """Of the fields of a place those that the nodes have, with their kinds."""
        seen: _Kinds = {}
        for field, refs in (
            each for line in self._names.lines(place) for each in line.refs.items()
        ):
            if both := _types(refs) & kinds.get(field, set()):
                seen.setdefault(field, set()).update(both)
        return seen

    def _reach(self, place: Place, start_ns: int, end_ns: int) -> tuple[int, int]:
        """A range, half open, as far as there can be points."""
        found = self._names.database(place.database)
        end_ns = min(end_ns, MAX_NS - 1) + 1
        if found is None or self._names.is_own(found):
            return max(start_ns, 0), min(end_ns, _LATEST_NS)
        shards = self._names.shards(found, place.policy, start_ns, end_ns - 1)
        if not shards:
            return 0, 0
        return max(start_ns, shards[0].start_ns), min(end_ns, shards[-1].end_ns)


def _types(refs: Iterable[SeriesRef]) -> set[DataType]:
    return {DATA_TYPES[ref.series.kind] for ref in refs}


def _together(parts: Sequence[Partial], kind: DataType) -> Partial:
    if len(parts) == 1:
        return parts[0]
    none = np.zeros(0, np.int64)
    every = [Partial(none, none, none, empty(kind, 0)), *parts]
    return Partial(
        np.concatenate([part.series for part in every]),
        np.concatenate([part.times for part in every]),
        np.concatenate([part.counts for part in every]),
        concatenate([part.value for part in every]),
    )

"""The databases of a space as InfluxQL sees them: its Source over catalogue, head and engine.

Used in the thread of one statement, for that statement alone: names are looked up once. Series
that differ in tags of the hub alone are one here. The built-in database has what agents send:
no shards, one kind for each of its series, and the tag `node` is shown, because two machines may
have one host name. It shows the points of some databases too, as their writers named them.

Source: docs/faces/influx-write.md, "Where points lie"
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from muster.core.databases import Databases
from muster.core.fieldkinds import FieldKinds
from muster.core.pointcolumns import Part, aligned, column_of, finite
from muster.core.pointlines import KnownLines, Line, batches, stock_of
from muster.core.pointreader import OnLoop, PointReader
from muster.core.pointsums import Asked, sums_of
from muster.core.stocks import Stocks
from muster.influxql.ast import DataType
from muster.influxql.columns import concatenate, empty, full
from muster.influxql.source import Partial, Place, Policy, Rows, SeriesInfo, Wanted
from muster.model.ids import NodeId, SpaceId
from muster.model.influx import MAX_NS, STOCK, Database, Shard, scope_of
from muster.model.metric import Kind
from muster.model.query import Selector
from muster.ports.series import Catalogue, SeriesRef

DATA_TYPES = {
    Kind.FLOAT: DataType.FLOAT,
    Kind.INTEGER: DataType.INTEGER,
    Kind.UNSIGNED: DataType.UNSIGNED,
    Kind.BOOLEAN: DataType.BOOLEAN,
    Kind.STRING: DataType.STRING,
}
_LATEST_NS = 1 << 62  # of what agents send
_Kinds = dict[str, set[DataType]]


class StoredSource:
    """Implements muster.influxql.source.Source.

    `exact`: series are those with points in the shards of a range, as SHOW tells; without it
    all that the place has ever had, which is quicker, and the same where values are read.
    `by_shard`: in which shards each is matters; without it what is asked of all time needs no
    look at points, because series without any are forgotten.
    `nodes`: nothing is there but what these sent, or wrote as themselves; None: all of the space.
    """

    def __init__(
        self,
        *,
        space: SpaceId,
        nodes: frozenset[NodeId] | None = None,
        databases: Databases,
        kinds: FieldKinds,
        stocks: Stocks,
        catalogue: Catalogue,
        reader: PointReader,
        on_loop: OnLoop,
        most_series: int,
        exact: bool,
        by_shard: bool = True,
        lines: KnownLines | None = None,
    ) -> None:
        """`lines` are shared by statements."""
        self._by_shard = by_shard
        self._space = space
        self._nodes = nodes
        self._databases = databases
        self._kinds = kinds
        self._stocks = stocks
        self._catalogue = catalogue
        self._reader = reader
        self._on_loop = on_loop
        self._most_series = most_series
        self._exact = exact
        self._shared_lines = KnownLines() if lines is None else lines
        self._lines: dict[Place, list[Line]] = {}
        self._found_refs: dict[Place, Sequence[SeriesRef]] = {}
        self._found_shards: dict[tuple[str, str], tuple[Shard, ...]] = {}
        self._found_kinds: dict[int, Mapping[tuple[str, str], Kind]] = {}
        self._found: dict[tuple[Place, tuple[int, ...]], list[tuple[Line, SeriesInfo]]] = {}
        self._known: dict[str, Database | None] = {}

    def databases(self) -> Sequence[str]:
        return [each.name for each in self._on_loop(lambda: self._databases.listed(self._space))]

    def policies(self, database: str) -> Sequence[Policy] | None:
        found = self._database(database)
        if found is None:
            return None
        default = found.default_policy
        return [
            Policy(each.name, each.duration_ns, each.shard_ns, each.replicas, each.name == default)
            for each in found.policies
        ]

    def measurements(self, database: str, policy: str) -> Sequence[str]:
        found = self._database(database)
        if found is None or found.policy(policy) is None:
            return []
        is_own = self._databases.is_own(found)
        names = self._on_loop(self._own_names if is_own else lambda: self._names_of(found, policy))
        if self._nodes is not None:
            names = {each for each in names if self._refs_of(Place(database, policy, each), found)}
        return sorted(names)

    def fields(self, place: Place, start_ns: int, end_ns: int) -> Mapping[str, frozenset[DataType]]:
        found = self._database(place.database)
        kinds: _Kinds = {}
        if found is None:
            return {}
        if self._databases.is_own(found):
            for line in self._lines_of(place):
                for field, refs in line.refs.items():
                    kinds.setdefault(field, set()).update(_types(refs))
        else:
            for shard in self._shards(found, place.policy, start_ns, end_ns):
                known = self._kinds_in(shard)
                for (measurement, field), kind in known.items():
                    if measurement == place.measurement:
                        kinds.setdefault(field, set()).add(DATA_TYPES[kind])
            if self._nodes is not None:
                kinds = self._of_seen(place, kinds)
        return {field: frozenset(held) for field, held in kinds.items()}

    def series(self, place: Place, start_ns: int, end_ns: int) -> Sequence[SeriesInfo]:
        return [info for _, info in self._series(place, start_ns, end_ns)]

    def tag_values(
        self, place: Place, wanted: Callable[[str], bool]
    ) -> Mapping[str, Iterable[str]] | None:
        found = self._database(place.database)
        if found is None or self._nodes is not None or self._databases.is_own(found):
            return None
        stock = self._on_loop(lambda: self._stocks.find(found, place.policy))
        if stock is None:
            return {}
        known = partial(self._catalogue.tag_values, stock.id, place.measurement)
        return self._on_loop(lambda: {k: set(held) for k, held in known().items() if wanted(k)})

    def rows(
        self,
        place: Place,
        series: Sequence[int],
        fields: Sequence[Wanted],
        start_ns: int,
        end_ns: int,
    ) -> Iterable[Rows]:
        known = self._series(place, start_ns, end_ns)
        first, end = self._reach(place, start_ns, end_ns)
        for batch in batches(series, [line for line, _ in known], {each.name for each in fields}):
            yield from self._read(batch, [known[number][0] for number in batch], fields, first, end)

    def partial(
        self,
        place: Place,
        series: Sequence[int],
        field: Wanted,
        function: str,
        start_ns: int,
        end_ns: int,
        step_ns: int,
    ) -> Partial | None:
        known = self._series(place, start_ns, end_ns)
        first, end = self._reach(place, start_ns, end_ns)
        if first < 0:
            return None
        refs = {number: known[number][0].refs.get(field.name, ()) for number in series}
        single = [number for number, some in refs.items() if _is_one(some, field.kind)]
        others = [number for number, some in refs.items() if some and not _is_one(some, field.kind)]
        parts: list[Partial] = []
        if single:
            chosen = [refs[number][0] for number in single]
            asked = Asked(function, chosen[0].series.kind, first, end, step_ns)
            sums, unsure = sums_of(self._reader, chosen, asked)
            numbers = np.array(single)
            column = full(field.kind, sums.values)
            parts.append(Partial(numbers[sums.places], sums.times, sums.counts, column))
            others += numbers[unsure].tolist()
        for rows in self.rows(place, others, [field], start_ns, end_ns) if others else ():
            ones = np.ones(len(rows.times), np.int64)
            parts.append(Partial(ones * rows.series, rows.times, ones, rows.columns[0]))
        return _together(parts, field.kind)

    def _read(
        self,
        numbers: Sequence[int],
        lines: Sequence[Line],
        fields: Sequence[Wanted],
        start_ns: int,
        end_ns: int,
    ) -> Iterator[Rows]:
        refs: list[SeriesRef] = []
        owners: list[tuple[int, str]] = []
        for at, line in enumerate(lines):
            for field in dict.fromkeys(wanted.name for wanted in fields):
                some = line.refs.get(field, ())
                refs += some
                owners += [(at, field)] * len(some)
        parts: dict[tuple[int, str], list[Part]] = {}
        for found in self._reader.values(refs, start_ns, end_ns):
            kind = DATA_TYPES[refs[found.place].series.kind]
            times, values = finite(found.times, found.values, kind)
            parts.setdefault(owners[found.place], []).append((times, full(kind, values)))
        for at, number in enumerate(numbers):
            columns = [column_of(parts.get((at, each.name), ()), each.kind) for each in fields]
            times, beside = aligned(columns)
            if len(times):
                yield Rows(number, times, beside)

    def _series(
        self, place: Place, start_ns: int, end_ns: int
    ) -> Sequence[tuple[Line, SeriesInfo]]:
        found = self._database(place.database)
        if found is None:
            return []
        is_own = self._databases.is_own(found)
        shards = () if is_own else self._shards(found, place.policy, start_ns, end_ns)
        key = place, tuple(shard.start_ns for shard in shards)
        known = self._found.get(key)
        if known is None:
            lines = self._lines_of(place)
            if is_own:
                known = [(line, SeriesInfo(line.tags)) for line in lines]
            elif shards:
                known = self._present(lines, found, place.policy, shards)
            else:
                known = []
            self._found[key] = known
        return known

    def _present(
        self, lines: Sequence[Line], database: Database, policy: str, shards: Sequence[Shard]
    ) -> list[tuple[Line, SeriesInfo]]:
        starts = tuple(shard.start_ns for shard in shards)
        every = len(self._every_shard(database, policy))
        is_known = every == 1 or not self._exact or not lines
        if is_known or (len(shards) == every and not self._by_shard):
            return [(line, SeriesInfo(line.tags, starts)) for line in lines]
        refs: list[SeriesRef] = []
        owners: list[int] = []
        for at, line in enumerate(lines):
            for some in line.refs.values():
                refs += some
                owners += [at] * len(some)
        there = np.zeros((len(lines), len(shards)), np.bool_)
        spans = [(shard.start_ns, shard.end_ns) for shard in shards]
        np.logical_or.at(there, np.array(owners), self._reader.presence(refs, spans))
        return [
            (line, SeriesInfo(line.tags, tuple(np.array(starts)[held].tolist())))
            for line, held in zip(lines, there, strict=True)
            if held.any()
        ]

    def _of_seen(self, place: Place, kinds: Mapping[str, set[DataType]]) -> _Kinds:
        """Of the fields of a place those that the nodes have, with their kinds."""
        seen: _Kinds = {}
        for field, refs in (each for line in self._lines_of(place) for each in line.refs.items()):
            if both := _types(refs) & kinds.get(field, set()):
                seen.setdefault(field, set()).update(both)
        return seen

    def _lines_of(self, place: Place) -> list[Line]:
        """The series of a place, sorted by tags."""
        lines = self._lines.get(place)
        if lines is None:
            found = self._database(place.database)
            is_own = found is not None and self._databases.is_own(found)
            refs = self._refs_of(place, found)
            lines = self._lines[place] = self._shared_lines.of(refs, is_own=is_own)
        return lines

    def look_up(self, places: Iterable[Place]) -> None:
        """Names that will be needed; called on the loop, it saves calls from another thread."""
        for place in places:
            found = self._database(place.database)
            if found is None:
                continue
            whole = place._replace(policy=place.policy or found.default_policy)
            self._refs_of(whole, found)
            if not self._databases.is_own(found):
                for shard in self._every_shard(found, whole.policy):
                    self._kinds_in(shard)

    def _refs_of(self, place: Place, found: Database | None) -> Sequence[SeriesRef]:
        """Errors: LimitExceeded."""
        if found is None:
            return ()
        refs = self._found_refs.get(place)
        if refs is None:
            refs = self._on_loop(lambda: self._refs(found, place.policy, place.measurement))
            self._found_refs[place] = refs
        return refs

    def _every_shard(self, database: Database, policy: str) -> tuple[Shard, ...]:
        key = database.name, policy
        every = self._found_shards.get(key)
        if every is None:
            every = self._on_loop(lambda: tuple(self._kinds.shards(database, policy)))
            self._found_shards[key] = every
        return every

    def _kinds_in(self, shard: Shard) -> Mapping[tuple[str, str], Kind]:
        known = self._found_kinds.get(shard.number)
        if known is None:
            known = self._found_kinds[shard.number] = self._on_loop(partial(self._kinds_of, shard))
        return known

    def _refs(self, database: Database, policy: str, measurement: str) -> Sequence[SeriesRef]:
        """On the loop. Errors: LimitExceeded."""
        most = self._most_series
        if self._databases.is_own(database):
            within: dict[str, tuple[str, ...]] = {"space": (self._space,)} if self._nodes else {}
            select = Selector(measurement=measurement, tags=within)
            found = self._catalogue.find(select, scope_of(self._space, self._nodes), most)
            shown = {"", *self._shown_stocks()}
            return [ref for ref in found if stock_of(ref.series.tags) in shown]
        stock = self._stocks.find(database, policy)
        if stock is None:
            return []
        select = Selector(measurement=measurement, tags={STOCK: (stock.id,)})
        scope = None if self._nodes is None else scope_of(self._space, self._nodes)
        return self._catalogue.find(select, scope, most)

    def _shown_stocks(self) -> set[str]:
        """Those whose points the own database shows beside what agents send; on the loop."""
        return {
            stock.id
            for database in self._databases.shown_in_own(self._space)
            for stock in self._stocks.of_database(database)
        }

    def _own_names(self) -> set[str]:
        """On the loop."""
        names = set(self._catalogue.measurements(self._space))
        for database in self._databases.shown_in_own(self._space):
            for stock in self._stocks.of_database(database):
                names |= self._names_of(database, stock.policy)
        return names

    def _kinds_of(self, shard: Shard) -> Mapping[tuple[str, str], Kind]:
        """On the loop, where they change."""
        return dict(self._kinds.kinds(shard))

    def _names_of(self, database: Database, policy: str) -> set[str]:
        """On the loop."""
        shards = self._kinds.shards(database, policy)
        return {measurement for shard in shards for measurement, _ in self._kinds.kinds(shard)}

    def _shards(
        self, database: Database, policy: str, start_ns: int, end_ns: int
    ) -> tuple[Shard, ...]:
        """Those that a range touches, by start."""
        every = self._every_shard(database, policy)
        return tuple(each for each in every if each.start_ns <= end_ns and start_ns < each.end_ns)

    def _reach(self, place: Place, start_ns: int, end_ns: int) -> tuple[int, int]:
        """A range, half open, as far as there can be points."""
        found = self._database(place.database)
        end_ns = min(end_ns, MAX_NS - 1) + 1
        if found is None or self._databases.is_own(found):
            return max(start_ns, 0), min(end_ns, _LATEST_NS)
        shards = self._shards(found, place.policy, start_ns, end_ns - 1)
        if not shards:
            return 0, 0
        return max(start_ns, shards[0].start_ns), min(end_ns, shards[-1].end_ns)

    def _database(self, name: str) -> Database | None:
        if name not in self._known:
            self._known[name] = self._on_loop(lambda: self._databases.find(self._space, name))
        return self._known[name]


def _types(refs: Iterable[SeriesRef]) -> set[DataType]:
    return {DATA_TYPES[ref.series.kind] for ref in refs}


def _is_one(refs: Sequence[SeriesRef], kind: DataType) -> bool:
    """Whether all points of a field are in one series of this kind."""
    return len(refs) == 1 and DATA_TYPES[refs[0].series.kind] is kind


def _together(parts: Sequence[Partial], kind: DataType) -> Partial:
    none = np.zeros(0, np.int64)
    every = [Partial(none, none, none, empty(kind, 0)), *parts]
    return Partial(
        np.concatenate([part.series for part in every]),
        np.concatenate([part.times for part in every]),
        np.concatenate([part.counts for part in every]),
        concatenate([part.value for part in every]),
    )

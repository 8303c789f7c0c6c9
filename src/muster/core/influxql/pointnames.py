"""Databases, shards, kinds and series of one space, looked up once for one statement.

All is known on the event loop; a statement that runs in a thread asks there. What many statements
ask for is remembered beyond one of them (KnownNames), as long as nothing changes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from muster.core.databases.databases import Databases
from muster.core.databases.fieldkinds import FieldKinds
from muster.core.influxql.pointlines import KnownLines, Line, stock_of
from muster.core.querying.pointreader import OnLoop
from muster.core.writes.stocks import Stocks
from muster.influxql.source import Place
from muster.model.ids import NodeId, SpaceId
from muster.model.influx import STOCK, Database, Shard, scope_of
from muster.model.metric import Kind
from muster.model.query import Selector
from muster.ports.series import Catalogue, SeriesRef

Kinds = Mapping[tuple[str, str], Kind]
"""Of the fields of a shard, by measurement and field."""

Edition = tuple[object, object, object, object]
"""Of databases, kinds, stocks and series."""

_MOST_COPIES = 64
_MANY = 20_000  # series, that are found when somebody needs them


class _Copy(NamedTuple):
    known: Kinds  # as it is on the loop, where fields are added to it
    size: int
    kinds: Kinds


class State(NamedTuple):
    """What a plan for some places depends on; equal states give equal plans."""

    databases: tuple[Database | None, ...]
    shards: tuple[tuple[Shard, ...], ...]
    sizes: tuple[int, ...]
    objects: tuple[object, ...]  # that are the same as long as nothing changes

    def is_still(self, other: "State") -> bool:
        """Whether nothing has changed between two."""
        return self[:3] == other[:3] and all(map(_is, self.objects, other.objects))


class KnownNames:
    """What statements share. Used on the event loop's thread, but for `lines`."""

    def __init__(self) -> None:
        self.lines = KnownLines()
        self._kinds: dict[int, _Copy] = {}
        self._own: tuple[Sequence[SeriesRef], frozenset[str], Sequence[SeriesRef]] | None = None

    def kinds(self, number: int, known: Kinds) -> Kinds:
        """The kinds of a shard as they are now, which may be looked at in any thread."""
        copy = self._kinds.get(number)
        if copy is None or copy.known is not known or copy.size != len(known):
            if len(self._kinds) >= _MOST_COPIES:
                self._kinds.clear()
            copy = self._kinds[number] = _Copy(known, len(known), dict(known))
        return copy.kinds

    def shown(self, found: Sequence[SeriesRef], stocks: frozenset[str]) -> Sequence[SeriesRef]:
        """What of a list is in some stocks: of the same list the same one."""
        if self._own is None or self._own[0] is not found or self._own[1] != stocks:
            kept = [ref for ref in found if stock_of(ref.series.tags) in stocks]
            self._own = found, stocks, found if len(kept) == len(found) else kept
        return self._own[2]


class PointNames:
    """For one statement. `nodes`: there is nothing but what these sent; None: all of the space."""

    def __init__(
        self,
        *,
        space: SpaceId,
        nodes: frozenset[NodeId] | None = None,
        databases: Databases,
        kinds: FieldKinds,
        stocks: Stocks,
        catalogue: Catalogue,
        on_loop: OnLoop,
        most_series: int,
        known: KnownNames,
    ) -> None:
        self._space = space
        self.nodes = nodes
        self._databases = databases
        self._kinds = kinds
        self._stocks = stocks
        self._catalogue = catalogue
        self._on_loop = on_loop
        self._most_series = most_series
        self._known = known
        self._found: dict[str, Database | None] = {}
        self._lines: dict[Place, list[Line]] = {}
        self._refs: dict[Place, Sequence[SeriesRef]] = {}
        self._shards: dict[tuple[str, str], tuple[Shard, ...]] = {}
        self._kinds_of_shards: dict[int, Kinds] = {}

    def listed(self) -> list[Database]:
        """All databases that the space lists."""
        return self._on_loop(lambda: self._databases.listed(self._space))

    def is_own(self, database: Database | None) -> bool:
        """Whether it is that of what agents send."""
        return database is not None and self._databases.is_own(database)

    def database(self, name: str) -> Database | None:
        if name not in self._found:
            self._found[name] = self._on_loop(lambda: self._databases.find(self._space, name))
        return self._found[name]

    def measurements(self, database: Database, policy: str) -> list[str]:
        """Of a policy, or of the space's own database; sorted."""
        if self.is_own(database):
            names = self._on_loop(self._own_names)
        else:
            names = self._on_loop(lambda: self._names_of(database, policy))
        if self.nodes is not None:
            names = {each for each in names if self.refs(Place(database.name, policy, each))}
        return sorted(names)

    def tag_values(
        self, place: Place, database: Database, wanted: Callable[[str], bool]
    ) -> Mapping[str, Iterable[str]]:
        """The values of some tags of a place."""
        stock = self._on_loop(lambda: self._stocks.find(database, place.policy))
        if stock is None:
            return {}
        known = partial(self._catalogue.tag_values, stock.id, place.measurement)
        return self._on_loop(lambda: {k: set(held) for k, held in known().items() if wanted(k)})

    def lines(self, place: Place) -> list[Line]:
        """The series of a place, sorted by tags. Errors: LimitExceeded."""
        lines = self._lines.get(place)
        if lines is None:
            is_own = self.is_own(self.database(place.database))
            lines = self._known.lines.of(self.refs(place), is_own=is_own)
            self._lines[place] = lines
        return lines

    def refs(self, place: Place) -> Sequence[SeriesRef]:
        """The core's series of a place. Errors: LimitExceeded."""
        found = self.database(place.database)
        if found is None:
            return ()
        refs = self._refs.get(place)
        if refs is None:
            refs = self._on_loop(lambda: self._find(found, place.policy, place.measurement))
            self._refs[place] = refs
        return refs

    def every_shard(self, database: Database, policy: str) -> tuple[Shard, ...]:
        """Those with points, by start."""
        key = database.name, policy
        every = self._shards.get(key)
        if every is None:
            every = self._on_loop(lambda: tuple(self._kinds.shards(database, policy)))
            self._shards[key] = every
        return every

    def shards(
        self, database: Database, policy: str, start_ns: int, end_ns: int
    ) -> tuple[Shard, ...]:
        """Those that a range touches, by start."""
        every = self.every_shard(database, policy)
        return tuple(each for each in every if each.start_ns <= end_ns and start_ns < each.end_ns)

    def kinds_in(self, shard: Shard) -> Kinds:
        known = self._kinds_of_shards.get(shard.number)
        if known is None:
            known = self._on_loop(lambda: self._copied(shard))
            self._kinds_of_shards[shard.number] = known
        return known

    def edition_now(self) -> Edition:
        """As long as it is equal, so is all that the next four tell; all on the event loop."""
        return (
            self._databases.edition,
            self._kinds.edition,
            self._stocks.edition,
            self._catalogue.edition,
        )

    def database_now(self, name: str) -> Database | None:
        """The database as it is now."""
        return self._databases.find(self._space, name)

    def shards_now(self, database: Database, policy: str) -> tuple[Shard, ...]:
        """All with points."""
        return tuple(self._kinds.shards(database, policy))

    def kinds_now(self, shard: Shard) -> Kinds:
        """Of the fields of a shard; more are added to it."""
        return self._kinds.kinds(shard)

    def refs_now(self, database: Database, place: Place) -> Sequence[SeriesRef]:
        """The core's series of a place: of a place that has not changed the same list."""
        return self._find(database, place.policy, place.measurement)

    def whole(self, place: Place) -> Place | None:
        """With its policy; None where there is no such database."""
        found = self.database(place.database)
        if found is None:
            return None
        return place._replace(policy=place.policy or found.default_policy)

    def size(self, places: Iterable[Place]) -> int:
        """How many series and fields a statement about some places has to look at, at most.

        Those of a place with many are not looked up here: some statements need none of them.
        """
        size = 0
        for place in places:
            found = self.database(place.database)
            reach = self._reach(found, place) if found is not None else 0
            size += reach if reach > _MANY else len(self.refs(place))
            if found is not None and not self.is_own(found):
                every = self.every_shard(found, place.policy)
                size += sum(len(self.kinds_in(shard)) for shard in every)
        return size

    def state(self, places: Sequence[Place], start_ns: int, end_ns: int) -> State:
        """What is known now. Errors: LimitExceeded."""
        found = tuple(self.database(place.database) for place in places)
        shards = tuple(
            () if each is None or self.is_own(each) else self.every_shard(each, place.policy)
            for each, place in zip(found, places, strict=True)
        )
        touched = [
            shard
            for some in shards
            for shard in some
            if shard.start_ns <= end_ns and start_ns < shard.end_ns
        ]
        kinds = [self.kinds_in(shard) for shard in touched]
        return State(
            found,
            shards,
            tuple(shard.number for shard in touched),
            (*(self.refs(place) for place in places), *kinds),
        )

    def _reach(self, database: Database, place: Place) -> int:
        """How many series of a place a search would look at; 0 where it was made, or is small."""
        few = self._catalogue.series_total <= _MANY
        if few or place in self._refs or self.is_own(database):
            return 0
        return self._on_loop(lambda: self._reach_on_loop(database, place))

    def _reach_on_loop(self, database: Database, place: Place) -> int:
        stock = self._stocks.find(database, place.policy)
        if stock is None:
            return 0
        select = Selector(measurement=place.measurement, tags={STOCK: (stock.id,)})
        return self._catalogue.reach(select)

    def _find(self, database: Database, policy: str, measurement: str) -> Sequence[SeriesRef]:
        """On the loop. Errors: LimitExceeded."""
        most = self._most_series
        if self._databases.is_own(database):
            within: dict[str, tuple[str, ...]] = {"space": (self._space,)} if self.nodes else {}
            select = Selector(measurement=measurement, tags=within)
            found = self._catalogue.find(select, scope_of(self._space, self.nodes), most)
            return self._known.shown(found, frozenset({"", *self._shown_stocks()}))
        stock = self._stocks.find(database, policy)
        if stock is None:
            return []
        select = Selector(measurement=measurement, tags={STOCK: (stock.id,)})
        scope = None if self.nodes is None else scope_of(self._space, self.nodes)
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

    def _copied(self, shard: Shard) -> Kinds:
        """On the loop, where they change."""
        return self._known.kinds(shard.number, self._kinds.kinds(shard))

    def _names_of(self, database: Database, policy: str) -> set[str]:
        """On the loop."""
        shards = self._kinds.shards(database, policy)
        return {measurement for shard in shards for measurement, _ in self._kinds.kinds(shard)}


def _is(one: object, other: object) -> bool:
    return one is other

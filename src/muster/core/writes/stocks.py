"""Where the points of databases lie in the core model, and how they go.

The points of one policy are a stock. Its id stands in the tag `node` of its series, or beside
the writing node's own, and is never given again: what is left on disk of a policy that was
dropped is found by nothing. Five tags are the hub's, so that no writer can set them; a writer's
own tags of these names are kept under another name.

Source: docs/faces/influx-write.md, "Where points lie"
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from muster.core.writes.pointingest import Owner, PointIngest
from muster.model.identity import Identity
from muster.model.ids import NodeId
from muster.model.influx import STOCK, Database, Shard
from muster.model.metric import Tags
from muster.ports.series import SeriesRef
from muster.ports.stocks import Stock, StockRecords

HIDDEN = frozenset(("db", "node", "rp", "space", STOCK))
"""Tags of the hub on points of databases: no query of theirs shows them."""
_MARK = "_"


def kept_tags(tags: Tags) -> Tags:
    """A writer's tags as they are kept: those named like the hub's get a mark before."""
    if not any(key.lstrip(_MARK) in HIDDEN for key, _ in tags):
        return tags
    return tuple(sorted((kept_key(key), value) for key, value in tags))


def kept_key(key: str) -> str:
    """One tag's key as it is kept."""
    return _MARK + key if key.lstrip(_MARK) in HIDDEN else key


def shown_tags(tags: Tags) -> Tags:
    """Tags as their writer wrote them, of a series that is kept."""
    return tuple(
        sorted(
            (key[1:] if key.lstrip(_MARK) in HIDDEN else key, value)
            for key, value in tags
            if key not in HIDDEN
        )
    )


class Stocks:
    """The stocks of all databases, in memory; used on the event loop's thread.

    `edition` is another object after each change.
    """

    def __init__(
        self,
        *,
        records: StockRecords,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._records = records
        self._new_id = new_id
        self._known: dict[tuple[int, str], Stock] | None = None
        self.edition = object()

    def find(self, database: Database, policy: str) -> Stock | None:
        """The stock of a policy; None before its first point."""
        return self._all().get((database.number, policy))

    def ids(self) -> set[NodeId]:
        return {stock.id for stock in self._all().values()}

    async def open(self, database: Database, policy: str) -> Stock:
        """The stock of a policy, made for its first point. Errors: Conflict, Unavailable."""
        found = self.find(database, policy)
        if found is None:
            wanted = Stock(NodeId(self._new_id()), database.number, policy)
            found = await asyncio.to_thread(self._records.add, wanted)
            self._all()[database.number, policy] = found
            self.edition = object()
        return found

    async def drop(self, stocks: Collection[Stock]) -> None:
        """Errors: Unavailable."""
        for stock in stocks:
            await asyncio.to_thread(self._records.drop, stock)
            self._all().pop((stock.database, stock.policy), None)
            self.edition = object()

    def of_database(self, database: Database) -> Sequence[Stock]:
        return [each for each in self._all().values() if each.database == database.number]

    def _all(self) -> dict[tuple[int, str], Stock]:
        if self._known is None:
            found = self._records.stocks()
            self._known = {(stock.database, stock.policy): stock for stock in found}
        return self._known


def owner_of(
    stock: Stock, database: Database, writer: Identity | None = None, host: str = ""
) -> Owner:
    """Whose series points become. A node that wrote them by its certificate owns them."""
    stamps: dict[str, str] = {
        "db": database.name,
        "node": stock.id,
        "rp": stock.policy,
        "space": database.space,
        STOCK: stock.id,
    }
    if writer is None:
        return Owner(stock.id, database.space, tuple(stamps.items()))
    of_node: Mapping[str, str] = {"host": host, "node": writer.node}
    return Owner(writer.node, database.space, tuple({**stamps, **of_node}.items()))


RemoveSpan = Callable[[Database, str, int, int], Awaitable[None]]
"""Deletes what a policy has in a range of time: core/influxql/pointremovals.py."""


class StoredPoints:
    """Implements muster.ports.influx.Points.

    `forget` drops what is held of a stock in memory; `give_back` takes series whose rows may go.
    """

    def __init__(
        self,
        *,
        stocks: Stocks,
        ingest: PointIngest,
        forget: Callable[[NodeId], None],
        remove_span: RemoveSpan,
        give_back: Callable[[Sequence[SeriesRef]], None] = lambda refs: None,
    ) -> None:
        self._stocks = stocks
        self._ingest = ingest
        self._forget = forget
        self._remove_span = remove_span
        self._give_back = give_back

    async def remove_database(self, database: Database) -> None:
        await self._remove(self._stocks.of_database(database))

    async def remove_policy(self, database: Database, policy: str) -> None:
        found = self._stocks.find(database, policy)
        await self._remove([found] if found is not None else [])

    async def remove_shard(self, database: Database, shard: Shard) -> None:
        """Errors: Unavailable, LimitExceeded when too many removals wait."""
        await self._remove_span(database, shard.policy, shard.start_ns, shard.end_ns)

    async def _remove(self, stocks: Sequence[Stock]) -> None:
        """The ids go first: what is written from here on is of another stock."""
        await self._stocks.drop(stocks)
        for stock in stocks:
            refs = self._ingest.series_of(stock.id)
            self._ingest.forget(stock.id)
            self._ingest.forget_tagged(STOCK, stock.id)
            self._forget(stock.id)
            self._give_back(refs)

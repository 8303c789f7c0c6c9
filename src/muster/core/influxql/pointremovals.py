"""Points of databases deleted by series and time, one removal after the other.

Steps: 1 all that was written before is in the engine, which deletes it there  2 the head drops
what it had of it  3 while no write is under way, series without any point are forgotten, and
the kinds of fields in shards where nothing of a measurement is left. One that waits for its turn
can be given up; one that has begun ends, whether somebody waits for it or not. After a failure
nothing or a part is gone.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from muster.core.databases.fieldkinds import FieldKinds
from muster.core.influxql.queryregistry import NOT_LISTED, RunningQuery
from muster.core.loopcalls import LoopCalls
from muster.core.querying.pointreader import Bools, PointReader
from muster.core.writes.pointingest import PointIngest
from muster.core.writes.stocks import Stocks
from muster.core.writes.writegate import WriteGate
from muster.errors import LimitExceeded, MusterError
from muster.model.influx import MAX_NS, MIN_NS, STOCK, Database, Shard
from muster.ports.head import Head
from muster.ports.series import Catalogue, SeriesRef, SeriesStore

log = logging.getLogger(__name__)

_WAITING = 100  # removals
_AT_ONCE = 500  # series that the head drops without a pause
_QUIET_TRIES = 2  # to look for points between writes, before writes have to wait
_LOOP_S = 30.0
_READ_VALUES = 1 << 62  # looking for points reads none of them


class Removal(NamedTuple):
    """What one removal takes. `keeps_kinds`: shards go with their kinds, by other hands."""

    database: Database
    series: Mapping[str, Sequence[SeriesRef]]  # by policy
    start_ns: int = MIN_NS
    end_ns: int = MAX_NS + 1
    keeps_kinds: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether the series have nothing outside of it."""
        return self.start_ns <= MIN_NS and self.end_ns > MAX_NS

    def touches(self, shard: Shard) -> bool:
        return shard.start_ns < self.end_ns and self.start_ns < shard.end_ns


class _Found(NamedTuple):
    """What nothing is left of: series that were named, shards of their measurement."""

    series: list[SeriesRef]
    shards: list[Shard]


class _Asked(NamedTuple):
    """A removal, or series that are forgotten already; and who waits, for both of these."""

    removal: Removal | Sequence[SeriesRef]
    begun: "asyncio.Future[None]"  # cancelled: it is not wanted any more
    done: "asyncio.Future[None]"


class PointRemovals:
    """One object for all removals. `erase` is that of store.dataplane.DataPlane: it blocks."""

    def __init__(
        self,
        *,
        erase: Callable[[Sequence[SeriesRef], int, int], int],
        catalogue: Catalogue,
        head: Head,
        store: SeriesStore,
        stocks: Stocks,
        kinds: FieldKinds,
        ingest: PointIngest,
    ) -> None:
        self._erase = erase
        self._catalogue = catalogue
        self._head = head
        self._store = store
        self._stocks = stocks
        self._kinds = kinds
        self._ingest = ingest
        self._queue: asyncio.Queue[_Asked] = asyncio.Queue(_WAITING)

    async def run(self) -> None:
        """Do what is asked for, until cancelled."""
        while True:
            removal, begun, done = await self._queue.get()
            if begun.done():
                continue
            begun.set_result(None)
            try:
                await self._remove(removal)
            except Exception as error:
                if not isinstance(error, MusterError) or not isinstance(removal, Removal):
                    log.warning("points were not removed", exc_info=error)
                if not isinstance(removal, Removal):
                    continue  # nobody waits
                if not done.done():
                    done.set_exception(error)
            else:
                if not done.done():
                    done.set_result(None)

    def series(self, database: Database, policy: str, measurement: str = "") -> Sequence[SeriesRef]:
        """What there is of a policy; on the event loop."""
        stock = self._stocks.find(database, policy)
        if stock is None:
            return []
        return self._catalogue.tagged(STOCK, stock.id, measurement)

    async def remove_span(
        self, database: Database, policy: str, start_ns: int, end_ns: int
    ) -> None:
        """Delete all of a policy in a range of time, whose kinds go by other hands."""
        series = {policy: self.series(database, policy)}
        await self.remove(Removal(database, series, start_ns, end_ns, keeps_kinds=True))

    def give_back(self, refs: Sequence[SeriesRef]) -> None:
        """Delete what series have that nothing finds any more, for the room, some time.

        Where that is lost, with the hub or among too many, their rows age out.
        """
        if refs and not self._queue.full():
            self._queue.put_nowait(_asked(refs))

    async def remove(self, removal: Removal, running: RunningQuery = NOT_LISTED) -> None:
        """Delete; when it returns no question sees the points.

        Errors: LimitExceeded when too many wait, Unavailable; QueryInterrupted: nothing is gone.
        """
        if not any(removal.series.values()) or removal.end_ns <= removal.start_ns:
            return
        asked = _asked(removal)
        try:
            self._queue.put_nowait(asked)
        except asyncio.QueueFull as error:
            text = f"{_WAITING} deletions wait already; ask again later"
            raise LimitExceeded(text, retry_after_s=5.0) from error
        async with running.interruptible():
            await asked.begun
        with running.finishing("a deletion that has begun is not stopped halfway"):
            await asked.done

    async def _remove(self, removal: Removal | Sequence[SeriesRef]) -> None:
        if not isinstance(removal, Removal):
            await asyncio.to_thread(self._erase, removal, MIN_NS, MAX_NS + 1)
            return
        span = removal.start_ns, removal.end_ns
        refs = [ref for some in removal.series.values() for ref in some]
        # 1
        through = await asyncio.to_thread(self._erase, refs, *span)
        # 2
        for at in range(0, len(refs), _AT_ONCE):
            self._head.erase(refs[at : at + _AT_ONCE], *span, through)
            await asyncio.sleep(0)
        # 3
        for policy, some in removal.series.items():
            groups = _by_measurement(some).items()
            for measurement, gone in groups if not removal.keeps_kinds else [("", some)]:
                await self._forget(removal, policy, measurement, gone)

    async def _forget(
        self, removal: Removal, policy: str, measurement: str, gone: Sequence[SeriesRef]
    ) -> None:
        gate = self._ingest.gates.of(removal.database.number)
        for _ in range(_QUIET_TRIES):
            passed = gate.passed
            await self._ingest.settle()
            found = await self._look(removal, policy, measurement, gone)
            if gate.passed == passed and gate.is_idle:
                async with gate.closed():
                    await self._drop(removal, measurement, found)
                return
        await self._forget_now(gate, removal, policy, measurement, gone)

    async def _forget_now(
        self,
        gate: WriteGate,
        removal: Removal,
        policy: str,
        measurement: str,
        gone: Sequence[SeriesRef],
    ) -> None:
        async with gate.closed():
            await self._ingest.settle()
            found = await self._look(removal, policy, measurement, gone)
            await self._drop(removal, measurement, found)

    async def _look(
        self, removal: Removal, policy: str, measurement: str, gone: Sequence[SeriesRef]
    ) -> _Found:
        """Where there are points still. What has a last value in memory is known to have some."""
        shards = self._kinds.shards(removal.database, policy)
        lasts = self._head.last(gone)
        quiet = [ref for ref, last in zip(gone, lasts, strict=True) if last is None]
        looked: Sequence[SeriesRef] = quiet
        if not removal.keeps_kinds:
            looked = self.series(removal.database, policy, measurement)
            if removal.is_whole and len(quiet) == len(gone) == len(looked):
                looked = []  # all of the measurement is gone
        there = await self._presence(looked, shards)
        held = {_key(looked[at]) for at in np.flatnonzero(there.any(axis=1)).tolist()}
        shards_held = set(np.flatnonzero(there.any(axis=0)).tolist())
        return _Found(
            [ref for ref in quiet if _key(ref) not in held],
            [
                shard
                for at, shard in enumerate(shards)
                if at not in shards_held and removal.touches(shard)
            ],
        )

    async def _presence(self, refs: Sequence[SeriesRef], shards: Sequence[Shard]) -> Bools:
        if not refs or not shards:
            return np.zeros((len(refs), len(shards)), np.bool_)
        loop = LoopCalls(asyncio.get_running_loop(), _LOOP_S)
        reader = PointReader(
            head=self._head, store=self._store, on_loop=loop, most_values=_READ_VALUES
        )
        spans = [(shard.start_ns, shard.end_ns) for shard in shards]
        try:
            return await asyncio.to_thread(reader.presence, refs, spans)
        finally:
            loop.end()

    async def _drop(self, removal: Removal, measurement: str, found: _Found) -> None:
        """While no write is under way."""
        if found.series:
            self._ingest.drop(found.series)
        if found.shards and not removal.keeps_kinds:
            await self._kinds.forget(found.shards, measurement)


def _asked(removal: Removal | Sequence[SeriesRef]) -> _Asked:
    loop = asyncio.get_running_loop()
    return _Asked(removal, loop.create_future(), loop.create_future())


def _key(ref: SeriesRef) -> tuple[int, int, int]:
    return ref.tags, ref.field, int(ref.series.kind)


def _by_measurement(refs: Iterable[SeriesRef]) -> dict[str, list[SeriesRef]]:
    groups: dict[str, list[SeriesRef]] = {}
    for ref in refs:
        groups.setdefault(ref.series.measurement, []).append(ref)
    return groups

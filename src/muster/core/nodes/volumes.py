"""How many bytes a day each node's values take on disk, for people who plan disks.

Measured of yesterday, or, on a young hub, of today, as far as there are values of it.
Points of databases that were written by no node's certificate are of no node.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping

from muster.clock import DAY_NS, Clock
from muster.errors import MusterError
from muster.model.ids import NodeId
from muster.ports.series import SeriesStore

log = logging.getLogger(__name__)

FIRST_S = 900.0  # after the start: a young hub has something to measure then
EVERY_S = 6 * 3600.0
_LEAST_NS = DAY_NS // 144  # of a day with values, ten minutes, to say something of a whole one


class Volumes:
    """`owners` finds the nodes of tag sets, by their hashes; on the event loop."""

    def __init__(
        self,
        *,
        store: SeriesStore,
        owners: Callable[[Iterable[int]], Mapping[int, NodeId]],
        clock: Clock,
    ) -> None:
        self._store = store
        self._owners = owners
        self._clock = clock
        self._bytes: Mapping[NodeId, int] = {}

    def of(self, node: NodeId) -> int | None:
        """Bytes a day; None where it is not known yet, or nothing was kept."""
        return self._bytes.get(node)

    async def run(self) -> None:
        """Measure now and then, until cancelled."""
        await asyncio.sleep(FIRST_S)
        while True:
            try:
                await self.measure()
            except MusterError as error:
                log.warning("bytes of nodes were not measured", extra={"error": str(error)})
            await asyncio.sleep(EVERY_S)

    async def measure(self) -> None:
        """Errors: Unavailable, LimitExceeded."""
        today = self._clock.now_ns() // DAY_NS
        for day in (today - 1, today):
            found = await asyncio.to_thread(self._store.usage, day)
            if found.covered_ns >= _LEAST_NS:
                break
        else:
            return
        owners = self._owners(found.bytes)
        totals: dict[NodeId, float] = {}
        for tags, size in found.bytes.items():
            if tags in owners:
                totals[owners[tags]] = totals.get(owners[tags], 0.0) + size
        self._bytes = {
            node: round(size * DAY_NS / found.covered_ns) for node, size in totals.items()
        }

"""How many bytes a day each node's values take on disk, for people who plan disks.

Measured of the newest day that is over, or, on a young hub, of today as far as it went.
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

FIRST_S = 120.0  # after the start: it is nobody's hurry
EVERY_S = 6 * 3600.0
_LEAST_NS = DAY_NS // 24  # of a day that has begun, to be worth looking at


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
        now_ns = self._clock.now_ns()
        today, gone_ns = divmod(now_ns, DAY_NS)
        found = await asyncio.to_thread(self._store.usage, today - 1)
        share = 1.0
        if not found and gone_ns >= _LEAST_NS:
            found = await asyncio.to_thread(self._store.usage, today)
            share = gone_ns / DAY_NS
        owners = self._owners(found)
        totals: dict[NodeId, float] = {}
        for tags, size in found.items():
            if tags in owners:
                totals[owners[tags]] = totals.get(owners[tags], 0.0) + size / share
        self._bytes = {node: round(size) for node, size in totals.items()}

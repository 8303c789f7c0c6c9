"""Values that a space keeps for fewer days than the hub does, dropped as they are over.

Whole days in UTC go, as by the hub's own retention. What no space keeps any more is dropped as
days of the engine, which costs nothing; what some do is deleted series by series.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from muster.clock import DAY_NS, Clock, span_ns
from muster.errors import MusterError
from muster.model.ids import SpaceId
from muster.model.influx import MIN_NS
from muster.model.inventory import Space
from muster.ports.head import Head
from muster.ports.series import Catalogue, SeriesRef, SeriesStore

log = logging.getLogger(__name__)

EVERY_S = 3600.0
_AT_ONCE = 20_000  # series of one deletion
_HEAD_AT_ONCE = 500


class SpaceRetention:
    """`erase` is that of store.dataplane.DataPlane. `hub` is the hub's own retention."""

    def __init__(
        self,
        *,
        spaces: Callable[[], Sequence[Space]],
        hub: timedelta,
        catalogue: Catalogue,
        store: SeriesStore,
        head: Head,
        erase: Callable[[Sequence[SeriesRef], int, int], int],
        clock: Clock,
        may_forget: Callable[[], bool],
    ) -> None:
        self._spaces = spaces
        self._hub_ns = span_ns(hub)
        self._catalogue = catalogue
        self._store = store
        self._head = head
        self._erase = erase
        self._clock = clock
        self._may_forget = may_forget
        self._done: Mapping[SpaceId, int] = {}  # up to which day

    async def run(self) -> None:
        """Drop what is over, once an hour, until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.sweep()
            except MusterError as error:
                log.warning("retention of spaces put off", extra={"error": str(error)})

    async def sweep(self) -> None:
        """Drop what is over now, if now can be believed. Errors: Unavailable."""
        horizons = {each.id: self._horizon(each) for each in await self._known()}
        if not horizons or not await asyncio.to_thread(self._may_forget):
            return
        longest = min(horizons.values())
        if longest > (self._clock.now_ns() - self._hub_ns) // DAY_NS:
            await asyncio.to_thread(self._store.drop, longest * DAY_NS)
        for space, horizon in horizons.items():
            if horizon > longest and self._done.get(space, 0) < horizon:
                await self._drop(space, horizon * DAY_NS)
                self._done = {**self._done, space: horizon}

    async def _known(self) -> Sequence[Space]:
        return await asyncio.to_thread(self._spaces)

    def _horizon(self, space: Space) -> int:
        """The first day that a space keeps."""
        kept_ns = space.settings.keep_days * DAY_NS
        kept_ns = min(kept_ns, self._hub_ns) if kept_ns else self._hub_ns
        return (self._clock.now_ns() - kept_ns) // DAY_NS

    async def _drop(self, space: SpaceId, before_ns: int) -> None:
        refs = self._catalogue.of_space(space)
        for at in range(0, len(refs), _AT_ONCE):
            some = refs[at : at + _AT_ONCE]
            through = await asyncio.to_thread(self._erase, some, MIN_NS, before_ns)
            for first in range(0, len(some), _HEAD_AT_ONCE):
                self._head.erase(some[first : first + _HEAD_AT_ONCE], MIN_NS, before_ns, through)
                await asyncio.sleep(0)

"""A sink behind a bounded queue: it misses rows rather than holding others up."""

import asyncio
import logging

from muster.model.metric import Block
from muster.ports.journal import Sink
from muster.ports.series import Cohort

log = logging.getLogger(__name__)


class SinkQueue:
    """`dropped` counts blocks that the sink missed or failed on."""

    def __init__(self, sink: Sink, size: int) -> None:
        self.sink = sink
        self.dropped = 0
        self._blocks: asyncio.Queue[tuple[Cohort, Block]] = asyncio.Queue(size)

    def offer(self, cohort: Cohort, block: Block) -> None:
        if self._blocks.full():
            self.dropped += 1
        else:
            self._blocks.put_nowait((cohort, block))

    async def run(self) -> None:
        """Serve the sink until cancelled."""
        while True:
            cohort, block = await self._blocks.get()
            try:
                await self.sink.take(cohort, block)
            except Exception:
                # One broken sink must not take the hub with it.
                self.dropped += 1
                log.exception("sink failed", extra={"sink": self.sink.name})

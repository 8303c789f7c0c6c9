"""Python's garbage collector, kept from standing on the event loop.

A full collection looks at every object that could be part of a cycle: with a thousand nodes
that took 0.3 s, and while nodes arrived there was one every few seconds. Nearly nothing here
is in cycles (what is left of an ended link is), so full collections are rare: one an hour,
and one when millions of objects have come to be. What the start made is looked at no more.
"""

import asyncio
import gc
import logging

from muster.clock import Clock

log = logging.getLogger(__name__)

# Objects until the youngest are looked at; of those rounds, until the next generation is; and
# of these, until all are: five million new objects.
THRESHOLDS = (10_000, 20, 25)
EVERY_S = 3600.0


class Garbage:
    """Runs beside the hub. Its thresholds stay in force when it ends."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    async def run(self) -> None:
        """Collect once an hour, until cancelled."""
        gc.set_threshold(*THRESHOLDS)
        gc.collect()
        gc.freeze()
        while True:
            await asyncio.sleep(EVERY_S)
            self.collect()

    def collect(self) -> int:
        """Look at everything that came since the start; how many objects were garbage."""
        began = self._clock.monotonic()
        found = gc.collect()
        took_s = self._clock.monotonic() - began
        log.debug("garbage collected", extra={"objects": found, "seconds": round(took_s, 3)})
        return found

"""How Python itself runs a hub: its garbage collector and its lock, kept off the event loop.

A full collection looks at every object that could be part of a cycle: with a thousand nodes
that took 0.3 s, and while nodes arrived there was one every few seconds. Nearly nothing here
is in cycles (what is left of an ended link is), so full collections are rare: one an hour,
and one when millions of objects have come to be. What the start made is looked at no more.

The loop lets Python's lock go for every read and write of TLS. Where the writer's thread is at
work, it then has the lock for a whole interval: 5 ms, unless it is made shorter.
"""

import asyncio
import gc
import logging
import sys

from muster.clock import Clock

log = logging.getLogger(__name__)

# Objects until the youngest are looked at; of those rounds, until the next generation is; and
# of these, until all are: five million new objects.
THRESHOLDS = (10_000, 20, 25)
SWITCH_S = 0.001
EVERY_S = 3600.0


class Runtime:
    """Runs beside the hub. What it sets stays in force when it ends."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    async def run(self) -> None:
        """Collect once an hour, until cancelled."""
        sys.setswitchinterval(SWITCH_S)
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

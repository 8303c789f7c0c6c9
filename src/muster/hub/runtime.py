"""How Python itself runs a hub: its garbage collector and its lock, kept off the event loop.

A full collection looks at every object that could be part of a cycle: with a thousand nodes
that took 0.3 s, and while nodes arrived there was one every few seconds. Nearly nothing here
is in cycles (what is left of an ended link is), so full collections are rare: one an hour,
and none between: what has lived through some rounds of the younger ones is put aside until
then, as what the start made is. So ten thousand links that come back are looked at once.

The loop lets Python's lock go for every read and write of TLS. Where the writer's thread is at
work, it then has the lock for a whole interval: 5 ms, unless it is made shorter.
"""

import asyncio
import gc
import logging
import sys

from muster.clock import Clock
from muster.hub import memory

log = logging.getLogger(__name__)

# Objects until the youngest are looked at; of those rounds, until the next generation is; and
# of these, until all are: five million new objects, and by then they have been put aside.
THRESHOLDS = (10_000, 20, 25)
LASTING = 5  # rounds of the second generation after which what is left is taken for lasting
LOOK_S = 1.0
QUIET_S = 30.0  # without growth, after a storm of links: then what that took goes back
SWITCH_S = 0.001
EVERY_S = 3600.0


class Runtime:
    """Runs beside the hub. What it sets stays in force when it ends."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._trim = clock.monotonic() + QUIET_S  # when memory that is free is given back next

    async def run(self) -> None:
        """Collect once an hour, until cancelled."""
        sys.setswitchinterval(SWITCH_S)
        gc.set_threshold(*THRESHOLDS)
        gc.collect()
        gc.freeze()
        due = self._clock.monotonic() + EVERY_S
        while True:
            await asyncio.sleep(LOOK_S)
            now = self._clock.monotonic()
            if self.put_aside():
                self._trim = now + QUIET_S
            if now >= due:
                due = now + EVERY_S
                self.collect()
                self._trim = now
            if now >= self._trim:
                self._trim = due
                await asyncio.to_thread(memory.give_back)

    def put_aside(self) -> bool:
        """Let no collection before the hour's look at what has lasted; whether much has."""
        has_grown = gc.get_count()[2] >= LASTING
        if has_grown:
            gc.freeze()
        return has_grown

    def collect(self) -> int:
        """Look at everything; how many objects were garbage."""
        began = self._clock.monotonic()
        gc.unfreeze()
        found = gc.collect()
        gc.freeze()
        took_s = self._clock.monotonic() - began
        log.debug("garbage collected", extra={"objects": found, "seconds": round(took_s, 3)})
        return found

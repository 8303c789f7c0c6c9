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
from muster.hub.process import memory
from muster.hub.process.libraries import Libraries

log = logging.getLogger(__name__)

# Objects until the youngest are looked at; of those rounds, until the next generation is; and
# of these, until all are: five million new objects, and by then they have been put aside.
THRESHOLDS = (10_000, 20, 25)
LASTING = 5  # rounds of the second generation after which what is left is taken for lasting
LOOK_S = 1.0
LIBRARIES_LOOKS = 4  # within it, at their pages: an insert of some tenths reads 50 MB of them
# When what is free, and what the start has read of libraries, goes back:
FIRST_S = 12.0  # after the start, which has opened the engine by then
QUIET_S = 30.0  # without growth, after a storm of links
LONGEST_S = 60.0  # of growth, for a storm has its peak while it lasts
SWITCH_S = 0.001
EVERY_S = 3600.0


class Turns:
    """When memory that is free is given back."""

    def __init__(self, now: float) -> None:
        self._due, self._again_s = now + FIRST_S, QUIET_S
        self._latest: float | None = self._due  # of growth that has begun

    def is_due(self, now: float, *, has_grown: bool) -> bool:
        """Asked once a second; whether it is now."""
        if has_grown:
            self._latest = now + LONGEST_S if self._latest is None else self._latest
            self._due = min(now + QUIET_S, self._latest)
        if now < self._due:
            return False
        self._due, self._latest, self._again_s = now + self._again_s, None, EVERY_S
        return True


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
        due = self._clock.monotonic() + EVERY_S
        turns, libraries = Turns(self._clock.monotonic()), Libraries()
        while True:
            for _ in range(LIBRARIES_LOOKS):
                await asyncio.sleep(LOOK_S / LIBRARIES_LOOKS)
                if libraries.are_many(memory.resident()):
                    await asyncio.to_thread(libraries.let_go)
            now = self._clock.monotonic()
            has_grown = self.put_aside()
            if now >= due:
                due = now + EVERY_S
                self.collect()
            if turns.is_due(now, has_grown=has_grown):
                await asyncio.to_thread(_give_back, libraries)

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


def _give_back(libraries: Libraries) -> None:
    memory.give_back()
    libraries.look()
    libraries.let_go()

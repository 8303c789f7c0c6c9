"""All hubs of a running agent: taken up when they are joined, let go when they are left.

Rows are collected once; each hub has its own link, spool and identity (hublane.py), and none
waits for another. The folder is looked at every few seconds, so that a hub is joined, limited
and left while the agent runs.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from muster.agent.joining.identity import load_identity
from muster.agent.linking.linkstatus import LinkStatus
from muster.agent.memberships.hublane import HubLane, HubStatus
from muster.agent.memberships.hubs import MAIN, hub_folder, hub_names, is_leaving
from muster.agent.spool.buffer import SpoolStatus
from muster.errors import MusterError
from muster.files import Held
from muster.model.metric import Block

log = logging.getLogger(__name__)

LOOK_S = 3.0


class HubSet:
    """`begin`, then `run` until cancelled, then `end`."""

    def __init__(
        self,
        *,
        data: Path,
        lane: Callable[[str], HubLane],
        waits: Callable[[], bool] = lambda: False,
        kept_out: Callable[[str], bool] = lambda _name: False,
    ) -> None:
        """`waits`: a hub may come later, so none is no end; `kept_out`: who has to stay away."""
        self._data = data
        self._make = lane
        self._waits = waits
        self._kept_out = kept_out
        self._hurry = asyncio.Event()
        self._lanes: dict[str, HubLane] = {}
        self._jobs: dict[str, asyncio.Task[None]] = {}
        self._told: dict[str, str] = {}  # why a hub could not be taken up

    @property
    def lanes(self) -> list[HubLane]:
        """The first hub, then the others."""
        return sorted(self._lanes.values(), key=lambda lane: (lane.name != MAIN, lane.name))

    def begin(self) -> None:
        """Take up all hubs. Errors: of the only one, when it can't be; NotClaimed for none."""
        names = [name for name in hub_names(self._data) if not self._kept_out(name)]
        for name in names:
            try:
                self._open(name)
            except (MusterError, OSError) as error:
                if len(names) == 1:
                    raise
                self._tell(name, error)
        if not self._lanes and not self._waits():
            load_identity(self._data)  # says what is wrong with it

    def feed(self, blocks: list[Block]) -> None:
        """One tick, to each hub what it may have."""
        for lane in self._lanes.values():
            lane.feed(blocks)

    async def run(self) -> None:
        """Keep all links, and look who has come or gone, until cancelled or no hub is left."""
        async with asyncio.TaskGroup() as jobs:
            while self._lanes or self._waits():
                for name, lane in self._lanes.items():
                    if name not in self._jobs:
                        self._jobs[name] = jobs.create_task(lane.run())
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await self._hurry.wait()
                self._hurry.clear()
                await self._look()

    def hasten(self) -> None:
        """Look now who has come."""
        self._hurry.set()

    async def leave(self, name: str) -> None:
        """End a hub's link now, if there is one. It comes back unless it is kept out."""
        if name in self._lanes:
            await self._leave(name)

    def main_link(self) -> tuple[LinkStatus, SpoolStatus] | None:
        """How the first hub's link is; None while there is none."""
        lane = self._lanes.get(MAIN)
        return None if lane is None else lane.link()

    def end(self) -> None:
        """Let go of the folders."""
        for lane in self._lanes.values():
            lane.close()

    def unsynced(self, *, all_of_it: bool) -> list[Path]:
        """Files of all spools to be synced now."""
        spools = [lane.spool for lane in self._lanes.values()]
        found: Iterable[list[Path]] = (
            spool.unsynced() if all_of_it else spool.take_unsynced() for spool in spools
        )
        return [path for paths in found for path in paths]

    def status(self) -> list[HubStatus]:
        return [lane.status() for lane in self.lanes]

    async def _look(self) -> None:
        here = hub_names(self._data)
        for name in [each for each in self._lanes if self._is_gone(each, here)]:
            await self.leave(name)
        for name in here:
            if name in self._lanes and self._lanes[name].look():
                await self.leave(name)  # and begin anew, without what is spooled
            if name not in self._lanes and self._may_come(name):
                try:
                    self._open(name)
                except (MusterError, OSError) as error:
                    self._tell(name, error)

    def _may_come(self, name: str) -> bool:
        return not self._kept_out(name) and not is_leaving(hub_folder(self._data, name))

    def _is_gone(self, name: str, here: list[str]) -> bool:
        if self._kept_out(name):
            return True
        return name not in here or (name != MAIN and is_leaving(hub_folder(self._data, name)))

    def _open(self, name: str) -> None:
        lane = self._make(name)
        node = lane.open()
        self._lanes[name] = lane
        self._told.pop(name, None)
        log.info("hub taken up", extra={"hub": name, "node": node.node})

    async def _leave(self, name: str) -> None:
        lane = self._lanes.pop(name)  # first: whoever leaves meanwhile finds nothing to leave
        job = self._jobs.pop(name, None)
        if job is not None:
            job.cancel()
            await asyncio.wait([job])
        lane.close()
        log.info("hub left", extra={"hub": name})

    def _tell(self, name: str, error: Exception) -> None:
        """Once, until it is another reason; a claim under way is none."""
        if not isinstance(error, Held) and self._told.get(name) != str(error):
            self._told[name] = str(error)
            log.warning("hub not taken up", extra={"hub": name, "cause": str(error)})

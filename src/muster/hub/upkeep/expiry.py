"""Ephemeral nodes leave the list by themselves, some time after they were last seen.

When that was is told by the wall clock, so that must be plausible first (hub/upkeep/walltime.py);
a node that is connected never leaves.
"""

import asyncio
import logging
from collections.abc import Callable

from muster.core.nodes.inventory import Inventory
from muster.errors import MusterError
from muster.hub.upkeep.walltime import WallTime
from muster.model.ids import NodeId

log = logging.getLogger(__name__)

EVERY_S = 60.0


class Expiry:
    """Runs beside the hub; what fails is tried again a minute later."""

    def __init__(
        self, *, inventory: Inventory, is_linked: Callable[[NodeId], bool], wall: WallTime
    ) -> None:
        self._inventory = inventory
        self._is_linked = is_linked
        self._wall = wall

    async def run(self) -> None:
        """Look once a minute, until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.look()
            except MusterError as error:
                log.warning("ephemeral nodes stay for now", extra={"error": str(error)})

    async def look(self) -> None:
        """Take off the list whose time is up now. Errors: Unavailable."""
        if not await asyncio.to_thread(self._wall.is_plausible):
            return
        if count := await self._inventory.expire(self._is_linked):
            log.info("ephemeral nodes have left", extra={"nodes": count})

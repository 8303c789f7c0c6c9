"""Nodes that are served in turn, a few at once, for as long as it runs."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from muster.model.ids import NodeId

log = logging.getLogger(__name__)

_LOOK_S = 1.0  # how often it is asked who is due


class Turns:
    """`due` says whose turn it is, `serve` serves one; `failed` is logged of what it raises."""

    def __init__(
        self,
        *,
        due: Callable[[], Iterable[NodeId]],
        serve: Callable[[NodeId], Awaitable[None]],
        at_once: int,
        failed: str,
    ) -> None:
        self._due = due
        self._serve = serve
        self._at_once = at_once
        self._failed = failed
        self.busy: set[NodeId] = set()  # who waits or is served: they are not due again

    async def run(self) -> None:
        """Serve until cancelled."""
        waiting: asyncio.Queue[NodeId] = asyncio.Queue()
        async with asyncio.TaskGroup() as jobs:
            for _ in range(self._at_once):
                jobs.create_task(self._work_off(waiting))
            while True:
                for node in self._due():
                    self.busy.add(node)
                    waiting.put_nowait(node)
                await asyncio.sleep(_LOOK_S)

    async def _work_off(self, waiting: asyncio.Queue[NodeId]) -> None:
        while True:
            node = await waiting.get()
            try:
                await self._serve(node)
            except Exception:  # one agent's answers must not end the hub
                log.exception(self._failed, extra={"node": node})
            finally:
                self.busy.discard(node)

"""Queues of neighbours that settings name no more: shown while something waits in them.

What was acknowledged is not thrown away because a line was taken out of a file: an empty queue
goes by itself, another one when an admin says so. Under its old name in the settings it goes on.
"""

import asyncio
import logging
from collections.abc import Iterable

from muster.clock import Clock
from muster.core.access import require
from muster.core.audit import make_event
from muster.core.forwarding.forwardlane import LaneTitle, LaneView
from muster.errors import Conflict, NotFound
from muster.model.access import Action, Actor
from muster.ports.forwarding import Queue, Queues
from muster.ports.records import AuditRecords

log = logging.getLogger(__name__)

OF_SETTINGS = "set-"  # before the name of the setting, a queue's own


class Leftovers:
    """Used on the event loop's thread."""

    def __init__(self, *, queues: Queues, audit: AuditRecords, clock: Clock) -> None:
        self._queues = queues
        self._audit = audit
        self._clock = clock
        self._left: dict[str, Queue] = {}
        self._changing = asyncio.Lock()

    async def look(self, names: Iterable[str]) -> None:
        """At queues that no setting has. Errors: Unavailable."""
        async with self._changing:
            for name in names:
                if name in self._left:
                    continue
                queue = self._queues.queue(name, 0)
                if await queue.peek(1) is None:
                    await self._queues.remove(name)
                    continue
                self._left[name] = queue
                extra = {"queue": name, "points": queue.state.waiting_points}
                log.warning("points wait for a neighbour that settings name no more", extra=extra)

    def views(self) -> list[LaneView]:
        """By name."""
        return [
            LaneView(
                id=name,
                title=LaneTitle(name=_title(name), kind="leftover"),
                format=None,
                queue=self._left[name].state,
                destinations=[],
            )
            for name in sorted(self._left)
        ]

    async def drop(self, actor: Actor | None, id: str) -> None:
        """What waits there goes unsent.

        Errors: Denied; NotFound; Conflict for one that settings name, or of a subscription;
                Unavailable.
        """
        actor = require(actor, Action.HUB_MANAGE)
        async with self._changing:
            queue = self._left.get(id)
            if queue is None:
                raise self._why_not(id, await self._queues.names())
            points = queue.state.waiting_points
            event = make_event(
                self._clock, actor, "forward.drop", _title(id), detail=f"{points} points unsent"
            )
            await asyncio.to_thread(self._audit.add, event)
            await self._queues.remove(id)
            del self._left[id]

    @staticmethod
    def _why_not(id: str, names: list[str]) -> NotFound | Conflict:
        if id not in names:
            return NotFound("no such queue")
        return Conflict(
            "this is no leftover: take its [forward.NAME] out of hub.toml and start the hub"
            " again, or drop the subscription"
        )


def _title(name: str) -> str:
    return name.removeprefix(OF_SETTINGS)

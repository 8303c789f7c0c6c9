"""Moments at which nodes' agents began anew: noted as they connect, shown beside their values."""

import asyncio
import logging

from muster.clock import Clock
from muster.core.nodes.inventory import Inventory
from muster.errors import Unavailable
from muster.model.access import Actor
from muster.model.clone import CloneHolder
from muster.model.ids import NodeId
from muster.model.mark import Mark, kinds_between
from muster.ports.marks import MarkRecords

log = logging.getLogger(__name__)


class Marks:
    """The marks of a hub's nodes."""

    def __init__(self, *, records: MarkRecords, inventory: Inventory, clock: Clock) -> None:
        self._records = records
        self._inventory = inventory
        self._clock = clock

    async def note(self, node: NodeId, last: CloneHolder, visitor: CloneHolder) -> None:
        """Another run of the agent has the link now. A disk that refuses is logged."""
        before, now = last.holder, visitor.holder
        mark = Mark(
            time_ns=self._begun(before.started_ns, now.started_ns),
            kinds=kinds_between(before, now),
            starts=max(1, now.counter - before.counter),
        )
        try:
            await asyncio.to_thread(self._records.add, node, mark)
        except Unavailable as error:  # a full disk is no reason to refuse a link
            log.warning("mark not written", extra={"node": node, "error": str(error)})

    def of(self, actor: Actor | None, id: str) -> list[Mark]:
        """Of one node, newest first. Errors: NotFound, Denied."""
        return self._records.marks(self._inventory.node(actor, id).id)

    def _begun(self, before_ns: int, now_ns: int) -> int:
        """When the agent says it began, unless its clock was wrong then: values came after that."""
        ours_ns = self._clock.now_ns()
        return now_ns if before_ns < now_ns <= ours_ns else ours_ns

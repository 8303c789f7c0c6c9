"""The copies that are known: those still open at hand, all of them in the records.

Who changes one holds `changing`, so that of two changes at once none is lost.
"""

import asyncio

import msgspec

from muster.clock import Clock
from muster.core.audit import make_event
from muster.core.changes import GONE, Changes, NodeChange
from muster.model.access import Actor
from muster.model.clone import Clone, CloneHolder, CloneState
from muster.model.ids import NodeId
from muster.ports.holders import CloneRecords


class CloneBook:
    """All copies of identities. Calls run on the event loop's thread."""

    def __init__(self, *, records: CloneRecords, clock: Clock, changes: Changes) -> None:
        self._clock = clock
        self._changes = changes
        self._seen: dict[tuple[str, str], int] = {}  # (clone, instance) -> when it knocked last
        self._open: dict[NodeId, Clone] | None = None
        self.records = records
        self.changing = asyncio.Lock()

    def opened(self) -> dict[NodeId, Clone]:
        """Those that nobody has decided on to the end, by node."""
        if self._open is None:
            self._open = {each.node: each for each in reversed(self.records.open_clones())}
        return self._open

    def open_of(self, node: NodeId) -> Clone | None:
        """Cheap: asked for every row of a table."""
        return self.opened().get(node)

    def is_dismissed(self, node: NodeId, first: CloneHolder, visitor: CloneHolder) -> bool:
        """Whether an administrator said of these two runs that they may be."""
        return any(
            clone.state is CloneState.DISMISSED
            and clone.find(visitor.holder.instance) is not None
            and clone.find(first.holder.instance) is not None
            for clone in self.records.clones_of(node)
        )

    def note_knock(self, clone: Clone, instance: str) -> None:
        self._seen[clone.id, instance] = self._clock.now_ns()

    def seen_ns(self, clone: Clone, each: CloneHolder) -> int:
        """When a holder was last met."""
        return max(each.seen_ns, self._seen.get((clone.id, each.holder.instance), 0))

    async def save(self, clone: Clone, who: Actor, action: str, detail: str = "") -> None:
        """Write it down with its event, and tell those who watch its node."""
        clone = msgspec.structs.replace(clone, changed_ns=self._clock.now_ns())
        event = make_event(self._clock, who, action, clone.node, detail=detail, space=clone.space)
        await asyncio.to_thread(self.records.save, clone, event)
        if clone.state is CloneState.OPEN:
            self.opened()[clone.node] = clone
        else:
            self._close(clone.node)
        self._changes.tell(clone.node, NodeChange.EDITED)

    def node_changed(self, node: NodeId, change: NodeChange) -> None:
        """Watcher of core.changes."""
        if change in GONE:
            self._close(node)

    def _close(self, node: NodeId) -> None:
        clone = self.opened().pop(node, None)
        for each in clone.holders if clone else ():
            self._seen.pop((clone.id if clone else "", each.holder.instance), None)


def with_holder(clone: Clone, changed: CloneHolder) -> Clone:
    """The clone with one of its holders replaced."""
    instance = changed.holder.instance
    holders = tuple(changed if each.holder.instance == instance else each for each in clone.holders)
    return msgspec.structs.replace(clone, holders=holders)


def name_holder(each: CloneHolder) -> str:
    """A holder in a few words."""
    return f"{each.hostname or 'unnamed'} at {each.address or 'unknown address'}"

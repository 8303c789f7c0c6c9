"""Tells those who watch that something about a node changed: links, live pages.

Called on the event loop's thread after the change is on disk.
"""

from collections.abc import Callable
from enum import StrEnum

from muster.model.ids import NodeId


class NodeChange(StrEnum):
    """What happened to a node."""

    CLAIMED = "claimed"
    EDITED = "edited"  # name, rooms, labels, facts
    CREDENTIAL = "credential"  # issued or activated
    REVOKED = "revoked"
    REMOVED = "removed"
    EXPIRED = "expired"  # as removed, but what it sent is kept


GONE = frozenset({NodeChange.REMOVED, NodeChange.EXPIRED})

Watcher = Callable[[NodeId, NodeChange], None]


class Changes:
    """A list of watchers, told in the order they came. A watcher is quick and does not raise."""

    def __init__(self) -> None:
        self._watchers: list[Watcher] = []

    def watch(self, watcher: Watcher) -> None:
        """Tell this one too, from now on."""
        self._watchers.append(watcher)

    def tell(self, node: NodeId, change: NodeChange) -> None:
        for watcher in self._watchers:
            watcher(node, change)

"""When nodes were seen since a list of them was read.

Of ten thousand that is written every ten seconds and is all that changes: to read the list again
for it takes a sixth of a second, and every node is there twice while that lasts.
"""

import threading
from collections.abc import Mapping

import msgspec

from muster.model.ids import NodeId
from muster.model.inventory import Node


class SeenNodes:
    """A list as it was read. Only LastSeen changes it."""

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        self.places = {node.id: place for place, node in enumerate(nodes)}
        self.written = -1  # how often it had been when this was fresh; -1: it may have been since


class LastSeen:
    """What was written since the start. Any thread may ask and tell."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[NodeId, int] = {}
        self._written = 0

    def wrote(self, seen: Mapping[NodeId, int]) -> None:
        """It is on disk."""
        with self._lock:
            known = self._seen
            known.update({id: ns for id, ns in seen.items() if ns > known.get(id, 0)})
            self._written += 1

    def forget(self, node: NodeId) -> None:
        """The node is gone."""
        with self._lock:
            self._seen.pop(node, None)

    def of(self, node: Node) -> Node:
        """One node with what was written since."""
        with self._lock:
            return self._with_seen(node)

    def one_of(self, known: SeenNodes, id: NodeId) -> Node | None:
        """As `of`, a node of a list."""
        with self._lock:
            place = known.places.get(id)
            return None if place is None else self._with_seen(known.nodes[place])

    def fresh(self, known: SeenNodes) -> list[Node]:
        """The nodes of a list with what was written since; the caller's own."""
        with self._lock:
            if known.written != self._written:
                known.nodes = [self._with_seen(node) for node in known.nodes]
                known.written = self._written
            return list(known.nodes)

    def _with_seen(self, node: Node) -> Node:
        seen_ns = self._seen.get(node.id, 0)
        if seen_ns <= node.last_seen_ns:
            return node
        return msgspec.structs.replace(node, last_seen_ns=seen_ns)

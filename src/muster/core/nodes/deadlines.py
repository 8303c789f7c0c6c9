"""Who is to be looked at when: so that of ten thousand nodes a moment costs those that are due."""

import heapq

from muster.model.ids import NodeId


class Deadlines:
    """At most one time of each node, by any clock that only goes on."""

    def __init__(self) -> None:
        self._at: dict[NodeId, float] = {}
        self._order: list[tuple[float, NodeId]] = []  # also what was put off or dropped since

    def __len__(self) -> int:
        return len(self._at)

    def put(self, node: NodeId, at: float) -> None:
        """Look at a node after this time, and not at the one that was said before."""
        if self._at.get(node) == at:
            return
        self._at[node] = at
        heapq.heappush(self._order, (at, node))
        if len(self._order) > 2 * len(self._at) + 64:
            self._order = [(at, node) for node, at in self._at.items()]
            heapq.heapify(self._order)

    def drop(self, node: NodeId) -> None:
        self._at.pop(node, None)

    def due(self, now: float) -> list[NodeId]:
        """Those whose time has passed; they have none any more."""
        found = []
        while self._order and self._order[0][0] < now:
            at, node = heapq.heappop(self._order)
            if self._at.get(node) == at:
                del self._at[node]
                found.append(node)
        return found

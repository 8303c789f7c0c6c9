"""The contexts of each node: its snapshot, what changed since, and the hash that compares them.

The agent tells the hash of what it has with each message. Where it is not the hash of what is
here, something was lost on the way (nothing is ever sent twice), and a checkpoint asks for a
snapshot. They are kept over restarts of the hub, so that an agent that comes back sends only
what is new.

Source: docs/faces/netdata.md, "Contexts"
"""

import msgspec

from muster.faces.netdata.packedcache import Backing, PackedCache
from muster.model.ids import NodeId
from muster.wire.netdata.messages import (
    ContextsSnapshot,
    ContextsUpdated,
    ContextUpdated,
    version_hash,
)

MAX_ID = 200  # characters; contexts with longer ids are left out
_MAX_TEXT = 300


class NodeContexts(msgspec.Struct):
    """Contexts by id. `is_cut`: the node has more than it may have."""

    contexts: dict[str, ContextUpdated] = {}
    version: int = 0  # by the agent's own hash
    is_cut: bool = False


class Contexts:
    """The contexts of all nodes. `most` is how many one node may have."""

    def __init__(self, back: Backing, *, most: int) -> None:
        self._most = most
        self._cache = PackedCache(
            NodeContexts, back, empty=NodeContexts, size=lambda known: len(known.contexts)
        )
        self._cut: set[NodeId] = set()  # asked for every row of a table: at hand for all nodes

    def of(self, node: NodeId) -> list[ContextUpdated]:
        return list(self._cache.get(node).contexts.values())

    def version(self, node: NodeId) -> int:
        """What a checkpoint says. 0 for none."""
        return self._cache.get(node).version

    def is_cut(self, node: NodeId) -> bool:
        """Whether the node has more than it may have."""
        return node in self._cut

    def take_snapshot(self, node: NodeId, snapshot: ContextsSnapshot) -> None:
        """All of a node, in place of what was known."""
        known = NodeContexts()
        self._merge(known, snapshot.contexts)
        known.version = snapshot.version
        self._put(node, known)

    def take_updates(self, node: NodeId, message: ContextsUpdated) -> bool:
        """What changed. False when something is missing: a checkpoint will ask for all."""
        known = self._cache.get(node)
        self._merge(known, message.context_updates)
        version = version_hash(known.contexts.values())
        known.version = message.version_hash if known.is_cut else version
        self._put(node, known)
        return known.version == message.version_hash

    def forget(self, node: NodeId) -> None:
        self._cache.forget(node)
        self._cut.discard(node)

    def settle(self) -> None:
        """Hand on what changed, so that it can be written."""
        self._cache.settle()

    def _put(self, node: NodeId, known: NodeContexts) -> None:
        self._cache.put(node, known)
        (self._cut.add if known.is_cut else self._cut.discard)(node)

    def _merge(self, known: NodeContexts, updates: tuple[ContextUpdated, ...]) -> None:
        for each in updates:
            if each.deleted:
                known.contexts.pop(each.id, None)
            elif not 0 < len(each.id) <= MAX_ID or self._is_full(known, each.id):
                known.is_cut = True
            else:
                known.contexts[each.id] = _tidy(each)

    def _is_full(self, known: NodeContexts, id: str) -> bool:
        return id not in known.contexts and len(known.contexts) >= self._most


def _tidy(each: ContextUpdated) -> ContextUpdated:
    """With texts of a length that can be shown."""
    texts = (each.title, each.chart_type, each.units, each.family)
    if max(map(len, texts)) <= _MAX_TEXT:
        return each
    title, chart_type, units, family = (text[:_MAX_TEXT] for text in texts)
    return msgspec.structs.replace(
        each, title=title, chart_type=chart_type, units=units, family=family
    )

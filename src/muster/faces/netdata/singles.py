"""Contexts of which a node has one instance, and whose rows can be had without a summary of them.

An agent folds instances in the second form of its API, and writes beside each table what it has
read for it: of one minute that is half of the answer, and half of its work. Of one instance the
first form has the same rows, and nothing else. So what the second form tells of a context decides
how it is asked next; where the first was of no use it is not asked again.

Only what is measured each second: of slower contexts the first form shows rows of moments that
have not come yet.

Source: docs/faces/netdata.md, "Charts"
"""

from typing import NamedTuple

from muster.faces.netdata.reach import Reach
from muster.model.ids import NodeId

_NODES = 512
_CONTEXTS = 4_096  # of a node; of more the first form is not asked


class _Known(NamedTuple):
    version: int  # of the node's contexts
    contexts: dict[str, bool]


class Singles:
    """What is known of all nodes. Until a node's contexts change the first word counts."""

    def __init__(self) -> None:
        self._known: dict[NodeId, _Known] = {}

    def has(self, reach: Reach, context: str) -> bool:
        known = self._known.get(reach.node)
        if known is None or known.version != reach.contexts_version:
            return False
        return known.contexts.get(context, False)

    def note(self, reach: Reach, context: str, *, is_single: bool) -> None:
        contexts = self._of(reach)
        if len(contexts) < _CONTEXTS:
            contexts.setdefault(context, is_single)

    def deny(self, reach: Reach, context: str) -> None:
        """It was of no use, whatever was noted."""
        self._of(reach)[context] = False

    def forget(self, node: NodeId) -> None:
        """A node was removed."""
        self._known.pop(node, None)

    def _of(self, reach: Reach) -> dict[str, bool]:
        known = self._known.get(reach.node)
        if known is None or known.version != reach.contexts_version:
            if len(self._known) >= _NODES:
                self._known.clear()
            known = self._known[reach.node] = _Known(reach.contexts_version, {})
        return known.contexts

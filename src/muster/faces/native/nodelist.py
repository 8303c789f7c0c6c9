"""The list of all nodes as JSON, of which most was put into words before.

Of ten thousand nodes hardly one is another than a second ago: only its state, its link and when
it was seen are. So each node's words of the rest are kept until it changes.
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from muster.model.ids import NodeId
from muster.model.inventory import Link, Node, NodeState

_encoder = msgspec.json.Encoder()
_encode = _encoder.encode
_COMMA = ord(",")
_parts = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Moving(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What of a NodeView changes by itself, or is known elsewhere than with the node."""

    state: NodeState
    cause: str
    last_seen_ns: int
    link: Link
    clone: msgspec.Struct | None
    bytes_day: int | None


class _Kept(NamedTuple):
    node: Node
    beside: tuple[object, ...]
    words: bytes  # an object of JSON without its end


class NodeList:
    """What was put into words. Any thread may ask."""

    def __init__(self) -> None:
        self._kept: dict[NodeId, _Kept] = {}

    def put(
        self,
        into: bytearray,
        node: Node,
        beside: tuple[object, ...],
        view: Callable[[], msgspec.Struct],
        moving: Moving,
    ) -> None:
        """Append a view as JSON.

        `beside` is all that makes its lasting part what it is, and is not in the node.
        """
        kept = self._kept.get(node.id)
        if kept is None or kept.node is not node or kept.beside != beside:
            kept = self._kept[node.id] = self._known(kept, node, beside, view)
        into += kept.words
        at = len(into)
        _encoder.encode_into(moving, into, at)
        into[at] = _COMMA  # where an object of its own began

    def _known(
        self,
        kept: _Kept | None,
        node: Node,
        beside: tuple[object, ...],
        view: Callable[[], msgspec.Struct],
    ) -> _Kept:
        """With the words of before, where only the time when it was seen is another."""
        if kept is not None and kept.beside == beside and _lasts_of(kept.node) == _lasts_of(node):
            return _Kept(node, beside, kept.words)
        return _Kept(node, beside, _lasting(view()))

    def forget(self, node: NodeId) -> None:
        self._kept.pop(node, None)


def _lasts_of(node: Node) -> Node:
    return msgspec.structs.replace(node, last_seen_ns=0)


def _lasting(view: msgspec.Struct) -> bytes:
    parts = _parts(_encode(view))
    lasting = {name: part for name, part in parts.items() if name not in Moving.__struct_fields__}
    return _encode(lasting)[:-1]

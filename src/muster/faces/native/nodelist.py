"""The list of all nodes as JSON, of which most was put into words before.

Of ten thousand nodes hardly one is another than a second ago: only its state, its link and when
it was seen are. So each node's words of the rest are kept until it changes.
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from muster.model.ids import NodeId
from muster.model.inventory import Link, NodeState

_encode = msgspec.json.Encoder().encode
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
    made_of: tuple[object, ...]
    words: bytes  # an object of JSON without its end, and a comma


class NodeList:
    """What was put into words. Any thread may ask."""

    def __init__(self) -> None:
        self._kept: dict[NodeId, _Kept] = {}

    def words_of(
        self,
        node: NodeId,
        made_of: tuple[object, ...],
        view: Callable[[], msgspec.Struct],
        moving: Moving,
    ) -> bytes:
        """A view as JSON. `made_of` is all that makes its lasting part what it is."""
        kept = self._kept.get(node)
        if kept is None or kept.made_of != made_of:
            kept = self._kept[node] = _Kept(made_of, _lasting(view()))
        return kept.words + _encode(moving)[1:]

    def forget(self, node: NodeId) -> None:
        self._kept.pop(node, None)


def _lasting(view: msgspec.Struct) -> bytes:
    parts = _parts(_encode(view))
    lasting = {name: part for name, part in parts.items() if name not in Moving.__struct_fields__}
    return _encode(lasting)[:-1] + b","

"""What is remembered of nodes: few unpacked at hand, the others packed, on disk or in memory.

Thousands of nodes have some hundred contexts and alerts each; unpacked they would take far
more memory than the links they came by. A cache on disk keeps what a peer says of a node from
one run of the hub to the next; one in memory is for what the hub may write nowhere.
"""

import asyncio
import logging
import zlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

import msgspec

from muster.errors import MusterError
from muster.model.ids import NodeId
from muster.ports.nodenotes import NodeNotes, Note

log = logging.getLogger(__name__)

T = TypeVar("T", bound=msgspec.Struct)

AT_HAND = 20_000  # contexts, alerts and the like that stay unpacked: 10 to 20 MB
_FAST = 1  # zlib's level: these texts shrink to a tenth by it already


class Backing(Protocol):
    """Where a cache keeps what is packed."""

    def load(self, node: NodeId) -> bytes:
        """Empty when there is nothing."""
        ...

    def store(self, node: NodeId, packed: bytes) -> None: ...
    def drop(self, node: NodeId) -> None: ...


class InMemory:
    """A Backing that ends with the hub."""

    def __init__(self) -> None:
        self._packed: dict[NodeId, bytes] = {}

    def load(self, node: NodeId) -> bytes:
        return self._packed.get(node, b"")

    def store(self, node: NodeId, packed: bytes) -> None:
        self._packed[node] = packed

    def drop(self, node: NodeId) -> None:
        self._packed.pop(node, None)


class OnDisk:
    """A Backing in the records. What was stored goes to disk with the next `write`."""

    def __init__(self, notes: NodeNotes, topic: str) -> None:
        self._notes = notes
        self._topic = topic
        self._unwritten: dict[NodeId, bytes] = {}

    def load(self, node: NodeId) -> bytes:
        waiting = self._unwritten.get(node)
        return self._notes.note(node, self._topic) if waiting is None else waiting

    def store(self, node: NodeId, packed: bytes) -> None:
        self._unwritten[node] = packed

    def drop(self, node: NodeId) -> None:
        """What is on disk goes with the node itself."""
        self._unwritten.pop(node, None)

    async def write(self) -> None:
        """Write all at once. What cannot be written waits for the next time."""
        unwritten = dict(self._unwritten)
        if not unwritten:
            return
        notes: list[Note] = [(node, self._topic, each) for node, each in unwritten.items()]
        try:
            await asyncio.to_thread(self._notes.keep, notes)
        except MusterError as error:
            log.warning("notes of nodes not written", extra={"error": str(error)})
            return
        for node, packed in unwritten.items():
            if self._unwritten.get(node) is packed:  # nothing newer came meanwhile
                del self._unwritten[node]


class PackedCache(Generic[T]):
    """One value per node. Runs on the event loop's thread.

    `size` is how many things a value holds; so many of all, `at_hand`, stay unpacked.
    """

    def __init__(
        self,
        kind: type[T],
        back: Backing,
        *,
        empty: Callable[[], T],
        size: Callable[[T], int],
        at_hand: int = AT_HAND,
    ) -> None:
        self._kind = kind
        self._back = back
        self._empty = empty
        self._size = size
        self._at_hand = at_hand
        self._sizes: dict[NodeId, int] = {}
        self._held = 0  # the sum of the sizes
        self._open: OrderedDict[NodeId, T] = OrderedDict()
        self._changed: set[NodeId] = set()

    def get(self, node: NodeId) -> T:
        """The value as it was put last; a new one where there is none."""
        value = self._open.get(node)
        if value is None:
            value = self._unpack(node)
            self._lay(node, value)
        else:
            self._open.move_to_end(node)
        return value

    def put(self, node: NodeId, value: T) -> None:
        """Keep a value, or note that the one that was got has changed."""
        self._changed.add(node)
        self._lay(node, value)

    def forget(self, node: NodeId) -> None:
        self._open.pop(node, None)
        self._held -= self._sizes.pop(node, 0)
        self._changed.discard(node)
        self._back.drop(node)

    def settle(self) -> None:
        """Pack all that changed."""
        for node in tuple(self._changed):
            self._pack(node)

    def _lay(self, node: NodeId, value: T) -> None:
        size = self._size(value) + 1
        self._held += size - self._sizes.get(node, 0)
        self._sizes[node] = size
        self._open[node] = value
        self._open.move_to_end(node)
        while self._held > self._at_hand and len(self._open) > 1:
            oldest = next(iter(self._open))
            self._pack(oldest)
            del self._open[oldest]
            self._held -= self._sizes.pop(oldest)

    def _pack(self, node: NodeId) -> None:
        if node in self._changed:
            self._changed.discard(node)
            packed = zlib.compress(msgspec.msgpack.encode(self._open[node]), _FAST)
            self._back.store(node, packed)

    def _unpack(self, node: NodeId) -> T:
        try:
            packed = self._back.load(node)
            if not packed:
                return self._empty()
            return msgspec.msgpack.decode(zlib.decompress(packed), type=self._kind)
        except (zlib.error, msgspec.DecodeError, MusterError) as error:
            # Of another version, damaged, or a disk that fails: the peer will say it again.
            log.warning("note of a node not read", extra={"node": node, "error": str(error)})
            return self._empty()

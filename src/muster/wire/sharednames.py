"""Names that the decoders of many links have in common, parsed once for all of them.

Agents of one release on machines of one kind define the same series, and each does so again
with every key frame. What is used least is forgotten first; it is then parsed once more.
"""

from __future__ import annotations

import threading
from array import array
from collections import OrderedDict
from typing import Generic, NamedTuple, TypeVar

from muster.model.metric import Layout, Series
from muster.wire.chain import Shape

MOST_SERIES = 262_144  # in each of the three caches
# One node's long names, or many tags, fill no memory:
_BYTES = 64  # of names that count as one series more
_TAG = 5  # series that a tag counts as beside its text: a tuple and two strings take so much
_PREFIX = 512  # bytes by which definitions are looked up before they are compared

Value = TypeVar("Value")


class Definitions(NamedTuple):
    """All that a key frame defines, as bytes and as objects. No chain changes any of it."""

    raw: bytes
    series: tuple[Series, ...]
    groups_bytes: int
    shapes: tuple[Shape, ...]


class _Cache(Generic[Value]):
    """Values of different sizes up to a sum, newest use last. Safe for threads."""

    def __init__(self, most: int) -> None:
        self._left = most
        self._held: OrderedDict[bytes, tuple[Value, int]] = OrderedDict()
        self._lock = threading.Lock()  # large frames are decoded in threads

    def get(self, key: bytes) -> Value | None:
        with self._lock:
            held = self._held.get(key)
            if held is None:
                return None
            self._held.move_to_end(key)
            return held[0]

    def put(self, key: bytes, value: Value, size: int) -> None:
        with self._lock:
            before = self._held.pop(key, None)
            self._held[key] = (value, size)
            self._left -= size - (before[1] if before is not None else 0)
            while self._left < 0:
                self._left += self._held.popitem(last=False)[1][1]


class SharedNames:
    """Decoders that share one must have the same limits: what is known is not checked again."""

    def __init__(self, most_series: int = MOST_SERIES) -> None:
        self._groups: _Cache[tuple[Series, ...]] = _Cache(most_series)
        self._layouts: _Cache[Layout] = _Cache(most_series)
        self._definitions: _Cache[Definitions] = _Cache(most_series)

    def group(self, raw: bytes) -> tuple[Series, ...] | None:
        """The series of a group, if its bytes were seen."""
        return self._groups.get(raw)

    def keep_group(self, raw: bytes, group: tuple[Series, ...]) -> None:
        self._groups.put(raw, group, 1 + _weight(group))

    def layout(self, series: tuple[Series, ...]) -> Layout | None:
        """The Layout of just these objects, if there is one."""
        return self._layouts.get(_identity(series))

    def keep_layout(self, layout: Layout) -> None:
        # The entry holds the series, so that their ids can't become those of others.
        self._layouts.put(_identity(layout.series), layout, 1 + _weight(layout.series))

    def definitions(self, plain: bytes, at: int) -> Definitions | None:
        """What is defined from a place of a key frame on, if just these bytes were seen."""
        known = self._definitions.get(plain[at : at + _PREFIX])
        return known if known is not None and plain.startswith(known.raw, at) else None

    def keep_definitions(self, known: Definitions, plain: bytes, at: int) -> None:
        size = _weight(known.series) + sum(len(shape.numbers) for shape in known.shapes)
        size += len(known.raw) // _BYTES
        self._definitions.put(plain[at : at + _PREFIX], known, 1 + size)


def _weight(series: tuple[Series, ...]) -> int:
    """What series and their names count as; those of one group share their tags."""
    tags = {id(one.tags): one.tags for one in series}.values()
    text = sum(len(one.measurement) + len(one.field) for one in series)
    text += sum(len(key) + len(value) for each in tags for key, value in each)
    return len(series) + _TAG * sum(map(len, tags)) + text // _BYTES


def _identity(series: tuple[Series, ...]) -> bytes:
    """Which objects these are: quicker than hashing 1,500 series by value."""
    return array("Q", map(id, series)).tobytes()

"""What was made of the newest layouts of one sender, found by their identity.

Decoders give the same Layout as the same object as long as they can: looking it up by value
would hash every name of every row. Bounded by count and by what the layouts hold.
"""

from typing import Generic, TypeVar

from muster.model.metric import Layout, Tags

_LAYOUTS = 64
_SIZE = 524_288  # columns of all of them; the newest is always remembered
_BYTES = 64  # of names that count as a column more
_TAG = 5  # columns that a tag counts as beside its text: a tuple and two strings take so much

Value = TypeVar("Value")


class RecentLayouts(Generic[Value]):
    """Layout -> value; what was put first goes first."""

    __slots__ = ("_held", "_layouts", "_most", "_only", "_size")

    def __init__(self, layouts: int = _LAYOUTS, size: int = 0) -> None:
        """`size` in columns; 0: as is usual."""
        self._layouts = layouts
        self._most = size or _SIZE
        # Most senders have one layout: no dict for it, of which there would be ten thousand.
        self._only: tuple[Layout, Value] | None = None
        # The entry holds the Layout, so that its id can't become another's.
        self._held: dict[int, tuple[Layout, Value, int]] | None = None
        self._size = 0

    def get(self, layout: Layout) -> Value | None:
        only = self._only
        if only is not None:
            return only[1] if only[0] is layout else None
        held = self._held.get(id(layout)) if self._held else None
        return held[1] if held is not None else None

    def put(self, layout: Layout, value: Value) -> None:
        only, self._only = self._only, None
        if self._held is None and (only is None or only[0] is layout):
            self._only = layout, value
            return
        self._held = self._held or {}
        if only is not None:
            self._put(self._held, *only)
        self._put(self._held, layout, value)

    def _put(
        self, held: dict[int, tuple[Layout, Value, int]], layout: Layout, value: Value
    ) -> None:
        before = held.pop(id(layout), None)
        size = before[2] if before is not None else _size_of(layout)
        self._size += size - (before[2] if before is not None else 0)
        held[id(layout)] = (layout, value, size)
        while len(held) > self._layouts or (self._size > self._most and len(held) > 1):
            self._size -= held.pop(next(iter(held)))[2]


def _size_of(layout: Layout) -> int:
    size, text = len(layout.series), 0
    tags: Tags | None = None
    for series in layout.series:
        if series.tags is not tags:  # neighbours mostly share theirs
            tags = series.tags
            size += _TAG * len(tags)
            text += sum(len(key) + len(value) for key, value in tags)
        text += len(series.measurement) + len(series.field)
    return size + text // _BYTES

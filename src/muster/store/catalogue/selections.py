"""What was found before: the same questions come every second, and series change seldom.

Who gets the same list again knows that nothing has changed: the head looks by it.
"""

from collections.abc import Callable, Sequence

import msgspec

from muster.model.access import Scope
from muster.model.query import Selector
from muster.ports.series import SeriesRef

_MOST_LISTS = 256
_MOST_SERIES = 100_000  # in all of them

Find = Callable[[Selector, Scope | None, int | None], Sequence[SeriesRef]]


class Selections:
    """Lists of series by what was asked, until `forget`: from there on `edition` is another."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._known: dict[tuple[bytes, Scope | None, int | None], Sequence[SeriesRef]] = {}
        self._series = 0
        self.edition = object()

    def find(self, select: Selector, scope: Scope | None, most: int | None) -> Sequence[SeriesRef]:
        """See ports.series.Catalogue."""
        key = msgspec.msgpack.encode(select), scope, most
        known = self._known.get(key)
        if known is None:
            known = self._find(select, scope, most)
            if len(self._known) >= _MOST_LISTS or self._series + len(known) > _MOST_SERIES:
                self.forget()
            if len(known) <= _MOST_SERIES:
                self._known[key] = known
                self._series += len(known)
        return known

    def forget(self) -> None:
        """Series have come or gone."""
        self.edition = object()
        if self._known:
            self._known.clear()
            self._series = 0

"""Lists of series by a number: of a tag, a node, a name. Most have one entry, some a million."""

from array import array
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from muster.ports.series import I64
from muster.store.catalogue.columns import groups

_NOTHING: I64 = np.zeros(0, np.int64)


class RowLists:
    """A list for each number, in the order in which its entries came."""

    def __init__(self) -> None:
        self._lists: list[int | array[int] | None] = []  # one entry takes no list

    def add(self, numbers: NDArray[np.integer], rows: I64) -> None:
        """Put each row behind the list of its number."""
        if not len(numbers):
            return
        missing = int(numbers.max()) + 1 - len(self._lists)
        self._lists += [None] * missing
        for number, places in groups(numbers):
            self._extend(number, rows[places])

    def _extend(self, number: int, rows: I64) -> None:
        held = self._lists[number]
        if held is None and len(rows) == 1:
            self._lists[number] = int(rows[0])
            return
        if not isinstance(held, array):
            held = self._lists[number] = array("I", () if held is None else (held,))
        held.frombytes(rows.astype(np.uint32).tobytes())

    def of(self, number: int) -> I64:
        """One list, copied."""
        held = self._lists[number] if 0 <= number < len(self._lists) else None
        if held is None:
            return _NOTHING
        if isinstance(held, int):
            return np.array([held], np.int64)
        return np.array(held, np.int64)

    def of_all(self, numbers: Iterable[int]) -> I64:
        """Several lists behind each other."""
        return np.concatenate([_NOTHING, *map(self.of, numbers)])

    def length(self, number: int) -> int:
        held = self._lists[number] if 0 <= number < len(self._lists) else None
        if isinstance(held, array):
            return len(held)
        return int(held is not None)

    def lengths(self, numbers: Iterable[int]) -> int:
        return sum(map(self.length, numbers))

    def keep(self, numbers: Iterable[int], alive: NDArray[np.bool_]) -> None:
        """Take out of some lists what is gone."""
        for number in numbers:
            rows = self.of(number)
            kept = rows[alive[rows]]
            if len(kept) < len(rows):
                self._lists[number] = None
                if len(kept):
                    self._extend(number, kept)

    def filled(self) -> list[int]:
        """The numbers whose list is not empty."""
        return [number for number, held in enumerate(self._lists) if held is not None]

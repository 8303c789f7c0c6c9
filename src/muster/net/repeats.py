"""Requests of a connection that are as earlier ones, byte for byte, but for numbers in their query.

What polls asks the same again and again, mostly of times that have moved on. A route says where
such numbers stand and what answers others in their place (Route.again); of a request that came
once all that was found out is used again, and nothing of it is read but these digits.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from struct import Struct

import msgspec

from muster.net.http import Begun, Repeat, Response

_MOST = 32  # of a connection; each is as long as a head may be


class Seen(msgspec.Struct, frozen=True, eq=False):
    """One of them, and what answers it.

    Shapes: `around` is what stands before, between and behind the numbers.
    """

    layout: Struct
    around: tuple[bytes, ...]
    answer: Callable[[Sequence[int]], Response | Begun | None]
    stamp: Callable[[], str]

    @classmethod
    def of(cls, data: bytes, query: int, repeat: Repeat) -> "Seen":
        """Of a request whose query begins at a place."""
        edges = [query + edge for place in repeat.places for edge in (place.start, place.stop)]
        layout = Struct("".join(f"{end - at}s" for at, end in pairwise((0, *edges, len(data)))))
        return cls(layout, layout.unpack(data)[::2], repeat.answer, repeat.stamp)

    def numbers(self, data: bytes) -> list[int] | None:
        """Those of a request of the same size; None: it is another."""
        parts = self.layout.unpack(data)
        if parts[::2] != self.around:
            return None
        numbers = []
        for digits in parts[1::2]:
            if digits < b"1" or not digits.isdigit():
                return None
            numbers.append(int(digits))
        return numbers


class Repeats:
    """Those of one connection."""

    def __init__(self) -> None:
        self._seen: dict[int, list[Seen]] = {}  # by their sizes
        self._count = 0

    def find(self, data: bytes) -> tuple[Seen, Sequence[int]] | None:
        """The one that a request is like, and its numbers."""
        for seen in self._seen.get(len(data), ()):
            numbers = seen.numbers(data)
            if numbers is not None:
                return seen, numbers
        return None

    def keep(self, data: bytes, query: int, repeat: Repeat) -> None:
        """Of a request whose query begins at a place."""
        if self._count >= _MOST:
            self._seen.clear()
            self._count = 0
        self._seen.setdefault(len(data), []).append(Seen.of(data, query, repeat))
        self._count += 1

    def drop(self, seen: Seen) -> None:
        """What it was made of has changed."""
        others = [each for each in self._seen.pop(seen.layout.size) if each is not seen]
        if others:
            self._seen[seen.layout.size] = others
        self._count -= 1

"""Requests of a connection that are as earlier ones, byte for byte, but for numbers in their query.

What polls asks the same again and again, mostly of times that have moved on. A route says where
such numbers stand and what answers others in their place (Route.again); of a request that came
once all that was found out is used again, and nothing of it is read but these digits.
"""

from collections.abc import Callable, Sequence
from itertools import zip_longest

import msgspec

from muster.net.http import Begun, Repeat, Response

_MOST = 32  # of a connection; each is as long as a head may be


class Seen(msgspec.Struct, frozen=True, eq=False):
    """One of them, and what answers it.

    Shapes: `pieces` are what stands before, between and behind the numbers, with their places.
    """

    size: int
    pieces: Sequence[tuple[int, bytes]]
    places: Sequence[slice]
    answer: Callable[[Sequence[int]], Response | Begun | None]
    stamp: Callable[[], str]

    @classmethod
    def of(cls, data: bytes, query: int, repeat: Repeat) -> "Seen":
        """Of a request whose query begins at a place."""
        places = [slice(query + each.start, query + each.stop) for each in repeat.places]
        starts = [0, *(each.stop for each in places)]
        ends = (each.start for each in places)
        pieces = [(at, data[at:end]) for at, end in zip_longest(starts, ends)]
        return cls(len(data), pieces, places, repeat.answer, repeat.stamp)

    def numbers(self, data: bytes) -> list[int] | None:
        """Those of a request of the same size; None: it is another."""
        for start, piece in self.pieces:
            if not data.startswith(piece, start):
                return None
        numbers = []
        for place in self.places:
            digits = data[place]
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
        others = [each for each in self._seen.pop(seen.size) if each is not seen]
        if others:
            self._seen[seen.size] = others
        self._count -= 1

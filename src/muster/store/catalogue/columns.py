"""Columns that grow, and a table that finds numbers by 64-bit keys: a million at a few bytes each.

All work is on many entries at once, so that no entry is a Python object. Compiled (`_columns.pyx`)
few entries are quick too: most nodes come with ten.
"""

import secrets
from collections.abc import Iterator
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from muster.ports.series import I64, U64

try:
    from muster.store.catalogue import _columns  # type: ignore[attr-defined]  # compiled, no stub
except ImportError:  # no compiler here: this file does the work
    _columns = None

COMPILED = _columns is not None

U32 = NDArray[np.uint32]
NONE = 0xFFFFFFFF  # no number
_FIRST = 64
_BITS = 64

Type = TypeVar("Type", bound=np.generic)


class Column(Generic[Type]):
    """An array with room at its end. Other threads may read what was there before."""

    __slots__ = ("_held", "size")

    def __init__(self, kind: type[Type]) -> None:
        self._held: NDArray[Type] = np.empty(_FIRST, kind)
        self.size = 0

    @property
    def all(self) -> NDArray[Type]:
        """A view, good until the column grows."""
        return self._held[: self.size]

    def extend(self, values: NDArray[Any]) -> None:
        first, held = self.size, self._held
        end = first + len(values)
        if end > len(held):
            held = np.empty(max(end, len(held) * 3 // 2), held.dtype)
            held[:first] = self.all
            self._held = held
        held[first:end] = values
        self.size = end


class NumberTable(Protocol):
    """Finds the places of keys in a column of different keys; `extend` after each that grew it.

    Whoever chooses the keys does not know where they go here.
    """

    def find(self, keys: U64, held: U64) -> I64:
        """For each key its place in the column, -1 where it is not there."""
        ...

    def extend(self, held: U64) -> None:
        """Take in what the column has more than before."""
        ...


def number_table() -> NumberTable:
    """An empty one."""
    return PureTable() if _columns is None else _columns.CompiledTable()


class PureTable:
    """See NumberTable."""

    def __init__(self) -> None:
        self._slots: U32 = np.full(_FIRST, NONE, np.uint32)
        self._used = 0
        self._turn = np.uint64(secrets.randbits(_BITS) | 1)

    def find(self, keys: U64, held: U64) -> I64:
        """For each key its place in the column, -1 where it is not there."""
        found = np.full(len(keys), -1, np.int64)
        if not self._used or not len(keys):
            return found
        left, at, mask = np.arange(len(keys)), self._first(keys), len(self._slots) - 1
        while len(left):
            numbers = self._slots[at].astype(np.int64)
            there = numbers != NONE
            left, at, numbers = left[there], at[there], numbers[there]
            same = held[numbers] == keys[left]
            found[left[same]] = numbers[same]
            left, at = left[~same], (at[~same] + 1) & mask
        return found

    def extend(self, held: U64) -> None:
        """Take in what the column has more than before."""
        first, self._used = self._used, len(held)
        size = len(self._slots)
        while 2 * self._used > size:
            size *= 2
        if size > len(self._slots):
            self._slots, first = np.full(size, NONE, np.uint32), 0
        numbers = np.arange(first, len(held), dtype=np.uint32)
        at, mask = self._first(held[first:]), size - 1
        while len(numbers):
            free = self._slots[at] == NONE
            self._slots[at[free]] = numbers[free]  # of several in one slot one stays
            left = self._slots[at] != numbers
            numbers, at = numbers[left], (at[left] + 1) & mask

    def _first(self, keys: U64) -> I64:
        bits = len(self._slots).bit_length() - 1
        return ((keys * self._turn) >> np.uint64(_BITS - bits)).astype(np.int64)


def groups(keys: NDArray[Any]) -> Iterator[tuple[int, I64]]:
    """Equal keys: each with its places, ascending."""
    if not len(keys):
        return
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    ends = np.append(starts[1:], len(keys))
    for key, start, end in zip(
        ordered[starts].tolist(), starts.tolist(), ends.tolist(), strict=True
    ):
        yield key, order[start:end]


def firsts(numbers: U32, lengths: I64, kind_of: U32, kinds: int) -> U32:
    """Of lists behind each other: for each its number of each of the first kinds, or NONE."""
    if _columns is None:
        return firsts_plainly(numbers, lengths, kind_of, kinds)
    found: U32 = _columns.firsts(numbers, lengths, kind_of, kinds)
    return found


def firsts_plainly(numbers: U32, lengths: I64, kind_of: U32, kinds: int) -> U32:
    """The pure twin of `firsts`."""
    owners = np.repeat(np.arange(len(lengths)), lengths)
    own = kind_of[numbers]
    few = own < kinds
    found = np.full((len(lengths), kinds), NONE, np.uint32)
    found[owners[few], own[few]] = numbers[few]
    flat: U32 = found.ravel()
    return flat


def spread(starts: I64, lengths: I64) -> I64:
    """The places of pieces behind each other."""
    total = int(lengths.sum())
    before = np.cumsum(lengths) - lengths
    places: I64 = np.arange(total) + np.repeat(starts - before, lengths)
    return places

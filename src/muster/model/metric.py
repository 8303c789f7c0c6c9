"""Metrics as columns: what moves from an agent's tick to the hub's disk.

A Layout is the ordered list of series that arrive together; a Block is some rows of one
Layout. Values are 64-bit patterns, so that every type survives exactly: the Kind of a
column says how to read its patterns. Buffers are plain `array`s; the hub views them with
numpy without a copy, the agent never imports it. A Point exists only at the edges.

Terms: docs/formats/link.md and docs/formats/journal.md show the same values as bytes.
"""

import struct
from array import array
from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import NamedTuple

import msgspec

from muster.errors import InputError

Value = float | int | bool | str
Tags = tuple[tuple[str, str], ...]  # sorted by key, keys unique, no empty key or value


class Kind(IntEnum):
    """How a column's 64-bit patterns are read."""

    FLOAT = 0  # IEEE 754 double
    INTEGER = 1  # two's complement
    UNSIGNED = 2
    BOOLEAN = 3  # 0 or 1
    STRING = 4  # index into the Block's `strings`


class Point(NamedTuple):
    """One measurement at one time. Tags in any order; fields of type int mean INTEGER."""

    measurement: str
    fields: Mapping[str, Value]
    time_ns: int
    tags: Mapping[str, str] = {}


class Series(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Identity of one stored line."""

    measurement: str
    tags: Tags
    field: str
    kind: Kind


class Layout(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The series of one row, in order. Compared and hashed by value."""

    series: tuple[Series, ...]

    @property
    def kinds(self) -> bytes:
        """One byte per column: its Kind."""
        return bytes([series.kind for series in self.series])


class Block(msgspec.Struct, frozen=True):
    """Rows of one Layout.

    Shapes: `times` holds T int64 nanoseconds; `values` T*K int64 patterns, row after row;
            `present` is None when every cell holds a value, else T*K bytes of 0 or 1
            (an absent cell's pattern is 0).
    """

    layout: Layout
    times: "array[int]"  # quoted: array takes no parameter at run time before 3.12
    values: "array[int]"
    present: bytes | None = None
    strings: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        return len(self.times)

    @property
    def values_total(self) -> int:
        """Cells that hold a value."""
        return len(self.values) if self.present is None else self.present.count(1)


class Batch(msgspec.Struct, frozen=True):
    """What a node hands over at once. (epoch, sequence) is unique per node and ordered.

    `epoch` names one life of the agent's spool (a UUID, made when the spool is made);
    `sequence` starts at 1 and grows by one.
    """

    epoch: str
    sequence: int
    blocks: tuple[Block, ...]

    @property
    def values_total(self) -> int:
        return sum([block.values_total for block in self.blocks])


_DOUBLE = struct.Struct("<d")
_LONG = struct.Struct("<q")
_INT64_MIN, _INT64_MAX, _UINT64_MAX = -(1 << 63), (1 << 63) - 1, (1 << 64) - 1


def kind_of(value: Value) -> Kind:
    """The Kind a Python value is stored as."""
    match value:
        case bool():
            return Kind.BOOLEAN
        case int():
            return Kind.INTEGER
        case float():
            return Kind.FLOAT
        case _:
            return Kind.STRING


def pattern_of(value: float | int | bool, kind: Kind) -> int:
    """The signed 64-bit pattern that stands for a value. Strings have none of their own.

    Errors: InputError when an integer does not fit.
    """
    if kind is Kind.FLOAT:
        pattern: int = _LONG.unpack(_DOUBLE.pack(value))[0]
        return pattern
    number = int(value)
    low, high = (0, _UINT64_MAX) if kind is Kind.UNSIGNED else (_INT64_MIN, _INT64_MAX)
    if not low <= number <= high:
        raise InputError(f"{kind.name.lower()} out of range: {value!r}")
    return number - (1 << 64) if number > _INT64_MAX else number


def value_of(pattern: int, kind: Kind, strings: tuple[str, ...] = ()) -> Value:
    """The value that a pattern stands for."""
    match kind:
        case Kind.FLOAT:
            value: float = _DOUBLE.unpack(_LONG.pack(pattern))[0]
            return value
        case Kind.INTEGER:
            return pattern
        case Kind.UNSIGNED:
            return pattern & _UINT64_MAX
        case Kind.BOOLEAN:
            return pattern != 0
        case Kind.STRING:
            return strings[pattern]


def sorted_tags(tags: Mapping[str, str]) -> Tags:
    """Canonical form of a tag set: sorted, without empty keys and values."""
    return tuple(sorted((key, value) for key, value in tags.items() if key and value))


def points_of(block: Block) -> Iterable[Point]:
    """One Point per cell, for tests and small outputs; never on a hot path."""
    width = len(block.layout.series)
    for row, time_ns in enumerate(block.times):
        for column, series in enumerate(block.layout.series):
            cell = row * width + column
            if block.present is None or block.present[cell]:
                value = value_of(block.values[cell], series.kind, block.strings)
                yield Point(series.measurement, {series.field: value}, time_ns, dict(series.tags))

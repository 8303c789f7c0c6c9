"""From a tick's Points to one row of a Layout that stays the same object while it can.

Each collector has its own Columns: where its cells are, and their patterns packed at once by
one `struct` format. A Table is the collectors whose rows go together. A series that is missing
this time keeps its column, marked absent, for a while: waits of an idle disk come and go
every second, and each new Layout costs a dictionary on the wire and in the hub.
"""

import struct
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from muster.errors import InputError, LimitExceeded
from muster.model.metric import (
    Block,
    Kind,
    Layout,
    Point,
    Series,
    Tags,
    kind_of,
    sorted_tags,
)

MAX_COLUMNS = 16_384  # of one collector; a machine with so many disks is a fault in reading
FORGET_AFTER = 120  # rows; a column absent for so long goes when the layout is made anew
CHECK_EVERY = 600  # rows; so long it goes although nothing new came

_Kinds = dict[tuple[str, Tags], dict[str, Kind]]  # measurement and tags -> fields


class _Slots:
    """Where the fields of one kind of point go: side by side, or each to its own place."""

    __slots__ = ("places", "present", "seen", "start", "stop", "strings", "whole")

    def __init__(self, places: Sequence[int], strings: tuple[int, ...]) -> None:
        self.places = places
        self.strings = strings  # which of the fields are strings
        self.start, self.stop = places[0], places[0] + len(places)
        self.whole = list(places) == list(range(self.start, self.stop))
        self.present = b"\1" * len(places)
        self.seen = 0  # row in which it last came


class Part(NamedTuple):
    """One collector's stretch of a row. `present` None: every cell holds a value."""

    patterns: bytes
    present: bytes | None


class Columns:
    """The columns of one collector."""

    def __init__(self) -> None:
        self._kinds: _Kinds = {}
        self._slots: dict[tuple[str, ...], _Slots] = {}
        self._struct = struct.Struct("<")
        self._empty: list[float | int] = []
        self._row = 0
        self.version = 0  # counts changes of `series`
        self.series: tuple[Series, ...] = ()

    def fill(self, points: Iterable[Point], strings: list[str]) -> Part:
        """One row of these points; new texts are added to `strings`. Of two alike the first counts.

        Errors: InputError when a value does not fit its column, LimitExceeded when there are
                too many columns; `skip` then makes the row.
        """
        self._row += 1
        self._forget_if_due()
        placed = self._place([point for point in points if point.fields])
        cells = self._empty.copy()
        filled = 0
        for point, slots in placed:
            values: list[Any] = list(point.fields.values())
            for index in slots.strings:
                strings.append(str(values[index]))
                values[index] = len(strings) - 1
            if slots.whole:
                cells[slots.start : slots.stop] = values
            else:
                for place, value in zip(slots.places, values, strict=True):
                    cells[place] = value
            filled += len(values)
        try:
            patterns = self._struct.pack(*cells)
        except struct.error as error:
            raise InputError(f"a value does not fit its column: {self._misfit(cells)}") from error
        return Part(patterns, None if filled == len(cells) else self._present(placed))

    def skip(self) -> Part:
        """One row without any value."""
        self._row += 1
        self._forget_if_due()
        width = len(self._empty)
        return Part(bytes(8 * width), bytes(width))

    def _place(self, points: list[Point]) -> list[tuple[Point, _Slots]]:
        """Each point and its slots; makes columns for what is new."""
        known, row = self._slots, self._row
        placed = []
        for point in points:
            slots = known.get(_shape(point))
            if slots is None:
                self._add(points)
                return self._place_anew(points)
            if slots.seen != row:
                slots.seen = row
                placed.append((point, slots))
        return placed

    def _place_anew(self, points: list[Point]) -> list[tuple[Point, _Slots]]:
        at = {(s.measurement, s.tags, s.field): place for place, s in enumerate(self.series)}
        placed: dict[tuple[str, ...], tuple[Point, _Slots]] = {}
        for point in points:
            shape = _shape(point)
            if shape not in self._slots:
                key = (point.measurement, sorted_tags(point.tags))
                places = [at[(*key, field)] for field in point.fields]
                texts = [n for n, value in enumerate(point.fields.values()) if type(value) is str]
                self._slots[shape] = _Slots(places, tuple(texts))
            self._slots[shape].seen = self._row
            placed.setdefault(shape, (point, self._slots[shape]))
        return list(placed.values())

    def _add(self, points: list[Point]) -> None:
        kinds = self._living(FORGET_AFTER)
        for point in points:
            known = kinds.setdefault((point.measurement, sorted_tags(point.tags)), {})
            for field, value in point.fields.items():
                known.setdefault(field, kind_of(value))
        if sum(map(len, kinds.values())) > MAX_COLUMNS:
            raise LimitExceeded(f"more than {MAX_COLUMNS} series from one collector")
        if kinds != self._kinds:
            self._lay_out(kinds)

    def _forget_if_due(self) -> None:
        if self._row % CHECK_EVERY == 0:
            kinds = self._living(CHECK_EVERY)
            if kinds != self._kinds:
                self._lay_out(kinds)

    def _living(self, rows: int) -> _Kinds:
        """The columns that one of the last rows had, as a copy."""
        alive = {
            place
            for slots in self._slots.values()
            if self._row - slots.seen <= rows
            for place in slots.places
        }
        kinds: _Kinds = {}
        for place, series in enumerate(self.series):
            if place in alive:
                key = (series.measurement, series.tags)
                kinds.setdefault(key, {})[series.field] = series.kind
        return kinds

    def _lay_out(self, kinds: _Kinds) -> None:
        """Fix the order: fields of one measurement and tags side by side, as first seen."""
        self._kinds = kinds
        self.series = tuple(
            Series(measurement, tags, field, kind)
            for (measurement, tags), fields in kinds.items()
            for field, kind in fields.items()
        )
        is_float = [series.kind is Kind.FLOAT for series in self.series]
        self._struct = struct.Struct("<" + "".join("d" if real else "q" for real in is_float))
        self._empty = [0.0 if real else 0 for real in is_float]
        self._slots = {}
        self.version += 1

    def _present(self, placed: list[tuple[Point, _Slots]]) -> bytes:
        present = bytearray(len(self._empty))
        for _point, slots in placed:
            if slots.whole:
                present[slots.start : slots.stop] = slots.present
            else:
                for place in slots.places:
                    present[place] = 1
        return bytes(present)

    def _misfit(self, cells: list[Any]) -> str:
        for series, value in zip(self.series, cells, strict=True):
            try:
                struct.pack("<d" if series.kind is Kind.FLOAT else "<q", value)
            except struct.error:
                return f"{series.measurement} {series.field} = {str(value)[:60]}"
        return "unknown"


def _shape(point: Point) -> tuple[str, ...]:
    """What decides where a point's values go; cheap, for it is made for each point."""
    tags = point.tags
    return (point.measurement, *tags, *tags.values(), "", *point.fields)


class Table:
    """Collectors whose values make one row together."""

    def __init__(self, columns: Sequence[Columns]) -> None:
        self._columns = columns
        self._versions: list[int] = []
        self._layout = Layout(())

    def block(self, time_ns: int, parts: Sequence[Part], strings: Sequence[str]) -> Block | None:
        """One row; None when it would hold no value."""
        versions = [columns.version for columns in self._columns]
        if versions != self._versions:
            self._versions = versions
            self._layout = Layout(tuple(self._series()))
        present = None
        if any(part.present is not None for part in parts):
            present = b"".join(
                b"\1" * (len(part.patterns) // 8) if part.present is None else part.present
                for part in parts
            )
            if not any(present):
                return None
        values = array("q")
        values.frombytes(b"".join(part.patterns for part in parts))
        if not values:
            return None
        return Block(self._layout, array("q", (time_ns,)), values, present, tuple(strings))

    def _series(self) -> Iterator[Series]:
        for columns in self._columns:
            yield from columns.series

"""Line protocol to columns. Both twins give the same columns and the same words of refusal.

A parser remembers the layouts that it has met, so that the next body of the same series costs no
more than its values; what it answers does not depend on what it remembers. One body at a time:
a thread that parses has a parser of its own.

Source: InfluxDB 1.x, line protocol. Golden: tests/golden/influx/line_protocol.json
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Protocol

from muster.errors import InputError
from muster.model.metric import Kind, Layout
from muster.wire.lineparsed import (
    LAYOUTS,
    POINTS,
    Fault,
    LineError,
    LineLimits,
    Parsed,
    Refused,
    check_body,
    layout_of,
    line_errors,
    names_time,
    text_of,
    too_many,
)
from muster.wire.linequick import QuickScanner
from muster.wire.linescan import BLANKS, LineFault, ScannedPoint, line_end, scan_point
from muster.wire.widerows import Body, WideRows

DEFAULT_LIMITS = LineLimits()
_COMMENT, _NEWLINE = b"#\n"


class LineParser(Protocol):
    """What both twins can do."""

    def parse(
        self, body: bytes, precision_ns: int, now_ns: int, uint_support: bool = False
    ) -> Parsed:
        """The points of a body and the lines that are none.

        Units:  a timestamp counts `precision_ns`; a point without one gets `now_ns`, cut to that.
        Errors: LimitExceeded when the body as a whole is over a limit.
        """
        ...

    def read(
        self, body: bytes, precision_ns: int, now_ns: int, uint_support: bool = False
    ) -> WideRows | None:
        """The same points, as rows of many series; None: `columns` has then to be asked for them.

        Errors: as `parse`.
        """
        ...

    def columns(self) -> Body:
        """What of the body that was read is left to read, in whichever form it comes to.

        It takes long where many series are new. Errors: as `parse`.
        """
        ...


def parse(
    body: bytes,
    precision_ns: int,
    now_ns: int,
    limits: LineLimits = DEFAULT_LIMITS,
    uint_support: bool = False,
) -> Parsed:
    """One body by itself, as LineParser.parse."""
    return line_parser(limits).parse(body, precision_ns, now_ns, uint_support)


def read(
    parser: LineParser, body: bytes, precision_ns: int, now_ns: int, uint_support: bool = False
) -> Body:
    """A body in whichever form a parser gives it. Errors: as LineParser.parse."""
    rows = parser.read(body, precision_ns, now_ns, uint_support)
    return parser.columns() if rows is None else rows


class PureLineParser:
    """The twin that needs no compiler. Without `quick` it reads every line with care."""

    def __init__(self, limits: LineLimits = DEFAULT_LIMITS, *, quick: bool = True) -> None:
        self._limits = limits
        self._quick = QuickScanner(limits) if quick else None
        self._layouts: dict[object, Layout] = {}
        self._columns = 0
        self._waiting: tuple[bytes, int, int, bool] | None = None

    def parse(
        self, body: bytes, precision_ns: int, now_ns: int, uint_support: bool = False
    ) -> Parsed:
        check_body(body, self._limits)
        found: dict[object, _Rows] = {}
        refused = _Refusals(self._limits)
        default_ns = now_ns - now_ns % precision_ns
        points = 0
        for start, end in _lines(body):
            if end - start > self._limits.line_bytes:
                refused.add_long(start, end)
                continue
            try:
                point = self._scan(body[start:end], precision_ns, uint_support=uint_support)
            except LineFault as fault:
                refused.add(start, end, fault)
                continue
            if points == self._limits.points:
                raise too_many(POINTS, self._limits.points)
            self._rows_for(point, found).append(point, default_ns, points)
            points += 1
        return _parsed(list(found.values()), line_errors(body, refused.kept, self._limits), refused)

    def read(
        self, body: bytes, precision_ns: int, now_ns: int, uint_support: bool = False
    ) -> WideRows | None:
        self._waiting = (body, precision_ns, now_ns, uint_support)
        return None

    def columns(self) -> Parsed:
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            raise InputError("this parser has read no body")
        return self.parse(*waiting)

    def _scan(self, line: bytes, precision_ns: int, *, uint_support: bool) -> ScannedPoint:
        if not self._quick:
            return scan_point(line, precision_ns, self._limits, uint_support=uint_support)
        point = self._quick.scan(line, precision_ns, uint_support=uint_support)
        if point is None:
            point = scan_point(line, precision_ns, self._limits, uint_support=uint_support)
            self._quick.learn(line, point)
        return point

    def _rows_for(self, point: ScannedPoint, found: dict[object, _Rows]) -> _Rows:
        fields = sorted((name, kind) for name, (kind, _value) in point.fields.items())
        key = (point.key, *fields)
        rows = found.get(key)
        if rows is None:
            if len(found) == self._limits.layouts:
                raise too_many(LAYOUTS, self._limits.layouts)
            rows = found[key] = _Rows(self._layout(key, point, fields), point.key, fields)
        return rows

    def _layout(self, key: object, point: ScannedPoint, fields: list[tuple[bytes, Kind]]) -> Layout:
        layout = self._layouts.get(key)
        if layout is None:
            if self._columns + len(fields) > self._limits.remembered:
                self._layouts.clear()
                self._columns = 0
            layout = self._layouts[key] = layout_of(point.measurement, point.tags, fields)
            self._columns += len(fields)
        return layout


class _Rows:
    """The points of one layout."""

    def __init__(self, layout: Layout, key: bytes, fields: list[tuple[bytes, Kind]]) -> None:
        self.layout = layout
        self.key = key
        self.times = array("q")
        self.order = array("I")
        self.values = array("q")
        self.strings: dict[bytes, int] = {}
        self._names = [name for name, _kind in fields]
        self._has_strings = any(kind is Kind.STRING for _name, kind in fields)

    def append(self, point: ScannedPoint, default_ns: int, place: int) -> None:
        if self._has_strings:  # numbered as they come, not as fields are sorted
            for _kind, value in point.fields.values():
                if isinstance(value, bytes):
                    self.strings.setdefault(value, len(self.strings))
        self.times.append(default_ns if point.time_ns is None else point.time_ns)
        self.order.append(place)
        for name in self._names:
            _kind, value = point.fields[name]
            self.values.append(self.strings[value] if isinstance(value, bytes) else value)


class _Refusals:
    """The lines refused; those whose text is kept, and how many there are."""

    def __init__(self, limits: LineLimits) -> None:
        self.kept: list[Refused] = []
        self.total = 0
        self._left = limits.error_bytes

    def add(self, start: int, end: int, fault: LineFault) -> None:
        self.total += 1
        self._left -= end - start
        if not self.kept or self._left >= 0:
            self.kept.append(Refused(start, end, fault.fault, fault.about))

    def add_long(self, start: int, end: int) -> None:
        self.add(start, end, LineFault(Fault.LINE_BYTES, end - start))


def _lines(body: bytes) -> Iterator[tuple[int, int]]:
    """Where points are: without leading blanks, without what is blank or a comment."""
    at, size = 0, len(body)
    while at < size:
        end = line_end(body, at)
        start = at
        while start < end and body[start] in BLANKS:
            start += 1
        at = end + 1
        if start < end and body[start] != _COMMENT:
            yield start, end - 1 if body[end - 1] == _NEWLINE else end


def _parsed(found: list[_Rows], errors: tuple[LineError, ...], refused: _Refusals) -> Parsed:
    times, order, values = array("q"), array("I"), array("q")
    for rows in found:
        times += rows.times
        order += rows.order
        values += rows.values
    keys: dict[bytes, int] = {}
    return Parsed(
        layouts=tuple(rows.layout for rows in found),
        keys=array("I", [keys.setdefault(rows.key, len(keys)) for rows in found]),
        rows=array("I", [len(rows.times) for rows in found]),
        times=times,
        order=order,
        values=values,
        strings=tuple(tuple(map(text_of, rows.strings)) for rows in found),
        with_time=tuple(n for n, rows in enumerate(found) if names_time(rows.layout)),
        errors=errors,
        errors_total=refused.total,
    )


try:
    from muster.wire import _lineprotocol
except ImportError:
    COMPILED = False
else:
    COMPILED = True


def line_parser(limits: LineLimits = DEFAULT_LIMITS) -> LineParser:
    """A parser that remembers: the compiled twin where there is one."""
    return _lineprotocol.CompiledLineParser(limits) if COMPILED else PureLineParser(limits)

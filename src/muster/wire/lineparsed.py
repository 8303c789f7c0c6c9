"""What a body of line protocol comes to, whichever twin reads it: columns, and the lines refused.

The words of refusals live here, so that both twins of wire/lineprotocol.py say the same.
Names and strings are text: a byte that is no UTF-8 is U+FFFD, as InfluxDB shows it.

Source: InfluxDB 1.x, line protocol. Golden: tests/golden/influx/line_protocol.json
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from enum import IntEnum
from functools import lru_cache

import msgspec

from muster.errors import LimitExceeded
from muster.model.metric import Block, Kind, Layout, Series

KEY_BYTES = 65_535  # measurement and tags as written, and with 4 and a field's key
LATEST_NS = (1 << 63) - 2  # the earliest is its negative
TIME = "time"
POINTS, LAYOUTS = "points", "sets of series"  # what a body may hold too many of
_KINDS = tuple(Kind)
_SHOWN_BYTES = 256  # of a line that is refused for its length
_BAD = dict.fromkeys(range(0xDC80, 0xDD00), "\N{REPLACEMENT CHARACTER}")


class LineLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much one body may hold. A line over its limits is refused, a body over its own whole."""

    body_bytes: int = 25_000_000  # InfluxDB's own; decoded
    line_bytes: int = 25_000_000  # a string may be as long as the body
    points: int = 2_000_000  # per body
    layouts: int = 262_144  # per body: different sets of measurement, tags and fields
    tags: int = 1_024  # per line
    fields: int = 16_384  # per line
    error_bytes: int = 1 << 20  # per body: lines that are quoted in errors; all are counted
    remembered: int = 1 << 20  # columns of layouts that a parser keeps for the next body


class Fault(IntEnum):
    """Why a line is refused. The numbers are those of lineprotocol.hpp."""

    MEASUREMENT = 1
    FIELDS = 2
    TAG_KEY = 3
    TAG_VALUE = 4
    TAG_FORMAT = 5
    TAG_TWICE = 6
    FIELD_KEY = 7
    FIELD_VALUE = 8
    FIELD_FORMAT = 9
    QUOTES = 10
    NUMBER = 11
    FLOAT = 12
    BOOLEAN = 13
    TIMESTAMP = 14
    TIME_RANGE = 15
    POINT = 16
    INTEGER_RANGE = 17  # with the number's text
    UNSIGNED_RANGE = 18  # with the number's text
    TIME_DIGITS = 19  # with the timestamp's text
    TIME_SYNTAX = 20  # with the timestamp's text
    FIELD_END = 21  # with the text taken for a key
    KEY_BYTES = 22  # with a size
    TAGS = 23  # with a count
    FIELD_COUNT = 24  # with a count
    LINE_BYTES = 25  # with a size


_WORDS = {
    Fault.MEASUREMENT: "missing measurement",
    Fault.FIELDS: "missing fields",
    Fault.TAG_KEY: "missing tag key",
    Fault.TAG_VALUE: "missing tag value",
    Fault.TAG_FORMAT: "invalid tag format",
    Fault.TAG_TWICE: "duplicate tags",
    Fault.FIELD_KEY: "missing field key",
    Fault.FIELD_VALUE: "missing field value",
    Fault.FIELD_FORMAT: "invalid field format",
    Fault.QUOTES: "unbalanced quotes",
    Fault.NUMBER: "invalid number",
    Fault.FLOAT: "invalid float",
    Fault.BOOLEAN: "invalid boolean",
    Fault.TIMESTAMP: "bad timestamp",
    Fault.TIME_RANGE: f"time outside range -{LATEST_NS} - {LATEST_NS}",
    Fault.POINT: "point is invalid",
    Fault.INTEGER_RANGE: 'unable to parse integer {0}: strconv.ParseInt: parsing "{0}":'
    " value out of range",
    Fault.UNSIGNED_RANGE: 'unable to parse unsigned {0}: strconv.ParseUint: parsing "{0}":'
    " value out of range",
    Fault.TIME_DIGITS: 'strconv.ParseInt: parsing "{0}": value out of range',
    Fault.TIME_SYNTAX: 'strconv.ParseInt: parsing "{0}": invalid syntax',
    Fault.FIELD_END: "invalid value: field-key={0}",
    Fault.KEY_BYTES: f"max key length exceeded: {{0}} > {KEY_BYTES}",
    Fault.TAGS: "too many tags: {0} > {1}",
    Fault.FIELD_COUNT: "too many fields: {0} > {1}",
    Fault.LINE_BYTES: "line too long: {0} > {1} bytes",
}
_LIMITS: dict[Fault, Callable[[LineLimits], int]] = {
    Fault.TAGS: lambda limits: limits.tags,
    Fault.FIELD_COUNT: lambda limits: limits.fields,
    Fault.LINE_BYTES: lambda limits: limits.line_bytes,
}


class LineError(msgspec.Struct, frozen=True, array_like=True):
    """A line that was refused: its number in the body, from 1, and the text for who sent it."""

    line: int
    text: str


class Refused(msgspec.Struct, frozen=True, array_like=True):
    """A line that was refused, as a twin reports it: where it lies and what its fault is about."""

    start: int
    end: int
    fault: Fault
    about: bytes | int = 0


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """The points of a body, those of one layout behind each other, and the lines refused.

    Shapes: `layouts` in the order in which they came, their series sorted by field; `rows` (array
            'I') counts each layout's points. `times` (array 'q'), `values` (array 'q': patterns as
            in a Block) and `strings` (one tuple per layout) follow that order. `order` (array 'I')
            has for each of `times` the place of its point among all points of the body.
            `keys` numbers each layout's measurement and tags: layouts that share them share it.
            `with_time` numbers the layouts that have a tag or a field named `time`.
    """

    layouts: tuple[Layout, ...]
    keys: array[int]
    rows: array[int]
    times: array[int]
    order: array[int]
    values: array[int]
    strings: tuple[tuple[str, ...], ...]
    with_time: tuple[int, ...]
    errors: tuple[LineError, ...]
    errors_total: int  # more than there are `errors` when LineLimits.error_bytes is reached

    @property
    def points_total(self) -> int:
        return len(self.times)

    def blocks(self) -> list[Block]:
        """A Block for each layout."""
        blocks, row, cell = [], 0, 0
        for layout, rows, strings in zip(self.layouts, self.rows, self.strings, strict=True):
            after, cells = row + rows, cell + rows * len(layout.series)
            blocks.append(
                Block(layout, self.times[row:after], self.values[cell:cells], strings=strings)
            )
            row, cell = after, cells
        return blocks

    @property
    def error_text(self) -> str:
        """All refusals, a line each."""
        texts = [error.text for error in self.errors]
        if left := self.errors_total - len(texts):
            texts.append(f"and {left} more lines")
        return "\n".join(texts)


def check_body(body: bytes, limits: LineLimits) -> None:
    """Refuse a body that is too long. Errors: LimitExceeded."""
    if len(body) > limits.body_bytes:
        raise LimitExceeded(
            f"the body has {len(body)} bytes, {limits.body_bytes} are allowed", too_large=True
        )


def too_many(what: str, limit: int) -> LimitExceeded:
    """The refusal of a body that holds too much of something."""
    return LimitExceeded(
        f"more than {limit} {what} in one body: send smaller batches", too_large=True
    )


def text_of(data: bytes) -> str:
    """Bytes as text; each byte that is no UTF-8 becomes U+FFFD."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode(errors="surrogateescape").translate(_BAD)


def layout_of(
    measurement: bytes, tags: Iterable[tuple[bytes, bytes]], fields: Iterable[tuple[bytes, int]]
) -> Layout:
    """The layout of unescaped names; fields are sorted by the caller."""
    name = _name(measurement)
    sorted_tags = tuple(sorted([_pair(key, value) for key, value in tags]))
    return Layout(
        tuple([Series(name, sorted_tags, _name(field), _KINDS[kind]) for field, kind in fields])
    )


def names_time(layout: Layout) -> bool:
    """Whether a tag or a field has the name of what is neither."""
    tags = any(key == TIME for key, _value in layout.series[0].tags)
    return tags or any(series.field == TIME for series in layout.series)


@lru_cache(maxsize=16_384)
def _pair(key: bytes, value: bytes) -> tuple[str, str]:
    """A tag; those of a host's series come one after the other and share it."""
    return _name(key), text_of(value)


@lru_cache(maxsize=8_192)
def _name(data: bytes) -> str:
    """Names come again with each series, and one object then serves for all."""
    return text_of(data)


def line_errors(
    body: bytes, refused: Iterable[Refused], limits: LineLimits
) -> tuple[LineError, ...]:
    """The texts of refusals, which come in the order of the body."""
    errors, line, counted = [], 1, 0
    for each in refused:
        line += body.count(b"\n", counted, each.start)
        counted = each.start
        errors.append(LineError(line, _text(body, each, limits)))
    return tuple(errors)


def _text(body: bytes, refused: Refused, limits: LineLimits) -> str:
    fault, about = refused.fault, refused.about
    line = body[refused.start : refused.end]
    if fault is Fault.LINE_BYTES:
        line = line[:_SHOWN_BYTES] + "…".encode()
    limit = _LIMITS[fault](limits) if fault in _LIMITS else 0
    shown = text_of(about) if isinstance(about, bytes) else about
    return f"unable to parse '{text_of(line)}': {_WORDS[fault].format(shown, limit)}"

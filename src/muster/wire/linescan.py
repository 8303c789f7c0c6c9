r"""The grammar of a line, read with care: where lines end, and what a point's text means.

Pure twin of lineprotocol.hpp. InfluxDB reads a line twice, once to find faults and once to take
it apart, with rules for backslashes and quotes that differ a little. Both passes are here,
because what one lets through the other must not read otherwise. So `a\\ b` is one name (a
backslash hides the space behind it, whatever is before it), but the end of a line is looked for
with backslashes in pairs.

Source: InfluxDB 1.x, line protocol. Golden: tests/golden/influx/line_protocol.json
"""

from __future__ import annotations

import math
import re
import struct
from typing import NamedTuple

from muster.model.metric import Kind
from muster.wire.lineparsed import KEY_BYTES, LATEST_NS, Fault, LineLimits

BLANKS = b" \t\0"  # skipped before a line, before its fields and before its timestamp
_FALSE, _TRUE = (b"f", b"F", b"false", b"False", b"FALSE"), (b"t", b"T", b"true", b"True", b"TRUE")

_LINE_STOP = re.compile(rb'[\\",= \n]')
_NAME_STOP = re.compile(rb"(?<!\\)[, ]")
_TAG_STOP = re.compile(rb"(?<!\\)[,= ]")
_KEY_STOP = re.compile(rb"(?<!\\)=")
_FIELDS_STOP = re.compile(rb'[\\",= ]')
_VALUE_STOP = re.compile(rb'\\["\\]|[",]')
_TOKEN = re.compile(rb"[^, ]*")
_DIGITS = re.compile(rb"-?[0-9]*")

_INTEGER = re.compile(rb"-?[0-9]+i")
_UNSIGNED = re.compile(rb"[0-9]+u")
_DECIMAL = re.compile(rb"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_SCIENTIFIC = re.compile(rb"(?=[^.]*\.?[^.]*\Z)-?(?:[0-9.]|[eE][+-]?)+")  # nearly: float() knows

_ESCAPED_NAME = re.compile(rb'\\([," =])')  # in measurements and field keys
_ESCAPED_TAG = re.compile(rb"\\([, =])")
_ESCAPED_STRING = re.compile(rb'\\(["\\])')
_DOUBLE, _LONG = struct.Struct("<d"), struct.Struct("<q")

Field = tuple[Kind, int | bytes]  # with a pattern, or a string


class _Byte:
    NEWLINE = 0x0A
    SPACE = 0x20
    QUOTE = 0x22
    COMMA = 0x2C
    EQUALS = 0x3D
    BACKSLASH = 0x5C


class LineFault(Exception):
    """A line is refused; which fault, and what it is about."""

    def __init__(self, fault: Fault, about: bytes | int = 0) -> None:
        super().__init__(fault, about)
        self.fault = fault
        self.about = about


class ScannedPoint(NamedTuple):
    """A point of one line: names unescaped, `key` as written but with its tags sorted."""

    key: bytes
    measurement: bytes
    tags: tuple[tuple[bytes, bytes], ...]
    fields: dict[bytes, Field]
    time_ns: int | None


def line_end(body: bytes, at: int) -> int:
    """Where the line ends that begins at `at`: a newline in a quoted value belongs to the line."""
    end = body.find(b"\n", at)
    end = len(body) if end < 0 else end
    if body.find(b"\\", at, end) < 0 and body.find(b'"', at, end) < 0:
        return end
    return _careful_end(body, at)


def _careful_end(body: bytes, at: int) -> int:
    size = len(body)
    in_fields = quoted = False
    equals = commas = 0
    while stop := _LINE_STOP.search(body, at):
        at = stop.start()
        match body[at]:
            case _Byte.BACKSLASH if at + 2 < size:  # a backslash hides what is behind it
                at += 1
            case _Byte.SPACE:
                in_fields = True
            case _Byte.EQUALS if in_fields and not quoted:
                equals += 1
            case _Byte.COMMA if in_fields and not quoted:
                commas += 1
            case _Byte.QUOTE if in_fields and equals > commas:
                quoted = not quoted
            case _Byte.NEWLINE if not quoted:
                return at
        at += 1
    return size


def scan_point(
    line: bytes, precision_ns: int, limits: LineLimits, *, uint_support: bool
) -> ScannedPoint:
    """Read a line that is neither blank nor a comment, without its leading blanks.

    Errors: LineFault.
    """
    end, measurement, tags = _scan_key(line, limits)
    key = b",".join((line[: len(measurement)], *(text for _key, text in tags)))
    if len(key) > KEY_BYTES:
        raise LineFault(Fault.KEY_BYTES, len(key))
    start = _skip_blanks(line, end)
    end = _scan_fields(line, start, uint_support=uint_support)
    fields = _take_fields(line, start, end, len(key), limits, uint_support=uint_support)
    return ScannedPoint(
        key,
        _ESCAPED_NAME.sub(rb"\1", measurement),
        tuple(_split_tag(key, text) for key, text in tags),
        fields,
        _scan_time(line, end, precision_ns),
    )


def _skip_blanks(line: bytes, at: int) -> int:
    while at < len(line) and line[at] in BLANKS:
        at += 1
    return at


def _scan_key(line: bytes, limits: LineLimits) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
    """Where the key ends; the measurement; tags as (key, whole text), escaped and sorted."""
    if line[0] == _Byte.COMMA:
        raise LineFault(Fault.MEASUREMENT)
    stop = _NAME_STOP.search(line, 1)
    if stop is None:
        raise LineFault(Fault.FIELDS)
    at, measurement = stop.start(), line[: stop.start()]
    tags: list[tuple[bytes, bytes]] = []
    while line[at] == _Byte.COMMA:
        start = at + 1
        equals = _scan_tag_key(line, start)
        at = _scan_tag_value(line, equals + 1)
        tags.append((line[start:equals], line[start:at]))
    if len(tags) > limits.tags:
        raise LineFault(Fault.TAGS, len(tags))
    tags.sort()
    if any(tags[n][0] == tags[n + 1][0] for n in range(len(tags) - 1)):
        raise LineFault(Fault.TAG_TWICE)
    return at, measurement, tags


def _scan_tag_key(line: bytes, at: int) -> int:
    if at >= len(line) or line[at] in b" ,=":
        raise LineFault(Fault.TAG_KEY)
    stop = _TAG_STOP.search(line, at + 1)
    if stop is None or line[stop.start()] != _Byte.EQUALS:
        raise LineFault(Fault.TAG_VALUE)
    return stop.start()


def _scan_tag_value(line: bytes, at: int) -> int:
    """The first byte may be "=", as InfluxDB has it."""
    if at >= len(line) or line[at] in b" ,":
        raise LineFault(Fault.TAG_VALUE)
    stop = _TAG_STOP.search(line, at + 1)
    if stop is None:
        raise LineFault(Fault.FIELDS)
    if line[stop.start()] == _Byte.EQUALS:
        raise LineFault(Fault.TAG_FORMAT)
    return stop.start()


def _split_tag(key: bytes, text: bytes) -> tuple[bytes, bytes]:
    value = text[len(key) + 1 :]
    return _ESCAPED_TAG.sub(rb"\1", key), _ESCAPED_TAG.sub(rb"\1", value)


def _scan_fields(line: bytes, start: int, *, uint_support: bool) -> int:
    """The first pass: find faults; the end of the fields."""
    at, size, quoted, equals, commas = start, len(line), False, 0, 0
    while stop := _FIELDS_STOP.search(line, at):
        at = stop.start()
        match line[at]:
            case _Byte.BACKSLASH if at + 1 < size:
                at += 1
            case _Byte.QUOTE if equals > commas:
                quoted = not quoted
            case _Byte.EQUALS if not quoted:
                equals += 1
                at = _scan_value(line, at, start, uint_support=uint_support)
                continue
            case _Byte.COMMA if not quoted:
                commas += 1
            case _Byte.SPACE if not quoted:
                break
        at += 1
    else:
        at = size
    if quoted:
        raise LineFault(Fault.QUOTES)
    if not equals or commas != equals - 1:
        raise LineFault(Fault.FIELD_FORMAT)
    return at


def _scan_value(line: bytes, at: int, start: int, *, uint_support: bool) -> int:
    """What is around an equals sign; the end of the value, or the start of a quoted one."""
    if at == start or (line[at - 1] in b" ," and line[at - 2] != _Byte.BACKSLASH):
        raise LineFault(Fault.FIELD_KEY)
    at += 1
    if at >= len(line) or line[at] in b", ":
        raise LineFault(Fault.FIELD_VALUE)
    if line[at] == _Byte.QUOTE:
        return at
    token = _token(line, at)
    plain_value(token, uint_support=uint_support)
    return at + len(token)


def _token(line: bytes, at: int) -> bytes:
    found = _TOKEN.match(line, at)
    return found[0] if found else b""


def plain_value(token: bytes, *, uint_support: bool) -> Field:
    """A number or a boolean. Errors: LineFault."""
    if token[:1] in b"0123456789-.Nn":
        return _number(token, uint_support=uint_support)
    if token in _TRUE:
        return Kind.BOOLEAN, 1
    if token in _FALSE:
        return Kind.BOOLEAN, 0
    raise LineFault(Fault.BOOLEAN)


def _number(token: bytes, *, uint_support: bool) -> Field:
    if _DECIMAL.fullmatch(token) or _SCIENTIFIC.fullmatch(token):
        return _real(token)
    if _INTEGER.fullmatch(token):
        number = bounded(token[:-1], -(1 << 63), (1 << 63) - 1)
        if number is None:
            raise LineFault(Fault.INTEGER_RANGE, token[:-1])
        return Kind.INTEGER, number
    if uint_support and _UNSIGNED.fullmatch(token):
        number = bounded(token[:-1], 0, (1 << 64) - 1)
        if number is None:
            raise LineFault(Fault.UNSIGNED_RANGE, token[:-1])
        return Kind.UNSIGNED, number - (1 << 64) if number >> 63 else number
    raise LineFault(Fault.NUMBER)


def _real(token: bytes) -> Field:
    try:
        value = float(token)
    except ValueError:
        value = math.inf
    if math.isinf(value):
        raise LineFault(Fault.NUMBER if token in (b".", b"-.") else Fault.FLOAT)
    pattern: int = _LONG.unpack(_DOUBLE.pack(value))[0]
    return Kind.FLOAT, pattern


def bounded(text: bytes, low: int, high: int) -> int | None:
    """Digits as a number, if it is one within bounds: never slow, however many there are."""
    if len(text.lstrip(b"-").lstrip(b"0")) > 20:
        return None
    number = int(text.lstrip(b"-").lstrip(b"0") or b"0")
    number = -number if text.startswith(b"-") else number
    return number if low <= number <= high else None


def _take_fields(
    line: bytes, at: int, end: int, key_bytes: int, limits: LineLimits, *, uint_support: bool
) -> dict[bytes, Field]:
    """The second pass: take the fields apart. The last of those that share a key wins."""
    fields: dict[bytes, Field] = {}
    count = 0
    while at < end:
        equals = _KEY_STOP.search(line, at, end)
        if equals is None or equals.start() > end - 2:
            raise LineFault(Fault.FIELD_END, line[at : equals.start() if equals else end])
        key = line[at : equals.start()]
        if key_bytes + 4 + len(key) > KEY_BYTES:
            raise LineFault(Fault.KEY_BYTES, key_bytes + 4 + len(key))
        at = _value_end(line, equals.end(), end)
        value = _value(line[equals.end() : at], uint_support=uint_support)
        fields[_ESCAPED_NAME.sub(rb"\1", key)] = value
        at += 1
        count += 1
    if count > limits.fields:
        raise LineFault(Fault.FIELD_COUNT, count)
    return fields


def _value_end(line: bytes, at: int, end: int) -> int:
    quoted = False
    while stop := _VALUE_STOP.search(line, at, end):
        if line[stop.start()] == _Byte.QUOTE:
            quoted = not quoted
        elif line[stop.start()] == _Byte.COMMA and not quoted:
            return stop.start()
        at = stop.end()
    return end


def _value(text: bytes, *, uint_support: bool) -> Field:
    """A string is what is between the first and the last byte, whatever that is."""
    if text[:1] == b'"':
        return Kind.STRING, _ESCAPED_STRING.sub(rb"\1", text[1:-1])
    return plain_value(text, uint_support=uint_support)


def _scan_time(line: bytes, at: int, precision_ns: int) -> int | None:
    """Nanoseconds; None when the line has no time, and then what is behind it does not count."""
    at = _skip_blanks(line, at)
    found = _DIGITS.match(line, at)
    text = found[0] if found else b""
    at += len(text)
    if at < len(line) and line[at] not in b" \n":
        raise LineFault(Fault.TIMESTAMP)
    if not text:
        return None
    if text == b"-":
        raise LineFault(Fault.TIME_SYNTAX, text)
    number = bounded(text, -(1 << 63), (1 << 63) - 1)
    if number is None:
        raise LineFault(Fault.TIME_DIGITS, text)
    time_ns = number * precision_ns
    if not -LATEST_NS <= time_ns <= LATEST_NS:
        raise LineFault(Fault.TIME_RANGE)
    if line[at:].strip(b" "):
        raise LineFault(Fault.POINT)
    return time_ns

"""Queries of dashboards: variables and the range put into InfluxQL, so that no value gets out.

What a value may do depends on where it stands: within a pattern, a string or a quoted name it is
escaped; elsewhere it is a number, a duration or a name, which is put in quotes if it has to be.
The places are found as the lexer finds them (lexer.py); whether `/` begins a pattern is told by
what stands before it: where a pattern may be, a division may not.

Source: Grafana's template variables and macros for InfluxDB (specification, section 9.3)
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from muster.errors import InputError
from muster.influxql.syntax.quoting import IN_NAME, IN_STRING, quote_ident
from muster.influxql.syntax.tokens import KEYWORDS
from muster.model.filling import (
    ALL,
    MS_NS,
    VARIABLE,
    Filled,
    Piece,
    Range,
    built_in,
    duration_text,
    name_of,
)

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_DURATION = re.compile(r"([0-9]{1,12}(ns|us|u|µ|ms|s|m|h|d|w)){1,6}")
_WINDOW = re.compile(r"time\s*\(\s*$", re.IGNORECASE)
_LAST_WORD = re.compile(r"(?<![A-Za-z0-9_])[A-Za-z_]+$")
_LONGEST_WORD = 40  # longer than any keyword
_BEFORE_PATTERN = frozenset("~(,.")
_UNFIT = re.compile(r"[\r\0]")  # the lexer knows no escape for them

_PATTERN = str.maketrans(
    {mark: f"\\{mark}" for mark in "^$.*+?()[]{}|/-&#~"}
    # a backslash before the closing slash would hide it from the lexer
    | {"\\": "\\x5c", "\n": "\\n", "\r": "\\r", "\0": "\\x00"}
)


def fill_in(text: str, variables: Mapping[str, Sequence[str]], span: Range) -> str:
    """The query with everything put in. Errors: InputError for a value that cannot stand there."""
    filled = Filled()
    for piece in pieces(text):
        if piece.place == "comment":
            filled.add(piece.text)
        else:
            _fill(filled, piece, variables, span)
    return "".join(filled.parts)


def pieces(text: str) -> Iterator[Piece]:
    """A query cut where places change; together they are the text."""
    at = start = 0
    while at < len(text):
        place, end = _place_at(text, at, start)
        if place == "bare":
            at += 1
            continue
        if at > start:
            yield Piece("bare", text[start:at])
        yield Piece(place, text[at:end])
        at = start = end
    if at > start:
        yield Piece("bare", text[start:])


def _place_at(text: str, at: int, start: int) -> tuple[str, int]:
    """Which place begins here, and where it ends."""
    mark = text[at]
    if mark == "'":
        return "string", _quote_end(text, at)
    if mark == '"':
        return "name", _quote_end(text, at)
    if text.startswith("--", at):
        end = text.find("\n", at)
        return "comment", len(text) if end < 0 else end + 1
    if text.startswith("/*", at):
        end = text.find("*/", at + 2)
        return "comment", len(text) if end < 0 else end + 2
    if mark == "/" and _may_be_pattern(text, at):
        return "pattern", _pattern_end(text, at)
    return "bare", at


def _quote_end(text: str, at: int) -> int:
    quote = text[at]
    at += 1
    while at < len(text) and text[at] != "\n":
        if text[at] == quote:
            return at + 1
        at += 2 if text[at] == "\\" else 1
    return min(at + 1, len(text))


def _pattern_end(text: str, at: int) -> int:
    at += 1
    while at < len(text) and text[at] != "\n":
        if text[at] == "/" and text[at - 1] != "\\":
            return at + 1
        at += 1
    return min(at + 1, len(text))


def _may_be_pattern(text: str, at: int) -> bool:
    before = text[:at].rstrip()
    if not before or before[-1] in _BEFORE_PATTERN:
        return True
    word = _LAST_WORD.search(before[-_LONGEST_WORD:])
    return word is not None and word[0].lower() in KEYWORDS


def _fill(
    filled: Filled, piece: Piece, variables: Mapping[str, Sequence[str]], span: Range
) -> None:
    end = 0
    for found in VARIABLE.finditer(piece.text):
        name = name_of(found)
        values = variables.get(name)
        put: str | None
        if values is not None:
            put = _put(piece, piece.text[: found.start()], name, values, span)
        else:
            put = _built_in(name, piece.place, span)
        if put is None:
            continue
        filled.add(piece.text[end : found.start()])
        filled.add(put)
        end = found.end()
    filled.add(piece.text[end:])


def _put(piece: Piece, before: str, name: str, values: Sequence[str], span: Range) -> str:
    if not values:
        raise InputError(f"${name} has no value: choose one")
    if piece.place == "pattern":
        return _in_pattern(values)
    if ALL in values:
        raise InputError(f"${name} stands for all values, which takes =~ /^${name}$/")
    for value in values:
        if _UNFIT.search(value):
            raise InputError(f"${name} has a value with a control character: {value[:100]!r}")
    if piece.place == "bare":
        if list(values) == ["auto"] and _WINDOW.search(before[-_LONGEST_WORD:]):
            return duration_text(span.interval_ns)
        return ", ".join(map(_bare, values))
    if len(values) > 1:
        raise InputError(f"${name} has {len(values)} values, which takes =~ /^${name}$/")
    return values[0].translate(IN_STRING if piece.place == "string" else IN_NAME)


def _in_pattern(values: Sequence[str]) -> str:
    if ALL in values:
        return ".+"
    escaped = [value.translate(_PATTERN) for value in values]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def _bare(value: str) -> str:
    if _NUMBER.fullmatch(value):
        # two of these marks would begin a comment, in which the rest of the line is lost
        return f" {value}" if value.startswith("-") else value
    if _DURATION.fullmatch(value):
        return value
    if _WORD.fullmatch(value) and value.lower() not in KEYWORDS:
        return value
    return quote_ident(value)


def _built_in(name: str, place: str, span: Range) -> str | None:
    """None: not a name of ours, or not one that may stand there."""
    if name in ("timeFilter", "__timeFilter"):
        if place != "bare":
            return None
        from_ms, to_ms = span.from_ns // MS_NS, -(-span.to_ns // MS_NS)
        return f"time >= {from_ms}ms and time <= {to_ms}ms"
    return built_in(name, span)

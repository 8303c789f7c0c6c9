"""Queries of dashboards: variables and the range put into PromQL, so that no value gets out.

Within a string a value is escaped; behind `=~` and `!~` it is escaped for a pattern first, and
several stand as `(a|b)`. Elsewhere it is a number, a duration or a name, and nothing else.

Source: Grafana's template variables and macros for Prometheus (specification, section 10.2)
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from muster.clock import SECOND_NS
from muster.errors import InputError
from muster.model.filling import (
    ALL,
    VARIABLE,
    Filled,
    Piece,
    Range,
    built_in,
    duration_text,
    name_of,
)

_PIECE = re.compile(
    r"""(?P<comment>\#[^\r\n]*)|(?P<double>"(?:[^"\\\n]|\\.)*"?)|(?P<single>'(?:[^'\\\n]|\\.)*'?)"""
    r"""|(?P<raw>`[^`]*`?)|(?P<bare>[^"'`\#]+)""",
    re.DOTALL,
)
_MATCHES = re.compile(r"[=!]~\s*$")
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_DURATION = re.compile(r"([0-9]{1,12}(ms|s|m|h|d|w|y)){1,6}")
_WORD = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")
_WINDOW = re.compile(r"[\[:]\s*$")
_LONGEST_SPACE = 40  # between what tells a place and the place
_UNFIT = re.compile(r"[\0\ufffd]")  # the lexer takes neither
_PATTERN = str.maketrans({mark: f"\\{mark}" for mark in "\\^$.*+?()[]{}|"} | {"\n": "\\n"})
_ESCAPES = {
    "double": str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"}),
    "single": str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r"}),
}
_LEAST_RATE_NS = 60 * SECOND_NS  # four times a scrape of 15 s, as Grafana has it


def fill_in(text: str, variables: Mapping[str, Sequence[str]], span: Range) -> str:
    """The query with everything put in. Errors: InputError for a value that cannot stand there."""
    filled = Filled()
    before = ""
    for piece in pieces(text):
        if piece.place == "comment":
            filled.add(piece.text)
            continue
        _fill(filled, piece, before, variables, span)
        before = piece.text if piece.place == "bare" else ""
    return "".join(filled.parts)


def pieces(text: str) -> Iterator[Piece]:
    """A query cut where places change: `bare`, `double`, `single`, `raw`, `comment`."""
    for found in _PIECE.finditer(text):
        yield Piece(found.lastgroup or "bare", found[0])


def _fill(
    filled: Filled,
    piece: Piece,
    before: str,
    variables: Mapping[str, Sequence[str]],
    span: Range,
) -> None:
    is_pattern = _MATCHES.search(before[-_LONGEST_SPACE:]) is not None
    end = 0
    for found in VARIABLE.finditer(piece.text):
        name = name_of(found)
        values = variables.get(name)
        if values is None:
            put = _built_in(name, span)
        elif piece.place == "bare":
            put = _bare(name, values, piece.text[: found.start()], span)
        else:
            put = _quoted(piece.place, name, values, is_pattern)
        if put is None:
            continue
        filled.add(piece.text[end : found.start()])
        filled.add(put)
        end = found.end()
    filled.add(piece.text[end:])


def _built_in(name: str, span: Range) -> str | None:
    if name == "__rate_interval":
        return duration_text(max(4 * span.interval_ns, _LEAST_RATE_NS))
    return built_in(name, span)


def _quoted(place: str, name: str, values: Sequence[str], is_pattern: bool) -> str:
    _check(name, values)
    if is_pattern:
        escaped = [".+" if value == ALL else value.translate(_PATTERN) for value in values]
        text = escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"
    elif ALL in values or len(values) > 1:
        raise InputError(f'${name} has several values, which takes =~"${name}"')
    else:
        text = values[0]
    if place != "raw":
        return text.translate(_ESCAPES[place])
    if "`" in text:
        raise InputError(f'${name} has a value with a backtick: write "${name}"')
    return text


def _bare(name: str, values: Sequence[str], before: str, span: Range) -> str:
    _check(name, values)
    if list(values) == ["auto"] and _WINDOW.search(before[-_LONGEST_SPACE:]):
        return duration_text(span.interval_ns)
    for value in values:
        if not any(form.fullmatch(value) for form in (_NUMBER, _DURATION, _WORD)):
            raise InputError(
                f"${name} is neither a number, a duration nor a name: {value[:100]!r};"
                f' within a string it may be anything: "${name}"'
            )
    # a minus that follows a minus is not read as one
    return ", ".join(f" {value}" if value.startswith("-") else value for value in values)


def _check(name: str, values: Sequence[str]) -> None:
    if not values:
        raise InputError(f"${name} has no value: choose one")
    for value in values:
        if _UNFIT.search(value):
            raise InputError(f"${name} has a value with a control character: {value[:100]!r}")

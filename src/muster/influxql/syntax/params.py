"""Values for `$name` in a query, given beside it.

A value takes the place of a token, so it can never be read as more than one.
Shapes: a string, number or boolean for a literal, or an object of one entry that says what it is:
        identifier, string, regex, float, integer or duration (text, or nanoseconds).
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from muster.influxql.errors import shortened
from muster.influxql.syntax.durations import format_duration
from muster.influxql.syntax.numbers import format_plain
from muster.influxql.syntax.tokens import Token

_MOST = 1 << 63


class Bound(NamedTuple):
    """What stands in a parameter's place; a BOUNDPARAM's text says why there is nothing."""

    token: Token
    text: str = ""


def bind(params: Mapping[str, Any]) -> dict[str, Bound]:
    """What each parameter stands for. What cannot be bound is an error once it is used."""
    return {name: _bind(value) for name, value in params.items()}


def _bind(value: object) -> Bound:
    match value:
        case bool():
            return Bound(Token.TRUE if value else Token.FALSE)
        case int():
            return _integer(value)
        case float():
            return Bound(Token.NUMBER, format_plain(value))
        case str():
            return Bound(Token.STRING, value)
        case dict():
            return _object(value)
        case _:
            return _refused(f"unable to bind parameter with type {_foreign_name(value)}")


def _object(value: dict[str, Any]) -> Bound:
    if len(value) != 1:
        return _refused("bound object parameter value must have exactly one entry")
    kind, content = next(iter(value.items()))
    if kind not in _KINDS:
        return _refused(f"unknown bind object type: {shortened(kind)}")
    return _KINDS[kind](content)


def _text(token: Token, refusal: str) -> Callable[[object], Bound]:
    return lambda value: Bound(token, value) if isinstance(value, str) else _refused(refusal)


def _float(value: object) -> Bound:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _refused("number literal must be a float value")
    return Bound(Token.NUMBER, format_plain(float(value)))


def _integer(value: object) -> Bound:
    if isinstance(value, bool) or not isinstance(value, int):
        return _refused("integer literal must be an integer value")
    if not -_MOST <= value < _MOST:
        return _refused("integer literal must be of 64 bits")
    return Bound(Token.INTEGER, str(value))


def _duration(value: object) -> Bound:
    if isinstance(value, str):
        return Bound(Token.DURATIONVAL, value)
    if isinstance(value, bool) or not isinstance(value, int):
        return _refused("duration literal must be a string or integer value")
    return Bound(Token.DURATIONVAL, format_duration(value))


def _refused(text: str) -> Bound:
    return Bound(Token.BOUNDPARAM, text)


def _foreign_name(value: object) -> str:
    """What InfluxDB calls the type of a JSON value that is no literal."""
    return "[]interface {}" if isinstance(value, list | tuple) else "<nil>"


_IDENTIFIER = _text(Token.IDENT, "identifier must be a string value")
_KINDS: dict[str, Callable[[object], Bound]] = {
    "ident": _IDENTIFIER,
    "identifier": _IDENTIFIER,
    "regex": _text(Token.REGEX, "regex literal must be a string value"),
    "string": _text(Token.STRING, "string literal must be a string value"),
    "float": _float,
    "number": _float,
    "int": _integer,
    "integer": _integer,
    "duration": _duration,
}

"""`params` of `/query`: a JSON object, and in InfluxDB's words why it is none.

Source: InfluxDB 1.6, and Go's encoding/json, whose texts clients see.
"""

import json
from typing import Any

from muster.errors import InputError

_MOST_CHARS = 1 << 20
_INTEGERS = range(-(1 << 63), 1 << 63)
_LOOKING_FOR = {
    "Expecting value": "looking for beginning of value",
    "Expecting property name enclosed in double quotes": "looking for beginning of object key"
    " string",
    "Expecting ':' delimiter": "after object key",
    "Expecting ',' delimiter": "after object key:value pair",
    "Invalid control character at": "in string literal",
    "Invalid \\escape": "in string escape code",
}
_KINDS = {list: "array", str: "string", bool: "bool", int: "number", float: "number"}


def bindings_of(text: str) -> dict[str, Any]:
    """The values by name; empty for an empty text. Errors: InputError."""
    if not text:
        return {}
    if len(text) > _MOST_CHARS:
        raise InputError(f"error parsing query parameters: more than {_MOST_CHARS} characters")
    try:
        decoder = json.JSONDecoder(parse_float=_float, parse_int=_integer, parse_constant=_constant)
        found, _ = decoder.raw_decode(text.lstrip(" \t\r\n"))
    except json.JSONDecodeError as error:
        raise InputError(f"error parsing query parameters: {_fault(error)}") from error
    except RecursionError as error:
        raise InputError("error parsing query parameters: exceeded max depth") from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        kind = _KINDS[type(found)]
        told = f"json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
        raise InputError(f"error parsing query parameters: {told}")
    return found


def _fault(error: json.JSONDecodeError) -> str:
    if error.pos >= len(error.doc) or error.msg.startswith("Unterminated string"):
        return "unexpected EOF"
    found = error.doc[error.pos]
    shown = "'\\''" if found == "'" else f"'{found}'"
    after = _LOOKING_FOR.get(error.msg, error.msg)
    return f"invalid character {shown} {after}"


def _float(text: str) -> float:
    """A number with a point; other numbers are read as integers."""
    return float(text) if "." in text else float(_integer(text))


def _integer(text: str) -> int:
    try:
        number = int(text) if len(text) < 40 else 1 << 64
    except ValueError:
        raise _no_integer(text, "invalid syntax") from None
    if number not in _INTEGERS:
        raise _no_integer(text, "value out of range")
    return number


def _no_integer(text: str, why: str) -> InputError:
    shown = text[:100]
    return InputError(f'error parsing json value: strconv.ParseInt: parsing "{shown}": {why}')


def _constant(text: str) -> Any:  # noqa: ANN401 - never returns
    told = f"invalid character '{text[0]}' looking for beginning of value"
    raise InputError(f"error parsing query parameters: {told}")

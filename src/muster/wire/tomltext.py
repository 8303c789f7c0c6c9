"""Values as TOML that people like to read: one key a line, long texts as they are.

Python reads TOML and does not write it. What stands in `tables` is written as an array of tables
(`[[panels]]`), every other table in one line. Source: TOML 1.0.0
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_WHOLE = 1e15  # floats below it that are whole are written without a point
_WIDE = 100  # characters of a line before a list is broken
_ESCAPES = {
    "\\": "\\\\",
    '"': '\\"',
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
}


def format_toml(document: Mapping[str, Any], tables: Collection[str]) -> str:
    """The text of a document. `tables` are paths without indexes, as `panels.queries`."""
    return "\n".join(_lines(document, tables, "")).strip("\n") + "\n"


def _lines(table: Mapping[str, Any], tables: Collection[str], path: str) -> list[str]:
    lines: list[str] = []
    below: list[str] = []
    for key, value in table.items():
        place = f"{path}.{key}" if path else key
        if place not in tables:
            lines.append(f"{format_key(key)} = {_value(value, len(key) + 3)}")
            continue
        for each in value:
            below += ["", f"[[{place}]]", *_lines(each, tables, place)]
    return [*lines, *below]


def format_key(key: str) -> str:
    """A key, in quotes if it needs them."""
    return key if _BARE.fullmatch(key) else _quoted(key)


def _value(value: Any, indent: int) -> str:  # noqa: ANN401 - whatever TOML has
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _WHOLE else repr(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return _inline(value)
    return _list(value, indent)


def _list(values: Sequence[Any], indent: int) -> str:
    parts = [_value(each, indent) for each in values]
    line = f"[{', '.join(parts)}]"
    if indent + len(line) <= _WIDE or not parts:
        return line
    return "[\n" + "".join(f"  {part},\n" for part in parts) + "]"


def _inline(table: Mapping[str, Any]) -> str:
    """A table in one line: TOML has no line breaks between its keys."""
    parts = []
    for key, value in table.items():
        if isinstance(value, list | tuple):
            text = f"[{', '.join(_inline_value(each) for each in value)}]"
        else:
            text = _inline_value(value)
        parts.append(f"{format_key(key)} = {text}")
    return f"{{ {', '.join(parts)} }}" if parts else "{}"


def _inline_value(value: Any) -> str:  # noqa: ANN401
    return _quoted(value) if isinstance(value, str) and "\n" in value else _value(value, 0)


def _string(text: str) -> str:
    """A literal where quotes or backslashes would have to be escaped, on several lines if it is."""
    plain = all(mark.isprintable() or mark in "\n\t" for mark in text)
    if plain and "'''" not in text and not text.endswith("'"):
        if "\n" in text:
            return f"'''\n{text}'''"
        if '"' in text or "\\" in text:
            return f"'{text}'" if "'" not in text else f"'''{text}'''"
    return _quoted(text)


def _quoted(text: str) -> str:
    return '"' + "".join(_escaped(mark) for mark in text) + '"'


def _escaped(mark: str) -> str:
    if mark in _ESCAPES:
        return _ESCAPES[mark]
    if mark.isprintable() or mark == " ":
        return mark
    code = ord(mark)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"

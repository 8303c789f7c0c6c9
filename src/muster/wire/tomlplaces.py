"""On which line of a TOML text a key stands, for messages about its value.

Python's reader tells lines of what is no TOML, not of values. This one reads headers and keys of
texts that are TOML, and finds the nearest key around whatever is inside a line.
"""

import re
from collections import Counter
from collections.abc import Iterator

_KEY = re.compile(r"[A-Za-z0-9_.\" '-]{1,300}")
_MOST_CHARS = 10_000  # of a line that are looked at
_LONG = ("'''", '"""')


def line_of(text: str, key: str) -> int:
    """The line (from 1) of a key such as `panels[2].grid.x`, or of what it is in; 0: none."""
    places = dict(reversed(list(_places(text))))
    while key:
        if key in places:
            return places[key]
        key = key[:-1] if key.endswith(".") else _parent(key)
    return 0


def _parent(key: str) -> str:
    if key.endswith("]"):
        return key[: key.rfind("[")]
    return key.rpartition(".")[0]


def _places(text: str) -> Iterator[tuple[str, int]]:
    counts: Counter[str] = Counter()
    prefix, inside = "", ""
    depth = 0
    for number, line in enumerate(text.split("\n"), 1):
        if inside:
            if inside in line:
                inside = ""
            continue
        if depth > 0:
            depth += _opened(line)
            continue
        line = line[:_MOST_CHARS].strip()
        header = line.partition("#")[0].rstrip()
        if header.startswith("[") and header.endswith("]"):
            prefix = _indexed(header.strip("[] \t"), header.startswith("[["), counts)
            yield prefix, number
            continue
        name, equals, value = (part.strip() for part in line.partition("="))
        if equals and _KEY.fullmatch(name):
            name = name.strip("\"' ")
            yield f"{prefix}.{name}" if prefix else name, number
            inside = next((mark for mark in _LONG if _stays_open(value, mark)), "")
            depth = 0 if inside else max(0, _opened(value))


def _indexed(path: str, is_array: bool, counts: "Counter[str]") -> str:
    """A header's path with the index of each array that it is in; an array's own goes on."""
    parts = [part.strip().strip("\"'") for part in path.split(".")]
    found = ""
    for place, part in enumerate(parts):
        found = f"{found}.{part}" if found else part
        if is_array and place == len(parts) - 1:
            counts[found] += 1
        if counts[found]:
            found = f"{found}[{counts[found] - 1}]"
    return found


def _stays_open(value: str, mark: str) -> bool:
    return value.startswith(mark) and mark not in value[len(mark) :]


def _opened(value: str) -> int:
    """How many brackets a line opens more than it closes, but for those in strings."""
    depth, quote, is_escaped = 0, "", False
    for mark in value:
        if is_escaped:
            is_escaped = False
        elif quote:
            is_escaped = mark == "\\" and quote == '"'
            quote = "" if mark == quote else quote
        elif mark in "\"'":
            quote = mark
        elif mark == "#":
            break
        else:
            depth += (mark == "[") - (mark == "]")
    return depth

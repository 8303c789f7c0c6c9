"""What queries of dashboards have in common, whatever their language: variables, the range, steps.

How a value is written where it stands is each language's own: influxql/syntax/templates.py and
promql/templates.py.
Source: Grafana's template variables and macros (specification, section 9.3)
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from muster.errors import InputError
from muster.model.steps import ROUND_STEPS_NS

ALL = "$__all"  # a value that stands for whatever there is, where a list would be too long
MAX_CHARS = 200_000  # of a query with its values
MS_NS = 1_000_000
_MOST_SHOWN = 10  # values in a title

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
VARIABLE = re.compile(rf"\$\{{({_NAME})(?::[a-z]+)?\}}|\$({_NAME})|\[\[({_NAME})(?::[a-z]+)?\]\]")
_FINE_STEPS_NS = (
    tuple(step * MS_NS for step in (1, 2, 5, 10, 20, 50, 100, 200, 500)) + ROUND_STEPS_NS
)


class Range(NamedTuple):
    """The time that is looked at, and the length of one window in it. Units: ns UTC, ns."""

    from_ns: int
    to_ns: int
    interval_ns: int


class Piece(NamedTuple):
    """A part of a query that lies in one place: `pattern`, `string`, `name`, `bare`, `comment`."""

    place: str
    text: str


class Filled:
    """A text that grows, and not without end."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._size = 0

    def add(self, part: str) -> None:
        """Errors: InputError."""
        self.parts.append(part)
        self._size += len(part)
        if self._size > MAX_CHARS:
            raise InputError(f"the query has more than {MAX_CHARS} characters with its values")


def name_of(found: re.Match[str]) -> str:
    """The variable that was found."""
    return found[1] or found[2] or found[3]


def interval_of(from_ns: int, to_ns: int, width_px: int, least_ns: int) -> int:
    """What `$__interval` is: a round length of which about one fits on each pixel."""
    needed = max(least_ns, -(-(to_ns - from_ns) // max(1, width_px)), 1)
    if needed == least_ns:
        return least_ns
    for step in _FINE_STEPS_NS:
        if step >= needed:
            return step
    largest = _FINE_STEPS_NS[-1]
    return -(-needed // largest) * largest


def with_values(text: str, variables: Mapping[str, Sequence[str]]) -> str:
    """A title with values in it, as they are; of many the first few."""

    def put(found: re.Match[str]) -> str:
        values = variables.get(name_of(found))
        return found[0] if values is None else ", ".join(values[:_MOST_SHOWN])

    return VARIABLE.sub(put, text)


def built_in(name: str, span: Range) -> str | None:
    """What a name means in every language; None: it is not one of ours."""
    from_ms, to_ms = span.from_ns // MS_NS, -(-span.to_ns // MS_NS)
    length_ms = to_ms - from_ms
    match name:
        case "interval" | "__interval":
            return duration_text(span.interval_ns)
        case "__interval_ms":
            return str(max(1, span.interval_ns // MS_NS))
        case "__from":
            return str(from_ms)
        case "__to":
            return str(to_ms)
        case "__range":
            return f"{max(1, length_ms // 1000)}s"
        case "__range_s":
            return str(max(1, length_ms // 1000))
        case "__range_ms":
            return str(length_ms)
        case _:
            return None


def duration_text(length_ns: int) -> str:
    """A duration in its largest whole unit."""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)):
        if length_ns % (size * MS_NS) == 0:
            return f"{length_ns // (size * MS_NS)}{unit}"
    return f"{-(-length_ns // MS_NS)}ms"

"""What is wrong with a query, in the words that clients of InfluxDB know."""

from collections.abc import Iterable
from typing import NamedTuple

from muster.errors import InputError

_MAX_SHOWN_CHARS = 1_000  # of a token that a message quotes


class Position(NamedTuple):
    """Where a token stands. Units: line and character, both from 0; texts count from 1."""

    line: int = 0
    char: int = 0


class InfluxqlError(InputError):
    """A query that cannot be read or answered; the text is the one InfluxDB gives."""

    code = "bad_query"


class UnexpectedToken(InfluxqlError):
    """One token where the grammar has others."""

    def __init__(self, found: str, expected: Iterable[str], position: Position) -> None:
        super().__init__(at(f"found {shortened(found)}, expected {', '.join(expected)}", position))


def at(text: str, position: Position) -> str:
    """The text with its place behind it."""
    return f"{text} at line {position.line + 1}, char {position.char + 1}"


def shortened(text: str) -> str:
    """What a message quotes, cut where it is longer than anybody reads."""
    return text if len(text) <= _MAX_SHOWN_CHARS else f"{text[:_MAX_SHOWN_CHARS]}…"

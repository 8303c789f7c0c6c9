"""What commands print: tables for people, JSON for scripts, progress for long work.

Results go to standard output; everything said on the way goes to standard error.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from muster.cli.exits import Exit
from muster.clock import SECOND_NS


def print_json(value: Any) -> None:  # noqa: ANN401
    """One JSON document on standard output."""
    print(msgspec.json.encode(value).decode(), flush=True)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], empty: str) -> None:
    """A table whose columns line up, or one sentence when there is nothing to show."""
    if not rows:
        print(empty)
        return
    texts = [[_cell(cell) for cell in row] for row in (columns, *rows)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print(line.rstrip())


def print_record(record: Mapping[str, object]) -> None:
    """Name and value, one per line."""
    width = max(map(len, record), default=0)
    for name, value in record.items():
        print(f"{plain(name).ljust(width)}  {_cell(value)}")


def say(text: str) -> None:
    """A remark on standard error, of one or several lines."""
    print("\n".join(map(plain, text.split("\n"))), file=sys.stderr, flush=True)


def tell(options: argparse.Namespace, result: Any, text: str) -> int:  # noqa: ANN401 - JSON
    """How something went: the result for scripts (`--json`), else a sentence; the exit code."""
    if options.json:
        print_json(result)
    else:
        say(text)
    return Exit.OK


def counted(count: int, word: str) -> str:
    """`1 use`, `3 uses`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def format_time(time_ns: int) -> str:
    """UTC to the second; empty for "never"."""
    if not time_ns:
        return ""
    return datetime.fromtimestamp(time_ns // SECOND_NS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def format_ago(time_ns: int, now_ns: int) -> str:
    """How long ago or ahead, as `4 min ago`, `in 3 h` or `never`."""
    if not time_ns:
        return "never"
    seconds = (now_ns - time_ns) // SECOND_NS
    text = _span(abs(seconds))
    return f"{text} ago" if seconds >= 0 else f"in {text}"


def _span(seconds: int) -> str:
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _cell(value: object) -> str:
    match value:
        case None | "":
            return "-"
        case bool():
            return str(value).lower()  # as JSON and TOML write it
        case float():
            return f"{value:.6g}"
        case list() | tuple():
            return plain(", ".join(str(part) for part in value)) or "-"
        case _:
            return plain(str(value))


def plain(text: str) -> str:
    """Text that cannot steer a terminal: what hubs and nodes say is printed here."""
    return "".join(mark if mark.isprintable() else "?" for mark in text)


class Progress:
    """A line that counts up on a terminal; silence elsewhere, but for the last word."""

    def __init__(self, what: str, unit: str = "B") -> None:
        self._what = what
        self._unit = unit
        self._shown = sys.stderr.isatty()

    def show(self, done: int, total: int) -> None:
        if self._shown and total:
            filled = 30 * done // total
            bar = "#" * filled + "." * (30 - filled)
            print(
                f"\r{self._what} [{bar}] {100 * done // total} % of {total} {self._unit}",
                end="",
                file=sys.stderr,
                flush=True,
            )

    def end(self) -> None:
        if self._shown:
            print(file=sys.stderr)

"""What the embedded engine notes of the parts it has, made true before it starts.

It notes a part's token first and puts the part in its place then. A process that is killed
between the two leaves a note of a part that never came to be: the rows, sent once more with
their token, would be taken for some that are there. So notes without a part are struck out.

A folder of each table has them, a line each: what was done, the part's name, its token; tabs
between. A part's name is its partition, first and last number, level and, if rows were deleted,
a version; a merged part stands for all numbers from first to last. Source: ClickHouse 26.9,
MergeTreeDeduplicationLog and MergeTreePartInfo.
"""

import logging
import re
from pathlib import Path
from typing import NamedTuple

from muster.store.files import write_private

log = logging.getLogger(__name__)

_NOTES = "store/*/*/deduplication_logs/deduplication_log_*.txt"
_NAME = re.compile(r"(?P<partition>.+?)_(?P<first>\d+)_(?P<last>\d+)_\d+(?:_\d+)?")
_ADDED = "1"


_Spans = dict[str, list[tuple[int, int]]]


class _Part(NamedTuple):
    partition: str
    first: int
    last: int


def mend(path: Path) -> int:
    """Strike out notes of parts that are not there, in an engine's folder that nobody has open.

    Returns how many. Errors: Unavailable, OSError.
    """
    struck = 0
    there: dict[Path, _Spans] = {}
    for notes in sorted(path.glob(_NOTES)):
        table = notes.parent.parent
        if table not in there:
            there[table] = _spans(table)
        lines = notes.read_text().splitlines(keepends=True)
        kept = [line for line in lines if _is_true(line, there[table])]
        if len(kept) < len(lines):
            write_private(notes, "".join(kept).encode())
            struck += len(lines) - len(kept)
    if struck:
        log.info("parts that were under way are written again", extra={"parts": struck})
    return struck


def _spans(table: Path) -> _Spans:
    """The numbers that each partition has."""
    spans: _Spans = {}
    for one in table.iterdir():
        if part := _part(one.name):
            spans.setdefault(part.partition, []).append((part.first, part.last))
    return spans


def _is_true(line: str, there: _Spans) -> bool:
    """Whether a note is whole, and its part, or one that it was merged into, is there."""
    fields = line.split("\t")
    noted = _part(fields[1]) if len(fields) == 3 and line.endswith("\n") else None
    if noted is None:
        return False
    spans = there.get(noted.partition, ())
    is_there = any(first <= noted.first and noted.last <= last for first, last in spans)
    return is_there or fields[0] != _ADDED


def _part(name: str) -> _Part | None:
    found = _NAME.fullmatch(name)
    return found and _Part(found["partition"], int(found["first"]), int(found["last"]))

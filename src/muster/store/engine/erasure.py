# ruff: noqa: S608 - only integers and names of store/engine/statements.py enter a statement
"""Rows deleted by series and time, in the engine's words.

A deletion is one more file beside a table's parts: from then on every question leaves its rows
out (`apply_mutations_on_fly`), and the parts are rewritten in the background. It holds for what
was stored before it alone: rows of the same times that come later stay.
Format: docs/formats/engine.md

Source: ClickHouse documentation, "DELETE", "apply_mutations_on_fly"
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple, TypeVar

from muster.model.metric import Kind
from muster.ports.series import SeriesRef
from muster.store.engine.statements import COLUMNS, DATABASE, SUMMED, SUMS

T = TypeVar("T")
SESSION = (
    "set apply_mutations_on_fly = 1",
    "set max_query_size = 1073741824, max_ast_elements = 100000000",
    "set max_expanded_ast_elements = 100000000",
)
"""What each session is told: deletions hold at once, and statements name many series."""

MOST_KEYS = (
    50_000  # of one statement: each is compared with by every question until parts are rewritten
)
MOST_KEYS_IN_CLUSTER = 10_000  # a statement goes through Keeper, which takes a megabyte
_RECTANGLES = 16
_LOOK_S = 0.1

Ask = Callable[[str], Any]
"""Runs a statement; an Arrow table."""
Tell = Callable[[str], object]
"""Runs a statement that has no answer."""


class Area(NamedTuple):
    """Series of one Kind: all that have one of the fields and one of the tags."""

    kind: Kind
    fields: Sequence[int]
    tags: Sequence[int]

    @property
    def which(self) -> str:
        return f"field in ({_listed(self.fields)}) and tags in ({_listed(self.tags)})"


class Pairs(NamedTuple):
    """Series of one Kind, each by itself."""

    kind: Kind
    keys: Sequence[tuple[int, int]]

    @property
    def which(self) -> str:
        return f"(field, tags) in ({','.join(f'({f},{t})' for f, t in self.keys)})"


def areas(refs: Iterable[SeriesRef], most: int = MOST_KEYS) -> Iterator[Area | Pairs]:
    """The series in parts that are deleted at once: exactly these, and no others.

    A part has up to `most` tags, or pairs.
    """
    keys: dict[Kind, dict[int, set[int]]] = {}
    for ref in refs:
        keys.setdefault(ref.series.kind, {}).setdefault(ref.tags, set()).add(ref.field)
    for kind, fields_of in sorted(keys.items()):
        alike: dict[frozenset[int], list[int]] = {}
        for tags, fields in fields_of.items():
            alike.setdefault(frozenset(fields), []).append(tags)
        if len(alike) > _RECTANGLES:
            pairs = sorted((field, tags) for tags, some in fields_of.items() for field in some)
            for part in _parts(pairs, most):
                yield Pairs(kind, part)
        else:
            for some, listed in alike.items():
                for tag_part in _parts(sorted(listed), most):
                    yield Area(kind, sorted(some), tag_part)


def erase(
    ask: Ask,
    tell: Tell,
    keys: Sequence[SeriesRef],
    span: tuple[int, int],
    *,
    sums: bool,
    most: int = MOST_KEYS,
) -> set[str]:
    """Delete what series have in a range; the tables that had some of it."""
    touched: set[str] = set()
    for area in areas(keys, most):
        for table, width_ns in tables_of(area.kind, sums=sums):
            which = area.which, span[0] // width_ns * width_ns, span[1]
            # A deletion makes all parts of a table anew, so there is none for nothing.
            if ask(holds(table, *which)).num_rows:
                tell(delete(table, *which))
                touched.add(table)
    return touched


def settle(ask: Ask, longest_s: float = 600.0) -> None:
    """Wait until all parts are rewritten. If that takes longer, nothing else is seen for it."""
    pause, turns = Event(), round(longest_s / _LOOK_S)
    while turns and ask(unfinished()).to_pylist()[0]["count"]:
        pause.wait(_LOOK_S)
        turns -= 1


def tables_of(kind: Kind, *, sums: bool) -> list[tuple[str, int]]:
    """Tables that have rows of a Kind, with the width of their rows in time."""
    wide = [(SUMS[step_ns][kind], step_ns) for step_ns in SUMS] if sums and kind in SUMMED else []
    return [(COLUMNS[kind].table, 1), *wide]


def holds(table: str, which: str, start_ns: int, end_ns: int) -> str:
    """Answers one row where there is anything."""
    return f"select 1 as one from {_where(table, which, start_ns, end_ns)} limit 1"


def delete(table: str, which: str, start_ns: int, end_ns: int) -> str:
    """Takes rows away. Rows of sums go with the first or last moment that they are of."""
    where = _where(table, which, start_ns, end_ns)
    return f"delete from {where} settings lightweight_deletes_sync = 0"


def unfinished(table: str = "") -> str:
    """How many deletions, of a table or all, have parts that are not rewritten."""
    of = f"and table = '{table}' " if table else ""
    return (
        f"select count() as count from system.mutations where database = '{DATABASE}' "
        f"{of}and not is_done"
    )


def finish(table: str) -> str:
    """Waits until all parts are rewritten: by one more deletion, of nothing."""
    return f"alter table {DATABASE}.{table} delete where 0 settings mutations_sync = 1"


def places(tables: Iterable[str]) -> str:
    """Where tables have their files."""
    names = ", ".join(f"'{name}'" for name in sorted(set(tables)))
    return (
        "select data_paths[1] as place from system.tables "
        f"where database = '{DATABASE}' and name in ({names})"
    )


def sync(folders: Iterable[str]) -> None:
    """Put deletions on disk: the engine leaves that to the system. Errors: OSError."""
    for folder in map(Path, folders):
        for path in [*folder.glob("mutation_*.txt"), folder]:
            try:
                number = os.open(path, os.O_RDONLY)
            except FileNotFoundError:  # it was done with meanwhile
                continue
            try:
                os.fsync(number)
            finally:
                os.close(number)


def _where(table: str, which: str, start_ns: int, end_ns: int) -> str:
    return f"{DATABASE}.{table} where {which} and ts >= {int(start_ns)} and ts < {int(end_ns)}"


def _parts(every: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    for at in range(0, len(every), most):
        yield every[at : at + most]


def _listed(numbers: Iterable[int]) -> str:
    return ",".join(map(str, numbers))

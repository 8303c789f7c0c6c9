# ruff: noqa: S608 - statements hold names of this project and of the engine's own parts
"""The engine's rows as files: hard-linked for a backup, attached after a restore.

FREEZE links the parts a table has at one moment, so merges that go on change nothing. What
is deleted but not taken out of the parts yet would come back with them: that is waited for. A
restore makes new tables and attaches the parts in the order in which they were written:
of equal times the last one stays. Of sums those by the hour are taken along, because they may
be all that is left of a day; the others are made anew.

Source: ClickHouse documentation, "ALTER TABLE ... FREEZE | ATTACH PART"
"""

import re
import shutil
from pathlib import Path
from typing import Protocol

from muster.clock import DAY_NS
from muster.errors import InputError, Unavailable
from muster.store.engine import erasure
from muster.store.engine.rollups import KEPT_ALONE
from muster.store.engine.statements import COLUMNS, DATABASE, HOUR_NS, SUMS, days

_HOURS = tuple(SUMS[HOUR_NS].values())
TABLES = (*(column.table for column in COLUMNS.values()), "rewritten", *_HOURS)
NAME = "backup"

_PART = re.compile(r"(?P<partition>-?[A-Za-z0-9]+)_(?P<first>\d+)_\d+_\d+(?:_\d+)?")


class Engine(Protocol):
    """store.engine.clickhouse.ClickHouse, as far as it is needed here."""

    def manage(self, statement: str) -> list[str]: ...


def freeze(engine: Engine, folder: Path) -> dict[str, list[Path]]:
    """Link every part of now; table -> folders of its parts. `folder` is the engine's.

    Errors: Unavailable. What is there of an earlier freeze goes first.
    """
    thaw(folder)
    frozen: dict[str, list[Path]] = {}
    for table, place in _places(engine).items():
        if engine.manage(erasure.unfinished(table)) != ["0"]:
            engine.manage(erasure.finish(table))
        engine.manage(f"alter table {DATABASE}.{table} freeze with name '{NAME}'")
        linked = folder / "shadow" / NAME / place.relative_to(folder.resolve())
        frozen[table] = _sorted(linked) if linked.is_dir() else []
    return frozen


def thaw(folder: Path) -> None:
    """Let go of what was linked."""
    shutil.rmtree(folder / "shadow" / NAME, ignore_errors=True)


def attach(engine: Engine, parts: Path) -> None:
    """Give new tables the parts under `parts`/<table>/; they are moved away from there.

    Errors: InputError for a name that is no part's, Unavailable when the engine refuses one.
    """
    for table, place in _places(engine).items():
        if not (parts / table).is_dir():
            continue
        engine.manage(f"system stop merges {DATABASE}.{table}")
        for part in _sorted(parts / table):
            shutil.move(part, place / "detached" / part.name)
            engine.manage(f"alter table {DATABASE}.{table} attach part '{part.name}'")
    engine.manage(_keep_hours())


def rows_of(frozen: dict[str, list[Path]]) -> dict[str, int]:
    """How many rows the parts of each table hold, by their own count: deleted ones too."""
    return {
        table: sum(int((part / "count.txt").read_text()) for part in parts)
        for table, parts in frozen.items()
    }


def count_rows(engine: Engine) -> dict[str, int]:
    """How many rows the parts of each table hold, as `rows_of` counts them."""
    counts = {}
    for table in TABLES:
        (line,) = engine.manage(
            f"select sum(rows) from system.parts where database = '{DATABASE}' "
            f"and table = '{table}' and active"
        )
        counts[table] = int(line)
    return counts


def _keep_hours() -> str:
    """Marks hours of days of which nothing else is left, as store/engine/rollups.py leaves them."""
    hours = " union all ".join(f"select ts from {DATABASE}.{table}" for table in _HOURS)
    return (
        f"insert into {DATABASE}.minutes select distinct intDiv(ts, {HOUR_NS}), 0, {KEPT_ALONE} "
        f"from ({hours}) where intDiv(ts, {DAY_NS}) not in ({days()})"
    )


def _places(engine: Engine) -> dict[str, Path]:
    """Where each table has its parts."""
    lines = engine.manage(
        f"select name, data_paths[1] from system.tables where database = '{DATABASE}'"
    )
    found = dict(line.split("\t", 1) for line in lines)
    missing = [table for table in TABLES if table not in found]
    if missing:
        raise Unavailable(f"the engine has no table {missing[0]!r}")
    return {table: Path(found[table]).resolve() for table in TABLES}


def _sorted(folder: Path) -> list[Path]:
    """The parts of a folder as they were written, partition by partition."""
    return sorted((each for each in folder.iterdir() if each.is_dir()), key=_order)


def _order(part: Path) -> tuple[str, int]:
    match = _PART.fullmatch(part.name)
    if match is None:
        raise InputError(f"not a part of the engine: {part.name!r}")
    return match["partition"], int(match["first"])

# ruff: noqa: S608 - only integers and names of store/engine/statements.py enter a statement
"""What rows take on disk, by tag set: a day's bytes, shared out by how many rows each has.

Sums count with the rows that they are of. Numbers of rows are read from sums by minutes where
a day has some: a sixtieth of what it would cost otherwise.
"""

from collections.abc import Callable
from typing import Any

from muster.clock import DAY_NS
from muster.ports.series import Usage
from muster.store.engine.statements import COLUMNS, DATABASE, MINUTE_NS, SUMMED, SUMS

Ask = Callable[[str], Any]
"""Runs a statement; an Arrow table."""


def usage(ask: Ask, day: int) -> Usage:
    """Of one day since 1970, UTC."""
    found = _bytes_by_tags(ask, day)
    if not found:
        return Usage({}, 0)
    ends = [ask(_ends(column.table, day)).to_pylist()[0] for column in COLUMNS.values()]
    held = [each for each in ends if each["rows"]]
    first = min((each["first"] for each in held), default=0)
    return Usage(found, max((each["last"] for each in held), default=0) - first)


def _bytes_by_tags(ask: Ask, day: int) -> dict[int, float]:
    found: dict[int, float] = {}
    for kind, column in COLUMNS.items():
        tables = [column.table, *(SUMS[step][kind] for step in SUMS if kind in SUMMED)]
        size = ask(_size(tables, day)).to_pylist()[0]["size"]
        if not size:
            continue
        counts = ask(_summed(SUMS[MINUTE_NS][kind], day)) if kind in SUMMED else None
        if counts is None or not counts.num_rows:
            counts = ask(_counted(column.table, day))
        rows = counts["rows"].to_pylist()
        total = sum(rows)
        for tags, some in zip(counts["tags"].to_pylist(), rows, strict=True):
            found[tags] = found.get(tags, 0.0) + size * some / total
    return found


def masked(before_day: int) -> str:
    """The oldest day of a table that holds deleted rows, before a day."""
    return (
        "select table, min(toInt64(partition)) as day from system.parts "
        f"where database = '{DATABASE}' and active and has_lightweight_delete "
        f"and toInt64OrZero(partition) < {int(before_day)} group by table order by day limit 1"
    )


def unmask(table: str, day: int) -> str:
    """Writes a day's parts anew without what was deleted."""
    return f"alter table {DATABASE}.{table} apply deleted mask in partition id '{int(day)}'"


def _size(tables: list[str], day: int) -> str:
    names = ", ".join(f"'{name}'" for name in tables)
    return (
        "select sum(bytes_on_disk) as size from system.parts "
        f"where database = '{DATABASE}' and active and table in ({names}) "
        f"and partition = '{int(day)}'"
    )


def _summed(table: str, day: int) -> str:
    return f"select tags, sum(n) as rows from {_of_day(table, day)} group by tags"


def _counted(table: str, day: int) -> str:
    return f"select tags, count() as rows from {_of_day(table, day)} group by tags"


def _ends(table: str, day: int) -> str:
    return f"select count() as rows, min(ts) as first, max(ts) as last from {_of_day(table, day)}"


def _of_day(table: str, day: int) -> str:
    start, end = day * DAY_NS, (day + 1) * DAY_NS
    return f"{DATABASE}.{table} where ts >= {start} and ts < {end}"

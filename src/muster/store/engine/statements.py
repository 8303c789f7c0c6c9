# ruff: noqa: S608 - this file is the statements; see its first rule
"""The engine's SQL: one table per Kind, what is written to it, and which days there are.

Only integers and names from this file ever enter a statement. Questions about values:
store/engine/questions.py. Format: docs/formats/engine.md
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from muster.clock import DAY_NS, SECOND_NS
from muster.model.metric import Kind

DATABASE = "muster"
# Parts whose tokens are remembered per table: far more than can be replayed at once.
DEDUPLICATION_WINDOW = 1000


class Column(NamedTuple):
    """How a Kind rests in the engine."""

    table: str
    sql_type: str
    dtype: type[np.generic] | None  # of the values in Arrow; None: text


COLUMNS = {
    Kind.FLOAT: Column("floats", "Float64", np.float64),
    Kind.INTEGER: Column("integers", "Int64", np.int64),
    Kind.UNSIGNED: Column("unsigned", "UInt64", np.uint64),
    Kind.BOOLEAN: Column("booleans", "UInt8", np.uint8),
    Kind.STRING: Column("strings", "String", None),
}


TEN_NS = 10 * SECOND_NS
MINUTE_NS = 60 * SECOND_NS
HOUR_NS = 60 * MINUTE_NS
SUMMED = (Kind.FLOAT, Kind.INTEGER, Kind.UNSIGNED)
"""Kinds that have tables of sums."""
SUMS = {
    step_ns: {kind: f"{COLUMNS[kind].table}_{name}" for kind in SUMMED}
    for step_ns, name in ((TEN_NS, "tens"), (MINUTE_NS, "minutes"), (HOUR_NS, "hours"))
}
"""Tables of sums by the width of their buckets: see store/engine/rollups.py."""
_SYNCED = "fsync_after_insert = 1, fsync_part_directory = 1"


def create() -> list[str]:
    """Everything a new data folder needs; changes nothing in an old one."""
    tables = [
        f"create table if not exists {DATABASE}.{column.table} ("
        "field UInt64 codec(Delta, ZSTD(1)), tags UInt64 codec(Delta, ZSTD(1)), "
        f"ts Int64 codec(Delta, ZSTD(1)), v {column.sql_type} codec(ZSTD(1))) "
        f"engine = ReplacingMergeTree partition by intDiv(ts, {DAY_NS}) "
        f"order by (field, tags, ts) settings "
        f"non_replicated_deduplication_window = {DEDUPLICATION_WINDOW}, "
        # The journal gives a segment up once it is inserted, so the insert must be on disk;
        # merged parts are synced too, and their sources stay for a while all the same.
        f"{_SYNCED}, min_rows_to_fsync_after_merge = 1, "
        "old_parts_lifetime = 60"
        for column in COLUMNS.values()
    ]
    rewritten = (
        f"create table if not exists {DATABASE}.rewritten (day Int64) engine = ReplacingMergeTree "
        f"order by day settings {_SYNCED}"
    )
    marks = (
        f"create table if not exists {DATABASE}.minutes (hour Int64, turn UInt64, good UInt8) "
        f"engine = ReplacingMergeTree(turn) order by hour settings {_SYNCED}"
    )
    sums = [_create_sums(kind, step_ns) for step_ns in SUMS for kind in SUMMED]
    return [f"create database if not exists {DATABASE}", *tables, rewritten, marks, *sums]


def _create_sums(kind: Kind, step_ns: int) -> str:
    # What a mean reads of tens of seconds is packed for speed: a third faster, a seventh larger.
    packed = "LZ4" if step_ns == TEN_NS else "ZSTD(1)"
    keys = ", ".join(
        f"{name} {of} codec(Delta, {packed})"
        for name, of in (("field", "UInt64"), ("tags", "UInt64"), ("ts", "Int64"))
    )
    times = ", ".join(f"{name} Int64 codec(Delta, ZSTD(1))" for name in ("ft", "lt", "took"))
    value = COLUMNS[kind].sql_type
    values = ", ".join(f"{name} {value} codec(ZSTD(1))" for name in ("lo", "hi", "f", "l"))
    return (
        f"create table if not exists {DATABASE}.{SUMS[step_ns][kind]} ("
        f"{keys}, {times}, n UInt32 codec({packed}), s Float64 codec({packed}), "
        f"{values}, up Float64 codec(ZSTD(1))) "
        f"engine = MergeTree partition by intDiv(ts, {DAY_NS}) order by (field, tags, ts) "
        # Each part costs a question 0.2 ms: they are merged sooner than by default (5).
        f"settings {_SYNCED}, min_rows_to_fsync_after_merge = 1, merge_selector_base = 2"
    )


def insert(kind: Kind, token: str) -> str:
    """Takes an Arrow stream of (field, tags, ts, v)."""
    if not all(sign.isalnum() or sign in ":-" for sign in token):
        raise ValueError(f"not a token: {token!r}")
    return (
        f"insert into {DATABASE}.{COLUMNS[kind].table} (field, tags, ts, v) settings "
        f"insert_deduplicate = 1, insert_deduplication_token = '{token}', "
        "max_partitions_per_insert_block = 0"
    )


def mark_rewritten(days: Iterable[int]) -> str:
    rows = ", ".join(f"({int(day)})" for day in days)
    return f"insert into {DATABASE}.rewritten values {rows}"


def rewritten() -> str:
    return f"select distinct day from {DATABASE}.rewritten"


def sum_marks() -> str:
    return f"select hour, turn, good from {DATABASE}.minutes final"


def mark_sums(hours: Iterable[int], turn: int, good: int) -> str:
    rows = ", ".join(f"({int(hour)}, {int(turn)}, {int(good)})" for hour in hours)
    return f"insert into {DATABASE}.minutes values {rows}"


def summed_hours() -> str:
    """Hours of which there are sums."""
    each = [
        f"select intDiv(ts, {HOUR_NS}) as hour from {DATABASE}.{table}" for table in sum_tables()
    ]
    return f"select distinct hour from ({' union all '.join(each)})"


def sum_tables() -> list[str]:
    return [table for named in SUMS.values() for table in named.values()]


def days() -> str:
    """Days of which there are rows that can have sums."""
    return _days_in(COLUMNS[kind].table for kind in SUMMED)


def any_row(kind: Kind, start_ns: int, end_ns: int) -> str:
    """Whether there is a row in a range: one, or none. Parts of other times are not read."""
    return (
        f"select 1 as found from {DATABASE}.{COLUMNS[kind].table} "
        f"where ts >= {int(start_ns)} and ts < {int(end_ns)} limit 1"
    )


def fine_days() -> str:
    """Days of which there are the finest sums."""
    return _days_in(SUMS[TEN_NS].values())


def _days_in(tables: Iterable[str]) -> str:
    listed = ", ".join(f"'{table}'" for table in tables)
    return (
        "select distinct toInt64(partition) as day from system.parts "
        f"where database = '{DATABASE}' and active and table in ({listed})"
    )


def partitions(before_ns: int) -> str:
    """(table, partition) of every day that ends at or before a time."""
    return (
        "select distinct table, partition from system.parts "
        f"where database = '{DATABASE}' and active and table not in ('rewritten', 'minutes') "
        f"and (toInt64OrZero(partition) + 1) * {DAY_NS} <= {int(before_ns)}"
    )


def drop(table: str, day: int) -> str:
    if table not in {*(column.table for column in COLUMNS.values()), *sum_tables()}:
        raise ValueError(f"not a table of series: {table!r}")
    return f"alter table {DATABASE}.{table} drop partition {int(day)}"

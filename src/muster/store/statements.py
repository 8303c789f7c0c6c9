# ruff: noqa: S608 - this file is the statements; see its first rule
"""The engine's SQL: one table per Kind, and the questions put to it.

Only integers and names from this file ever enter a statement. Format: docs/formats/engine.md
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from muster.clock import DAY_NS
from muster.model.metric import Kind
from muster.ports.series import Parts

DATABASE = "muster"
# Parts whose tokens are remembered per table: far more than can be replayed at once.
DEDUPLICATION_WINDOW = 1000
_MANY_KEYS = 5_000


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


# The increase from `before` to `after`: muster.model.aggregate. Differences of whole numbers are
# exact as unsigned ones.
_COUNTERS = {
    Kind.FLOAT: "if(isNaN(after - before), 0, if(after >= before, after - before, "
    "greatest(after, 0)))",
    Kind.INTEGER: "toFloat64(toUInt64(if(after >= before, after - before, "
    "greatest(after, toInt64(0)))))",
    Kind.UNSIGNED: "toFloat64(if(after >= before, toUInt64(after - before), after))",
}


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
        "fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, "
        "old_parts_lifetime = 60"
        for column in COLUMNS.values()
    ]
    rewritten = (
        f"create table if not exists {DATABASE}.rewritten (day Int64) engine = ReplacingMergeTree "
        "order by day settings fsync_after_insert = 1, fsync_part_directory = 1"
    )
    return [f"create database if not exists {DATABASE}", *tables, rewritten]


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


class Range(NamedTuple):
    """Which rows: keys are (field, tags). `final`: of equal times only the last counts.

    The rows may be of more keys than were asked: thousands of pairs cost far more to
    compare with (100,000: 1.5 s) than the fields and the tag sets apart (0.1 s).
    """

    kind: Kind
    keys: Sequence[tuple[int, int]]
    start_ns: int
    end_ns: int
    final: bool

    @property
    def source(self) -> str:
        final = " final" if self.final else ""
        return (
            f"from {DATABASE}.{COLUMNS[self.kind].table}{final} where {self._which} "
            f"and ts >= {int(self.start_ns)} and ts < {int(self.end_ns)}"
        )

    @property
    def varying(self) -> list[str]:
        """Columns of the key in which the keys differ; never none of them."""
        some = [name for name, at in (("field", 0), ("tags", 1)) if len(self._distinct(at)) > 1]
        return some or ["tags"]

    def _distinct(self, at: int) -> set[int]:
        return {int(key[at]) for key in self.keys}

    @property
    def _which(self) -> str:
        fields, tags = self._distinct(0), self._distinct(1)
        if len(fields) * len(tags) <= 2 * len(self.keys) or len(self.keys) > _MANY_KEYS:
            return f"field in ({_listed(fields)}) and tags in ({_listed(tags)})"
        return "(field, tags) in (" + _listed(f"({int(f)},{int(t)})" for f, t in self.keys) + ")"


def _listed(parts: Iterable[object]) -> str:
    return ",".join(sorted(map(str, parts)))


def select(wanted: Range) -> str:
    return f"select field, tags, ts, v {wanted.source} order by field, tags, ts"


def last(wanted: Range) -> str:
    return (
        f"select field, tags, max(ts) as ts_, argMax(v, ts) as v_ {wanted.source} "
        "group by field, tags order by field, tags"
    )


def aggregate(wanted: Range, step_ns: int, parts: Parts, *, few: bool) -> str:
    """Buckets by (field, tags, bucket), in any order; `bucket` times the step is the start.

    A column that is the same for all keys, and `bucket` with a step of 0, may be left out.
    `few` says that few rows are read: one thread and a short key then beat all else. Many
    rows are aggregated in the order in which they lie, in as many threads as there are.
    """
    keys = wanted.varying if few else ["field", "tags"]
    step = int(step_ns)
    bucket = [f"{_bucket(wanted, step)} as bucket"] if step else []
    columns = [*keys, *bucket, *_parts(wanted.kind, parts)]
    by = [*keys, "bucket"] if step else keys
    how = "max_threads = 1" if few else "optimize_aggregation_in_order = 1"
    text = f"select {', '.join(columns)} {wanted.source} group by {', '.join(by)}"
    if Parts.RISE in parts and wanted.kind in _COUNTERS:
        text = _with_rise(text, wanted.kind)
    return f"{text} settings {how}"


def _bucket(wanted: Range, step: int) -> str:
    """Times before 1970 fall into the bucket that starts before them."""
    if wanted.start_ns >= 0:
        return f"intDiv(ts, {step})"
    return f"intDiv(ts - positiveModulo(ts, {step}), {step})"


def _parts(kind: Kind, parts: Parts) -> list[str]:
    low, high = "min(v)", "max(v)"
    if kind is Kind.FLOAT:
        # NaN is a bound only where nothing else is.
        low = "if(countIf(not isNaN(v)) = 0, any(v), minIf(v, not isNaN(v)))"
        high = "if(countIf(not isNaN(v)) = 0, any(v), maxIf(v, not isNaN(v)))"
    numbers = {
        Parts.TOTAL: "sum(toFloat64(v)) as total",
        Parts.LOW: f"{low} as low",
        Parts.HIGH: f"{high} as high",
    }
    ends = {
        Parts.FIRST: "argMin(v, ts) as first, min(ts) as first_time",
        Parts.LAST: "argMax(v, ts) as last, max(ts) as last_time",
    }
    every = ends if kind is Kind.STRING else numbers | ends
    if kind in _COUNTERS:
        every[Parts.RISE] = "groupArray(v) as found, groupArray(ts) as times"
    return ["toInt64(count()) as counts", *(text for part, text in every.items() if part in parts)]


def _with_rise(text: str, kind: Kind) -> str:
    """A statement whose rows have `found` and `times`, with `rise` and `spent` instead.

    Groups are not made in the order of time where a day has several parts.
    """
    ordered = "arraySort((value, time) -> time, found, times) as values, arraySort(times) as sorted"
    pairs = "arraySlice(values, 2), arraySlice(values, 1, -1)"
    spent = "sorted[-1] - sorted[1]"
    if kind is Kind.FLOAT:  # neighbours of which the increase is not known take no time
        known = "if(isNaN(after - before), 0, late - early)"
        times = "arraySlice(sorted, 2), arraySlice(sorted, 1, -1)"
        spent = f"arraySum((after, before, late, early) -> {known}, {pairs}, {times})"
    rise = f"toFloat64(arraySum((after, before) -> {_COUNTERS[kind]}, {pairs}))"
    return (
        f"select * except (found, times, values, sorted), {rise} as rise, {spent} as spent "
        f"from (select *, {ordered} from ({text}))"
    )


def partitions(before_ns: int) -> str:
    """(table, partition) of every day that ends at or before a time."""
    return (
        "select distinct table, partition from system.parts "
        f"where database = '{DATABASE}' and active and table != 'rewritten' "
        f"and (toInt64(partition) + 1) * {DAY_NS} <= {int(before_ns)}"
    )


def drop(table: str, day: int) -> str:
    if table not in {column.table for column in COLUMNS.values()}:
        raise ValueError(f"not a table of series: {table!r}")
    return f"alter table {DATABASE}.{table} drop partition {int(day)}"

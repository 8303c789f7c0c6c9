# ruff: noqa: S608 - only integers and names of store/engine/statements.py enter a statement
"""The engine's SQL: questions about values, and the sums that are made of their answers.

Tables: store/engine/statements.py. Answers: store/engine/answers.py
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from muster.model.metric import Kind
from muster.ports.series import Parts
from muster.store.engine.statements import COLUMNS, DATABASE, SUMS

_MANY_KEYS = 5_000
# Of few rows: more threads, and reading the key before the values, cost more than they save.
_FEW = "max_threads = 1, optimize_move_to_prewhere = 0"

# The increase from `before` to `after`: muster.model.aggregate. Differences of whole numbers are
# exact as unsigned ones.
_COUNTERS = {
    Kind.FLOAT: "if(isNaN(after - before), 0, if(after >= before, after - before, "
    "greatest(after, 0)))",
    Kind.INTEGER: "toFloat64(toUInt64(if(after >= before, after - before, "
    "greatest(after, toInt64(0)))))",
    Kind.UNSIGNED: "toFloat64(if(after >= before, toUInt64(after - before), after))",
}


class Range(NamedTuple):
    """Which rows: keys are (field, tags), None all. `final`: of equal times the last counts.

    `sums`: of the table with buckets so long; 0: rows. `fields`: without keys, from one to another.

    The rows may be of more keys than were asked: thousands of pairs cost far more to
    compare with (100,000: 1.5 s) than the fields and the tag sets apart (0.1 s).
    """

    kind: Kind
    keys: Sequence[tuple[int, int]] | None
    start_ns: int
    end_ns: int
    final: bool
    sums: int = 0
    fields: tuple[int, int] | None = None

    @property
    def source(self) -> str:
        final = " final" if self.final and not self.sums else ""
        table = SUMS[self.sums][self.kind] if self.sums else COLUMNS[self.kind].table
        return (
            f"from {DATABASE}.{table}{final} where {self._which} "
            f"and ts >= {int(self.start_ns)} and ts < {int(self.end_ns)}"
        )

    @property
    def varying(self) -> list[str]:
        """Columns of the key in which the keys differ; never none of them."""
        some = [name for name, at in (("field", 0), ("tags", 1)) if len(self._distinct(at)) > 1]
        return some or ["tags"]

    def _distinct(self, at: int) -> set[int]:
        return {int(key[at]) for key in self.keys or ()}

    @property
    def _which(self) -> str:
        if self.keys is None:
            some = self.fields
            return f"field >= {int(some[0])} and field <= {int(some[1])}" if some else "1"
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


def aggregate(pieces: Sequence[Range], step_ns: int, parts: Parts, *, few: bool) -> str:
    """Buckets by (field, tags, bucket), in any order; `bucket` times the step is the start.

    The pieces are ranges of the same keys. In one statement they cost less than in several.
    A column that is the same for all keys, and `bucket` with a step of 0, may be left out.
    `few` says that few rows are read: one thread and a short key then beat all else. Many
    rows are aggregated in the order in which they lie, in as many threads as there are.
    """
    keys = pieces[0].varying if few else ["field", "tags"]
    texts = [_aggregated(wanted, keys, int(step_ns), parts) for wanted in pieces]
    how = _FEW if few else "optimize_aggregation_in_order = 1"
    return f"{' union all '.join(texts)} settings {how}"


def rising(pieces: Sequence[Range]) -> str:
    """What store/engine/rowbuckets.py makes buckets of: rows, or rows and sums, in any order."""
    keys = ", ".join(pieces[0].varying)
    is_mixed = any(wanted.sums for wanted in pieces)
    as_sum = ", v as l, ts as lt, toUInt32(1) as n, toFloat64(0) as up, toInt64(0) as took"
    row = f"v as f, ts as ft{as_sum if is_mixed else ''}"
    columns = {True: "f, ft, l, lt, n, up, took", False: row}
    texts = [f"select {keys}, {columns[wanted.sums > 0]} {wanted.source}" for wanted in pieces]
    return f"{' union all '.join(texts)} settings {_FEW}"


def make_sums(wanted: Range, step_ns: int) -> str:
    """Sums up a range of whole steps, of rows or of finer sums."""
    text = _aggregated(wanted, ["field", "tags"], step_ns, Parts.ALL)
    return (
        f"insert into {DATABASE}.{SUMS[step_ns][wanted.kind]} "
        "(field, tags, ts, n, s, lo, hi, f, ft, l, lt, up, took) "
        f"select field, tags, bucket * {step_ns}, counts, total, low, high, first, first_time, "
        f"last, last_time, rise, spent from ({text}) "
        "settings optimize_aggregation_in_order = 1, max_threads = 1"
    )


def sums(wanted: Range, step_ns: int, columns: Sequence[str]) -> str:
    """Some of what `make_sums` has made of a range."""
    made = wanted._replace(sums=step_ns)
    names = ", ".join(["field", "tags", "ts", "n", *columns])
    return f"select {names} {made.source} order by field, tags, ts settings max_threads = 1"


def _aggregated(wanted: Range, keys: list[str], step: int, parts: Parts) -> str:
    bucket = [f"{_bucket(wanted, step)} as bucket"] if step else []
    if step and wanted.sums == step:  # each is a bucket already: nothing is grouped
        return f"select {', '.join([*keys, *bucket, *_summed_parts(parts)])} {wanted.source}"
    of = _SUM if wanted.sums else _ROW
    columns = [*keys, *bucket, *_parts(wanted.kind, parts, of)]
    by = [*keys, "bucket"] if step else keys
    text = f"select {', '.join(columns)} {wanted.source} group by {', '.join(by)}"
    if Parts.RISE in parts and wanted.kind in _COUNTERS:
        named = re.findall(r" as (\w+)", ", ".join(columns))
        kept = [*keys, *(name for name in named if not name.endswith("_"))]
        text = _with_rise(text, kept, wanted.kind, of)
    return text


class _Of(NamedTuple):
    """What the parts of buckets are made of: rows, or sums."""

    counts: str
    total: str
    low: str
    high: str
    first: str
    first_time: str
    last: str
    last_time: str
    rises: str  # and what they took; as they come, for _with_rise


_ROW = _Of(
    *("count()", "sum(toFloat64(v))", "v", "v", "v", "ts", "v", "ts"),
    "groupArray(v) as firsts_, groupArray(ts) as earlies_, firsts_ as lasts_, earlies_ as lates_, "
    "toFloat64(0) as up_, toInt64(0) as took_",
)
_SUM = _Of(
    *("sum(n)", "sum(s)", "lo", "hi", "f", "ft", "l", "lt"),
    "groupArray(f) as firsts_, groupArray(ft) as earlies_, groupArray(l) as lasts_, "
    "groupArray(lt) as lates_, sum(up) as up_, sum(took) as took_",
)


def _bucket(wanted: Range, step: int) -> str:
    """Times before 1970 fall into the bucket that starts before them."""
    if wanted.start_ns >= 0:
        return f"intDiv(ts, {step})"
    return f"intDiv(ts - (ts % {step} + {step}) % {step}, {step})"


def _parts(kind: Kind, parts: Parts, of: _Of) -> list[str]:
    low, high = f"min({of.low})", f"max({of.high})"
    if kind is Kind.FLOAT:  # NaN is a bound only where nothing else is
        low, high = _real("min", of.low), _real("max", of.high)
    numbers = {
        Parts.TOTAL: f"{of.total} as total",
        Parts.LOW: f"{low} as low",
        Parts.HIGH: f"{high} as high",
    }
    first, last = f"argMin({of.first}, {of.first_time})", f"argMax({of.last}, {of.last_time})"
    ends = {
        Parts.FIRST: f"{first} as first, min({of.first_time}) as first_time",
        Parts.LAST: f"{last} as last, max({of.last_time}) as last_time",
    }
    every = ends if kind is Kind.STRING else numbers | ends
    if kind in _COUNTERS:
        every[Parts.RISE] = of.rises
    asked = [text for part, text in every.items() if part in parts]
    return [f"toInt64({of.counts}) as counts", *asked]


def _summed_parts(parts: Parts) -> list[str]:
    """The columns of `_parts` and `_with_rise` out of single sums."""
    every = {
        Parts.TOTAL: "s as total",
        Parts.LOW: "lo as low",
        Parts.HIGH: "hi as high",
        Parts.FIRST: "f as first, ft as first_time",
        Parts.LAST: "l as last, lt as last_time",
        Parts.RISE: "up as rise, took as spent",
    }
    return ["toInt64(n) as counts", *(text for part, text in every.items() if part in parts)]


def _real(bound: str, name: str) -> str:
    return f"if(countIf(not isNaN({name})) = 0, any({name}), {bound}If({name}, not isNaN({name})))"


def _with_rise(text: str, kept: Sequence[str], kind: Kind, of: _Of) -> str:
    """Some columns of a statement that has those of _Of.rises, with `rise` and `spent`.

    Rows come in any order where a day has several parts. To what rose within each of them
    comes what rose from one to the next.
    """
    firsts = "arraySort((value, time) -> time, firsts_, earlies_)"
    lasts = "firsts" if of is _ROW else "arraySort((value, time) -> time, lasts_, earlies_)"
    lates = "earlies" if of is _ROW else "arraySort(lates_)"
    ordered = (
        f"{firsts} as firsts, arraySort(earlies_) as earlies, {lasts} as lasts, {lates} as lates"
    )
    pairs = "arraySlice(firsts, 2), arraySlice(lasts, 1, -1)"
    spent = "lates[-1] - earlies[1]"
    if kind is Kind.FLOAT:  # neighbours of which the increase is not known take no time
        known = "if(isNaN(after - before), 0, late - early)"
        times = "arraySlice(earlies, 2), arraySlice(lates, 1, -1)"
        spent = f"took_ + arraySum((after, before, late, early) -> {known}, {pairs}, {times})"
    rise = f"up_ + toFloat64(arraySum((after, before) -> {_COUNTERS[kind]}, {pairs}))"
    return (
        f"select {', '.join(kept)}, {rise} as rise, {spent} as spent "
        f"from (select *, {ordered} from ({text}))"
    )

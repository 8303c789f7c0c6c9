# ruff: noqa: S608 - only integers and names of store/engine/statements.py enter a statement
"""All values of one engine copied into another, day by day, and compared.

What is equal on both sides already is left alone, so a copy that was interrupted goes on where
it was. Rows go over in slices of time, each with a token made of what it holds: a slice that
comes twice is stored once. Of times that were written several times the last value is copied.
Neither engine may be in use by a hub meanwhile. Sums are not copied, as a hub makes them anew,
but for those that are all there is of a day: store/engine/keptmigration.py
"""

from collections.abc import Callable, Container, Iterator
from itertools import pairwise
from typing import NamedTuple

from muster.clock import DAY_NS
from muster.errors import Conflict
from muster.model.metric import Kind
from muster.store.engine import statements
from muster.store.engine.enginesessions import Sessions
from muster.store.engine.keptmigration import kept_days, migrate_kept
from muster.store.engine.statements import COLUMNS, DATABASE, HOUR_NS, SUMS

_SLICE_ROWS = 1_000_000  # about so many are in memory at once
_MOST_SLICES = 86_400  # of a day

Say = Callable[["Copied"], None]


class Copied(NamedTuple):
    """A table's rows of one day that are in both engines, and equal."""

    day: int  # since 1970, UTC
    table: str
    rows: int
    checksum: int
    was_there: bool
    done: int  # rows of all days so far, of
    total: int


class Total(NamedTuple):
    """What is in both engines, and equal."""

    rows: int  # one a value
    hours: int  # sums of a series' hour of which nothing else is left

    @property
    def text(self) -> str:
        """For people."""
        sums = f" and {self.hours} sums by the hour" if self.hours else ""
        return f"{self.rows} values{sums}"


class _Content(NamedTuple):
    rows: int  # of different times
    checksum: int
    stored: int  # with those that a merge will take away


def migrate(source: Sessions, target: Sessions, say: Say) -> Total:
    """Copy everything. Both are open, and have their tables.

    Errors: Conflict where the target has other rows of a day, Unavailable, LimitExceeded.
    """
    rows = [
        (day, kind, _content(source, kind, day * DAY_NS, (day + 1) * DAY_NS))
        for day in _days(source)
        for kind in COLUMNS
    ]
    kept = kept_days(source)
    values = sum(content.rows for *_, content in rows)
    hours = sum(content.rows for each in kept for content in each.contents.values())
    done, closed = 0, {each.day for each in kept_days(target)}
    for day, kind, content in rows:
        if not content.rows:
            continue
        was_there = _migrate_rows(source, target, day, kind, content, closed)
        done += content.rows
        table = COLUMNS[kind].table
        say(Copied(day, table, *content[:2], was_there, done, values + hours))
    for each in kept:
        was_there = migrate_kept(source, target, each)
        for kind, (count, checksum) in each.contents.items():
            done += count
            if count:
                table = SUMS[HOUR_NS][kind]
                say(Copied(each.day, table, count, checksum, was_there, done, values + hours))
    return Total(values, hours)


def _migrate_rows(
    source: Sessions,
    target: Sessions,
    day: int,
    kind: Kind,
    content: _Content,
    closed: Container[int],
) -> bool:
    """Copy a day; whether all of it was there. Of `closed` ones the target has sums alone."""
    if _is_same(target, kind, day, content):
        return True
    if day not in closed:
        _prepare(target, kind, day)
        _copy(source, target, kind, day, content.rows)
        if _is_same(target, kind, day, content):
            return False
    raise _conflict(day, kind)


def _conflict(day: int, kind: Kind) -> Conflict:
    return Conflict(
        f"day {day} of {COLUMNS[kind].table} is not the same in both engines: the"
        " one that is copied to has other rows of it, or has deleted some; empty it"
    )


def _days(source: Sessions) -> list[int]:
    each = [
        f"select distinct intDiv(ts, {DAY_NS}) - (ts < 0 and ts % {DAY_NS} != 0) as day "
        f"from {DATABASE}.{column.table}"
        for column in COLUMNS.values()
    ]
    found = source.asked(f"select distinct toInt64(day) as day from ({' union all '.join(each)})")
    return sorted(found["day"].to_pylist())


def _known(engine: Sessions, statement: str, column: str) -> list[int]:
    return [int(each) for each in engine.asked(statement)[column].to_pylist()]


def _prepare(target: Sessions, kind: Kind, day: int) -> None:
    """Tell the target that rows come for a day.

    Its sums are no longer whole: its hub makes them anew. Where it has rows already, questions
    have to look for equal times from now on.
    """
    if _content(target, kind, day * DAY_NS, (day + 1) * DAY_NS).stored:
        target.tell(statements.mark_rewritten([day]))
    turn = max(_known(target, statements.sum_marks(), "turn"), default=0) + 1
    hours = DAY_NS // HOUR_NS
    target.tell(statements.mark_sums(range(day * hours, (day + 1) * hours), turn, 0))


def _is_same(target: Sessions, kind: Kind, day: int, wanted: _Content) -> bool:
    found = _content(target, kind, day * DAY_NS, (day + 1) * DAY_NS)
    if found != wanted._replace(stored=found.stored):
        return False
    # Rows of equal times are counted twice where questions do not know of them.
    return found.stored == found.rows or day in _known(target, statements.rewritten(), "day")


def _content(engine: Sessions, kind: Kind, start_ns: int, end_ns: int) -> _Content:
    rows = f"{DATABASE}.{COLUMNS[kind].table}"
    span = f"where ts >= {start_ns} and ts < {end_ns}"
    (found,) = engine.asked(
        "select count() as rows, sum(cityHash64(field, tags, ts, v)) as checksum, "
        f"(select count() from {rows} {span}) as stored from {rows} final {span}"
    ).to_pylist()
    return _Content(found["rows"], found["checksum"], found["stored"] or 0)


def _copy(source: Sessions, target: Sessions, kind: Kind, day: int, rows: int) -> None:
    for start_ns, end_ns in _slices(day, rows):
        table = source.asked(
            f"select field, tags, ts, v from {DATABASE}.{COLUMNS[kind].table} final "
            f"where ts >= {start_ns} and ts < {end_ns} order by field, tags, ts"
        )
        if not table.num_rows:
            continue
        content = _content(source, kind, start_ns, end_ns)
        token = f"copy:{start_ns}:{end_ns}:{content.rows}:{content.checksum}"
        target.insert(statements.insert(kind, token), table)


def _slices(day: int, rows: int) -> Iterator[tuple[int, int]]:
    """A day in parts of equal length, as many as its rows need."""
    count = min(_MOST_SLICES, -(-rows // _SLICE_ROWS))
    edges = [day * DAY_NS + DAY_NS * at // count for at in range(count + 1)]
    yield from pairwise(edges)

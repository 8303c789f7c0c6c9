# ruff: noqa: S608 - only integers and names of store/engine/statements.py enter a statement
"""Sums by the hour that outlasted their rows, copied from one engine into another.

Nothing can make them anew (`rollups.KEPT_ALONE`). A day goes over whole and is compared, and only
then marked: until that nobody reads it. What an interrupted copy has left of a day is taken away
before it is copied again. Rows: store/engine/migration.py
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from muster.clock import DAY_NS
from muster.errors import Conflict
from muster.model.metric import Kind
from muster.store.engine import statements
from muster.store.engine.enginesessions import Sessions
from muster.store.engine.rollups import KEPT_ALONE
from muster.store.engine.statements import DATABASE, HOUR_NS, SUMMED, SUMS

_SLICE_ROWS = 500_000  # about so many are in memory at once
_MOST_SLICES = 4096
_ALL_FIELDS = 1 << 64
_DAY_HOURS = DAY_NS // HOUR_NS
_COLUMNS = "field, tags, ts, ft, lt, took, n, s, lo, hi, f, l, up"
# What two engines make of the same rows to the bit: the order of adding is their own.
_EXACT = "field, tags, ts, ft, lt, took, n, lo, hi, f, l"


class Content(NamedTuple):
    """Sums of one Kind in a day."""

    rows: int
    checksum: int


class Kept(NamedTuple):
    """A day of which nothing else is left."""

    day: int  # since 1970, UTC
    hours: Sequence[int]  # that have sums
    contents: Mapping[Kind, Content]


def kept_days(engine: Sessions) -> list[Kept]:
    """All of them, the oldest first."""
    found: dict[int, list[int]] = {}
    for hour, mark in sorted(_marks(engine).items()):
        if mark == KEPT_ALONE:
            found.setdefault(hour // _DAY_HOURS, []).append(hour)
    return [Kept(day, hours, _contents(engine, hours)) for day, hours in found.items()]


def migrate_kept(source: Sessions, target: Sessions, wanted: Kept) -> bool:
    """Copy one day; whether all of it was there.

    Errors: Conflict where the target has another history of it, Unavailable, LimitExceeded.
    """
    if wanted.day in target.asked(statements.days())["day"].to_pylist():
        mine, other = (_contents(each, wanted.hours, _EXACT) for each in (source, target))
        if mine != other:  # sums of its own, of rows that it still has
            raise _conflict(wanted.day)
        return True
    marks = _marks(target)
    is_marked = all(marks.get(hour) == KEPT_ALONE for hour in wanted.hours)
    if not _is_same(target, wanted):
        if any(marks.get(hour) == KEPT_ALONE for hour in _hours(wanted.day)):
            raise _conflict(wanted.day)
        _copy(source, target, wanted)
        if not _is_same(target, wanted):
            raise _conflict(wanted.day)
    elif is_marked:
        return True
    target.tell(statements.mark_sums(wanted.hours, _next_turn(target), KEPT_ALONE))
    return False


def _copy(source: Sessions, target: Sessions, wanted: Kept) -> None:
    for kind, found in _contents(target, _hours(wanted.day)).items():
        if found.rows:
            target.tell(statements.drop(SUMS[HOUR_NS][kind], wanted.day))
    for kind, content in wanted.contents.items():
        for first, last in _slices(content.rows):
            rows = source.asked(
                f"select {_COLUMNS} from {_of(kind, wanted.hours)} "
                f"and field >= {first} and field <= {last} order by field, tags, ts"
            )
            if rows.num_rows:
                token = f"hours:{wanted.day}:{first}:{last}:{content.checksum}"
                target.insert(_insert(kind, token), rows)


def _slices(rows: int) -> Iterator[tuple[int, int]]:
    """Ranges of fields, which are hashes: as many as there are rows for."""
    count = min(_MOST_SLICES, -(-rows // _SLICE_ROWS))
    for at in range(count):
        yield _ALL_FIELDS * at // count, _ALL_FIELDS * (at + 1) // count - 1


def _is_same(target: Sessions, wanted: Kept) -> bool:
    """Whether the target has these sums of the day, and no others."""
    return _contents(target, _hours(wanted.day)) == wanted.contents


def _contents(
    engine: Sessions, hours: Sequence[int], columns: str = _COLUMNS
) -> dict[Kind, Content]:
    found = {}
    for kind in SUMMED:
        (each,) = engine.asked(
            f"select count() as rows, sum(cityHash64({columns})) as checksum "
            f"from {_of(kind, hours)}"
        ).to_pylist()
        found[kind] = Content(each["rows"], each["checksum"])
    return found


def _of(kind: Kind, hours: Sequence[int]) -> str:
    times = ",".join(str(hour * HOUR_NS) for hour in hours)
    return f"{DATABASE}.{SUMS[HOUR_NS][kind]} where ts in ({times})"


def _insert(kind: Kind, token: str) -> str:
    return (
        f"insert into {DATABASE}.{SUMS[HOUR_NS][kind]} ({_COLUMNS}) settings "
        f"insert_deduplicate = 1, insert_deduplication_token = '{token}'"
    )


def _marks(engine: Sessions) -> dict[int, int]:
    return {each["hour"]: each["good"] for each in engine.asked(statements.sum_marks()).to_pylist()}


def _next_turn(engine: Sessions) -> int:
    turns = engine.asked(statements.sum_marks())["turn"].to_pylist()
    return max(map(int, turns), default=0) + 1


def _hours(day: int) -> range:
    return range(day * _DAY_HOURS, (day + 1) * _DAY_HOURS)


def _conflict(day: int) -> Conflict:
    return Conflict(
        f"day {day}, of which only sums by the hour are left, is not the same in both engines: the"
        " one that is copied to has other sums of it, or rows that are not summed up alike; empty"
        " it"
    )

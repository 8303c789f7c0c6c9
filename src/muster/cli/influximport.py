"""The points of an InfluxDB brought into a hub: window by window, so that it can go on later.

Steps: 1 the source's policies are made where they are missing  2 of each measurement its span and
the kinds of its fields are asked for  3 its rows are asked for in windows of time, which grow and
shrink so that an answer is of some hundred thousand cells  4 a window is written, and noted
in the state file, before the next. Whatever is interrupted begins again at the last window: to
write points again changes nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from muster.clock import DAY_NS, Clock
from muster.errors import InputError, LimitExceeded, NotFound, ProtocolError, Unavailable
from muster.influxql.syntax.durations import parse_duration
from muster.influxql.syntax.quoting import quote_ident
from muster.store.files import make_private_folder, write_private
from muster.wire.influxrows import RowSeries, kinds_of, lines_of

_FEW, _MANY = 100_000, 400_000  # cells of an answer: windows grow below, and shrink above
_FIRST_WINDOW_NS, _LONGEST_WINDOW_NS = DAY_NS, 3_650 * DAY_NS
_BODY_BYTES = 2 << 20
_TRIES, _WAIT_S = 8, 2.0
_MOST_ERRORS = 20  # texts in a report
_TOLD_S = 5.0  # between lines of progress


class Source(Protocol):
    """Where points come from: muster.net.influxclient."""

    def ask(self, query: str, database: str = "") -> list[RowSeries]: ...


class Written(msgspec.Struct, frozen=True):
    """What the hub said to a body."""

    points: int
    refused: int
    errors: list[str] = []


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """A policy of the source."""

    name: str
    duration_ns: int
    shard_ns: int
    default: bool


class Target(Protocol):
    """Where they go: the hub."""

    def prepare(self, policies: Sequence[Policy]) -> None: ...
    def write(self, policy: str, body: bytes) -> Written: ...


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be brought along; empty: all of it."""

    database: str
    policy: str = ""
    measurements: tuple[str, ...] = ()
    since_ns: int = 0


class Done(msgspec.Struct, kw_only=True):
    """What became of one measurement so far; `next_ns` is where it goes on."""

    next_ns: int
    points: int = 0
    refused: int = 0


class State(msgspec.Struct, kw_only=True):
    """The state file."""

    source: str
    database: str
    into: str
    done: dict[str, dict[str, Done]] = {}  # policy -> measurement
    errors: list[str] = []


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was brought along, in this run and those before it."""

    source: str
    database: str
    into: str
    policies: list[str]
    measurements: dict[str, dict[str, Done]]
    points: int
    refused: int
    errors: list[str]
    several_kinds: list[str]  # fields that had more than one kind, brought as the first of them
    not_brought: dict[str, int]  # what there is besides points
    seconds: float


class StateFile:
    """Remembers how far an import is. Errors: InputError when it is of another one."""

    def __init__(self, path: Path, fresh: State) -> None:
        self._path = path
        self.state = fresh
        if path.exists():
            try:
                self.state = msgspec.json.decode(path.read_bytes(), type=State)
            except (OSError, msgspec.MsgspecError) as error:
                raise InputError(f"the state file {str(path)!r} cannot be read: {error}") from error
        found = (self.state.source, self.state.database, self.state.into)
        if found != (fresh.source, fresh.database, fresh.into):
            raise InputError(
                f"the state file {str(path)!r} is of another import: {found[1]} of {found[0]} into"
                f" {found[2]}; name another one with --state"
            )

    def save(self) -> None:
        """Errors: Unavailable."""
        make_private_folder(self._path.parent)
        write_private(self._path, msgspec.json.encode(self.state))


class InfluxImport:
    """One import: `run`. `tell` gets lines for people."""

    def __init__(
        self,
        *,
        source: Source,
        target: Target,
        wish: Wish,
        file: StateFile,
        clock: Clock,
        sleep: Callable[[float], None],
        tell: Callable[[str], None],
    ) -> None:
        self._source = source
        self._target = target
        self._wish = wish
        self._file = file
        self._clock = clock
        self._sleep = sleep
        self._tell = tell
        self._told_at = clock.monotonic()
        self._several: list[str] = []

    def run(self) -> Report:
        """Errors: those of source and target; what was written is noted."""
        began = self._clock.monotonic()
        database = self._wish.database
        if database not in column(self._source.ask("SHOW DATABASES"), 0):
            raise NotFound(f"the source has no database {database!r}")
        policies = self._policies()
        self._target.prepare(policies)
        names = self._measurements()
        for policy in policies:
            for number, name in enumerate(names):
                self._bring(policy.name, name, f"{number + 1} of {len(names)}")
        return self._report([each.name for each in policies], began)

    def _policies(self) -> list[Policy]:
        found = [
            Policy(
                name=str(row["name"]),
                duration_ns=parse_duration(str(row["duration"])),
                shard_ns=parse_duration(str(row["shardGroupDuration"])),
                default=bool(row["default"]),
            )
            for row in rows(self._source.ask(f"SHOW RETENTION POLICIES ON {self._quoted_database}"))
        ]
        wanted = self._wish.policy
        chosen = [each for each in found if wanted in ("", each.name)]
        if not chosen:
            raise NotFound(f"the source has no retention policy {wanted!r}")
        return chosen

    def _measurements(self) -> list[str]:
        found = column(self._source.ask(f"SHOW MEASUREMENTS ON {self._quoted_database}"), 0)
        wanted = self._wish.measurements
        if missing := [each for each in wanted if each not in found]:
            raise NotFound(f"the source has no measurement {missing[0]!r}")
        return [each for each in found if not wanted or each in wanted]

    def _bring(self, policy: str, name: str, place: str) -> None:
        """One measurement of one policy."""
        of = f"{self._quoted_database}.{quote_ident(policy)}.{quote_ident(name)}"
        done = self._file.state.done.get(policy, {}).get(name)
        start = max(self._wish.since_ns, done.next_ns if done else -(1 << 63))
        span = self._span(of, start)
        if span is None:
            return
        first, last = span
        kinds = kinds_of(self._source.ask(f"SHOW FIELD KEYS FROM {of}", self._wish.database))
        self._several += [f"{name}.{field}" for field, each in kinds.items() if len(each) > 1]
        done = self._file.state.done.setdefault(policy, {}).setdefault(name, Done(next_ns=first))
        done.next_ns, width = first, _FIRST_WINDOW_NS
        while done.next_ns <= last:
            found, end, width = self._window(of, done.next_ns, last + 1, width)
            self._write(
                policy, done, (line for each in found for line in lines_of(each, name, kinds))
            )
            done.next_ns = end
            self._file.save()
            self._progress(f"{policy}.{name} ({place})", done, first, last)
        self._tell(f"{policy}.{name} ({place}): {done.points} points, {done.refused} refused")

    def _span(self, of: str, start: int) -> tuple[int, int] | None:
        """The first and the last time from a start on; None for nothing."""
        times = []
        for order in ("ASC", "DESC"):
            where = f" WHERE time >= {start}" if start > -(1 << 63) else ""
            query = f"SELECT * FROM {of}{where} ORDER BY time {order} LIMIT 1"  # noqa: S608
            found = column(self._source.ask(query, self._wish.database), 0)
            if not found:
                return None
            times.append(int(found[0]))
        return times[0], times[1]

    def _window(
        self, of: str, start: int, beyond: int, width: int
    ) -> tuple[list[RowSeries], int, int]:
        """Rows from a time on, where they end, and how wide the next window should be.

        An answer that is too long, or takes too long, is asked for in smaller windows.
        """
        failures = 0
        while True:
            end = min(start + width, beyond)
            where = f"time >= {start} AND time < {end}"
            query = f"SELECT *::field FROM {of} WHERE {where} GROUP BY *"  # noqa: S608
            try:
                found = self._source.ask(query, self._wish.database)
            except (ProtocolError, Unavailable) as error:
                failures += isinstance(error, Unavailable)
                if failures == _TRIES or (end - start == 1 and not failures):
                    raise
                self._tell(f"asked again, for less: {error}")
                self._sleep(_WAIT_S if isinstance(error, Unavailable) else 0.0)
                width = max(1, (end - start) // 4)
                continue
            total = sum(len(each.values) * len(each.columns) for each in found)
            if total < _FEW:
                width = min(width * 2, _LONGEST_WINDOW_NS)
            elif total > _MANY:
                width = max(1, width // 2)
            return found, end, width

    def _write(self, policy: str, done: Done, lines: Iterator[str]) -> None:
        for body in bodies(lines):
            written = self._written(policy, body)
            done.points += written.points
            done.refused += written.refused
            errors = self._file.state.errors
            errors += [each for each in written.errors if each not in errors]
            del errors[_MOST_ERRORS:]

    def _written(self, policy: str, body: bytes) -> Written:
        """Write a body; a hub that cannot now is asked again."""
        for turn in range(_TRIES):
            try:
                return self._target.write(policy, body)
            except (Unavailable, LimitExceeded) as error:
                if turn == _TRIES - 1 or error.status == LimitExceeded("", too_large=True).status:
                    raise
                self._tell(f"the hub is asked again: {error}")
                self._sleep(_WAIT_S * 2**turn)
        raise Unavailable("the hub does not answer")

    def _progress(self, what: str, done: Done, first: int, last: int) -> None:
        now = self._clock.monotonic()
        if now - self._told_at >= _TOLD_S:
            self._told_at = now
            percent = 100 * (done.next_ns - first) // max(1, last + 1 - first)
            self._tell(f"{what}: {percent} %, {done.points} points")

    def _report(self, policies: list[str], began: float) -> Report:
        state = self._file.state
        every = [done for of_policy in state.done.values() for done in of_policy.values()]
        return Report(
            source=state.source,
            database=state.database,
            into=state.into,
            policies=policies,
            measurements=state.done,
            points=sum(done.points for done in every),
            refused=sum(done.refused for done in every),
            errors=state.errors,
            several_kinds=sorted(set(self._several)),
            not_brought=self._not_brought(),
            seconds=round(self._clock.monotonic() - began, 3),
        )

    def _not_brought(self) -> dict[str, int]:
        """Queries and subscriptions of the database; what may not be asked for is left out."""
        counts = {}
        for what, query in (
            ("continuous queries", "SHOW CONTINUOUS QUERIES"),
            ("subscriptions", "SHOW SUBSCRIPTIONS"),
        ):
            try:
                found = self._source.ask(query)
            except (InputError, ProtocolError):
                continue
            counts[what] = sum(
                len(each.values) for each in found if each.name == self._wish.database
            )
        return counts

    @property
    def _quoted_database(self) -> str:
        return quote_ident(self._wish.database)


def bodies(lines: Iterator[str]) -> Iterator[bytes]:
    """Lines in bodies of a size that is written at once."""
    held: list[bytes] = []
    size = 0
    for line in lines:
        held.append(line.encode())
        size += len(held[-1])
        if size >= _BODY_BYTES:
            yield b"\n".join(held)
            held, size = [], 0
    if held:
        yield b"\n".join(held)


def column(found: Sequence[RowSeries], place: int) -> list[str]:
    """One column of an answer."""
    return [row[place] for series in found for row in series.values]


def rows(found: Sequence[RowSeries]) -> list[dict[str, object]]:
    """An answer's rows by the names of their columns."""
    return [
        dict(zip(series.columns, row, strict=True)) for series in found for row in series.values
    ]

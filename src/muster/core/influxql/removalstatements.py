"""DELETE, DROP SERIES and DROP MEASUREMENT, run.

They hold for the database of the request, in all of its policies. Texts are InfluxDB's.

Source: StatementExecutor and Store.DeleteSeries of InfluxDB 1.6.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from muster.clock import Clock
from muster.core.audit import make_event
from muster.core.databases.databases import Databases
from muster.core.databases.fieldkinds import FieldKinds
from muster.core.influxql.databasestatements import Asked
from muster.core.influxql.pointremovals import PointRemovals, Removal
from muster.core.influxql.queryregistry import QueryInterrupted
from muster.core.writes.stocks import shown_tags
from muster.errors import InputError
from muster.influxql.checking.conditions import TimeRange, split_condition
from muster.influxql.planning.tagfilter import TagFilter
from muster.influxql.printing.printer import format
from muster.influxql.showing.scopes import NAME, name_test, refuse_times
from muster.influxql.syntax import statements as s
from muster.influxql.syntax.ast import BooleanLiteral, DataType, Expr, Statement, VarRef
from muster.influxql.syntax.ast import Source as From
from muster.influxql.values.reduction import Context
from muster.influxql.values.streams import Tags
from muster.model.influx import MAX_NS, MIN_NS, Database
from muster.ports.records import AuditRecords
from muster.ports.series import SeriesRef

_STATEMENTS = (s.DeleteSeriesStatement, s.DropSeriesStatement, s.DropMeasurementStatement)
_TAG_KINDS = (DataType.UNKNOWN, DataType.TAG)
_NONE = BooleanLiteral(False)
_DETAIL = 500  # characters of a statement that the audit log keeps
_TURN = 2_000  # series until others have theirs


class RemovalStatements:
    """Runs one statement at a time, on the event loop's thread."""

    def __init__(
        self,
        *,
        databases: Databases,
        kinds: FieldKinds,
        removals: PointRemovals,
        audit: AuditRecords,
        clock: Clock,
    ) -> None:
        self._databases = databases
        self._kinds = kinds
        self._removals = removals
        self._audit = audit
        self._clock = clock

    def knows(self, statement: Statement) -> bool:
        """Whether a statement is one of these."""
        return isinstance(statement, _STATEMENTS)

    async def run(self, asked: Asked, statement: Statement) -> None:
        """Delete. Of what is not there: nothing, and that is fine.

        Errors: InputError, DatabaseNotFound, Denied for the built-in database; LimitExceeded,
                Unavailable: then nothing or a part is gone; QueryInterrupted: nothing.
        """
        database = self._databases.changeable(asked.login.space, asked.defaults.database)
        async with asked.running.interruptible():
            removal = await self._removal(database, statement)
        await self._note(asked, database, statement)
        try:
            await self._removals.remove(removal, asked.running)
        except QueryInterrupted as error:
            await self._note(asked, database, statement, error.code)
            raise

    async def _note(
        self, asked: Asked, database: Database, statement: Statement, outcome: str = "ok"
    ) -> None:
        event = make_event(
            self._clock,
            asked.login.actor,
            "points.delete",
            database.name,
            detail=format(statement)[:_DETAIL],
            space=asked.login.space,
            outcome=outcome,
        )
        await asyncio.to_thread(self._audit.add, event)

    async def _removal(self, database: Database, statement: Statement) -> Removal:
        match statement:
            case s.DropMeasurementStatement(name=name):
                series = {
                    policy.name: self._removals.series(database, policy.name, name)
                    for policy in database.policies
                }
                return Removal(database, series)
            case s.DropSeriesStatement(sources=sources, condition=condition):
                refuse_times("DROP SERIES", condition)
            case s.DeleteSeriesStatement(sources=sources, condition=condition):
                pass
            case _:
                raise TypeError(f"not a removal: {statement!r}")
        expr, bounds = split_condition(condition, Context(self._clock.now_ns()))
        series = {
            policy.name: await self._matching(database, policy.name, sources, expr)
            for policy in database.policies
        }
        return Removal(database, series, *_span(bounds))

    async def _matching(
        self, database: Database, policy: str, sources: Sequence[From], expr: Expr | None
    ) -> list[SeriesRef]:
        """The series of a policy that FROM and WHERE name."""
        is_named = name_test(sources)
        tests: dict[str, Callable[[Tags], bool]] = {}
        known: dict[str, dict[Tags, bool]] = {}
        found = []
        for number, ref in enumerate(self._removals.series(database, policy)):
            if number % _TURN == _TURN - 1:
                await asyncio.sleep(0)  # a million series take seconds
            name, tags = ref.series.measurement, ref.series.tags
            if name not in known:
                known[name] = {}
                tests[name] = self._test(database, policy, name, expr) if is_named(name) else _no
            if tags not in known[name]:
                known[name][tags] = tests[name](tags)
            if known[name][tags]:
                found.append(ref)
        return found

    def _test(
        self, database: Database, policy: str, measurement: str, expr: Expr | None
    ) -> Callable[[Tags], bool]:
        fields = self._kinds.fields(database, policy, measurement)
        wanted = TagFilter(expr, _tag_test(fields))

        def test(tags: Tags) -> bool:
            rest = wanted.rest((*shown_tags(tags), (NAME, measurement)))
            if rest is not None and rest != _NONE:
                shard = next((one.number for one in self._kinds.shards(database, policy)), 0)
                text = "fields not supported in WHERE clause during deletion"
                raise InputError(f"shard {shard}: {text}")
            return rest is None

        return test


def _no(tags: Tags) -> bool:
    return False


def _tag_test(fields: Mapping[str, object]) -> Callable[[VarRef], bool]:
    def is_tag(ref: VarRef) -> bool:
        return ref.type in _TAG_KINDS and (ref.type is DataType.TAG or ref.val not in fields)

    return is_tag


def _span(bounds: TimeRange) -> tuple[int, int]:
    least = MIN_NS if bounds.least_ns is None else bounds.least_ns
    most = MAX_NS if bounds.most_ns is None else bounds.most_ns
    return max(least, MIN_NS), min(most, MAX_NS) + 1

"""Answers SHOW statements about what points consist of: measurements, series, tags and fields.

Source: InfluxDB 1.6: conditions take tags alone, and their times choose shard groups.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from muster.influxql.answers.results import ResultSeries, listing
from muster.influxql.errors import InfluxqlError
from muster.influxql.planning.naming import Naming
from muster.influxql.printing.celltexts import series_key
from muster.influxql.showing.cardinality import count_statement
from muster.influxql.showing.scopes import NAME, Scopes, key_test, name_test, refuse_times
from muster.influxql.source import Place, Source
from muster.influxql.syntax.ast import (
    BinaryExpr,
    Expr,
    Node,
    ParenExpr,
    RegexLiteral,
    Statement,
    StringLiteral,
    VarRef,
    fold,
)
from muster.influxql.syntax.durations import spell_duration
from muster.influxql.syntax.regex import compile_pattern
from muster.influxql.syntax.statements import (
    ShowCardinalityStatement,
    ShowDatabasesStatement,
    ShowFieldKeysStatement,
    ShowMeasurementsStatement,
    ShowRetentionPoliciesStatement,
    ShowSeriesStatement,
    ShowStatement,
    ShowTagKeysStatement,
    ShowTagValuesStatement,
)
from muster.influxql.syntax.tokens import Token
from muster.influxql.values.columns import MAX_TIME_NS, MIN_TIME_NS

_POLICY_COLUMNS = ("name", "duration", "shardGroupDuration", "replicaN", "default")


class Metadata:
    """SHOW over one source."""

    def __init__(self, source: Source, naming: Naming, now_ns: int) -> None:
        self._source = source
        self._naming = naming
        self._scopes = Scopes(source, naming, now_ns)

    def answer(self, statement: Statement) -> Sequence[ResultSeries] | None:
        """The answer; None for statements of other kinds. Errors: InfluxqlError."""
        match statement:
            case ShowMeasurementsStatement():
                return self._measurements(statement)
            case ShowTagKeysStatement():
                return self._tag_keys(statement)
            case ShowTagValuesStatement():
                return self._tag_values(statement)
            case ShowFieldKeysStatement():
                return self._field_keys(statement)
            case ShowSeriesStatement():
                return self._series(statement)
            case ShowCardinalityStatement():
                return count_statement(self._scopes, statement)
            case ShowDatabasesStatement():
                names = [[name] for name in self._source.databases()]
                return [listing("databases", ("name",), names)]
            case ShowRetentionPoliciesStatement():
                return self._policies(statement.database)
            case _:
                return None

    def _policies(self, named: str) -> list[ResultSeries]:
        rows = [
            [
                policy.name,
                spell_duration(policy.duration_ns),
                spell_duration(policy.shard_duration_ns),
                policy.replicas,
                policy.default,
            ]
            for policy in self._naming.policies(self._naming.database(named))
        ]
        return [listing("", _POLICY_COLUMNS, rows)]

    def _measurements(self, statement: ShowMeasurementsStatement) -> list[ResultSeries]:
        database = self._naming.database(statement.database)
        refuse_times("SHOW MEASUREMENTS", statement.condition)
        policies = self._source.policies(database) or ()
        places: dict[str, list[Place]] = {}
        for policy in policies:
            for name in self._source.measurements(database, policy.name):
                places.setdefault(name, []).append(Place(database, policy.name, name))
        named = name_test([statement.source] if statement.source else [])
        names = [
            [name]
            for name in sorted(places)
            if named(name) and self._fits(name, places[name], statement.condition)
        ]
        rows = _cut(names, statement)
        return [listing("measurements", ("name",), rows)] if rows else []

    def _fits(self, name: str, places: Sequence[Place], condition: Expr | None) -> bool:
        """Whether a measurement as a whole fulfils a condition on tags."""
        if condition is None:
            return True
        values: dict[str, set[str]] = {NAME: {name}}
        for place in places:
            for info in self._source.series(place, MIN_TIME_NS, MAX_TIME_NS):
                for key, value in info.tags:
                    values.setdefault(key, set()).add(value)

        def combine(node: Node, beneath: tuple[bool, ...]) -> bool:
            match node:
                case BinaryExpr(op=Token.AND):
                    return beneath[0] and beneath[1]
                case BinaryExpr(op=Token.OR):
                    return beneath[0] or beneath[1]
                case BinaryExpr():
                    return _has_tag(node, values)
                case ParenExpr():
                    return beneath[0]
                case _:
                    return False

        return fold(condition, combine)

    def _tag_keys(self, statement: ShowTagKeysStatement) -> list[ResultSeries]:
        database = self._naming.database(statement.database)
        wanted = key_test(statement.tag_key_op, statement.tag_key_expr)
        found = []
        for scope in self._scopes.everywhere(database, statement.sources, statement.condition):
            keys = sorted({key for tags in scope.tags for key, _ in tags if wanted(key)})
            rows = _cut([[key] for key in keys], statement)
            if rows:
                found.append(listing(scope.measurement, ("tagKey",), rows))
        return found

    def _tag_values(self, statement: ShowTagValuesStatement) -> list[ResultSeries]:
        database = self._naming.database(statement.database)
        wanted = key_test(statement.op, statement.tag_key_expr)
        found = []
        for name, pairs in self._tag_pairs(database, statement, wanted):
            rows = _cut([list(pair) for pair in sorted(pairs)], statement)
            if rows:
                found.append(listing(name, ("key", "value"), rows))
        return found

    def _tag_pairs(
        self, database: str, statement: ShowTagValuesStatement, wanted: Callable[[str], bool]
    ) -> Iterator[tuple[str, set[tuple[str, str]]]]:
        """Of each measurement; a million series need not be looked at where nothing is asked."""
        sources = statement.sources
        if statement.condition is None:
            told = {
                name: self._scopes.values(places, wanted)
                for name, places in self._scopes.places(database, sources).items()
            }
            if all(pairs is not None for pairs in told.values()):
                yield from ((name, told[name] or set()) for name in sorted(told))
                return
        for scope in self._scopes.everywhere(database, sources, statement.condition):
            yield (
                scope.measurement,
                {pair for tags in scope.tags for pair in tags if wanted(pair[0])},
            )

    def _field_keys(self, statement: ShowFieldKeysStatement) -> list[ResultSeries]:
        found = []
        for scope in self._scopes.named(statement.database, statement.sources, None):
            pairs: set[tuple[str, str]] = set()
            for place in scope.places:
                fields = self._source.fields(place, MIN_TIME_NS, MAX_TIME_NS)
                pairs.update((name, kind.value) for name, kinds in fields.items() for kind in kinds)
            rows = _cut([list(pair) for pair in sorted(pairs)], statement)
            if rows:
                found.append(listing(scope.measurement, ("fieldKey", "fieldType"), rows))
        return found

    def _series(self, statement: ShowSeriesStatement) -> list[ResultSeries]:
        keys = {
            (scope.measurement, series_key(scope.measurement, tags))
            for scope in self._scopes.named(
                statement.database, statement.sources, statement.condition
            )
            for tags in scope.tags
        }
        rows = _cut([[key] for _, key in sorted(keys)], statement)
        return [listing("", ("key",), rows)] if rows else []


def _cut(rows: list[list[Any]], statement: ShowStatement) -> list[list[Any]]:
    end = statement.offset + statement.limit if statement.limit else None
    return rows[statement.offset : end]


def _has_tag(node: BinaryExpr, values: dict[str, set[str]]) -> bool:
    """Whether any value of a tag is the one asked for; for `!=` and `!~` whether none is.

    A measurement without the tag has neither.
    """
    if not isinstance(node.lhs, VarRef):
        raise InfluxqlError(f"left side of '{node.op}' must be a tag key")
    there = values.get(node.lhs.val)
    match node.op, node.rhs:
        case ((Token.EQ | Token.NEQ), StringLiteral(val=text)):
            return there is not None and (text in there) == (node.op is Token.EQ)
        case ((Token.EQREGEX | Token.NEQREGEX), RegexLiteral(val=pattern)):
            compiled = compile_pattern(pattern)
            matched = any(compiled.found_in(value) for value in there or ())
            return there is not None and matched == (node.op is Token.EQREGEX)
        case ((Token.EQ | Token.NEQ), _):
            raise InfluxqlError(f"right side of '{node.op}' must be a tag value string")
        case ((Token.EQREGEX | Token.NEQREGEX), _):
            raise InfluxqlError(f"right side of '{node.op}' must be a regular expression")
        case _:
            raise InfluxqlError("invalid tag comparison operator")

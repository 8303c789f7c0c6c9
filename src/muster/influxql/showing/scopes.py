"""What a SHOW statement is about: which measurements, which series, which keys."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from muster.influxql.checking.conditions import split_condition
from muster.influxql.errors import InfluxqlError
from muster.influxql.planning.naming import Naming
from muster.influxql.planning.tagfilter import TagFilter
from muster.influxql.source import Place, SeriesInfo, Source
from muster.influxql.syntax.ast import (
    BinaryExpr,
    DataType,
    Expr,
    ListLiteral,
    Measurement,
    RegexLiteral,
    StringLiteral,
    VarRef,
    walk,
)
from muster.influxql.syntax.ast import Source as From
from muster.influxql.syntax.regex import compile_pattern
from muster.influxql.syntax.tokens import Token
from muster.influxql.values.columns import MAX_TIME_NS, MIN_TIME_NS
from muster.influxql.values.reduction import Context
from muster.influxql.values.streams import Tags

_TAG_OPERATORS = (
    Token.AND,
    Token.OR,
    Token.EQ,
    Token.NEQ,
    Token.EQREGEX,
    Token.NEQREGEX,
)


class Scope(NamedTuple):
    """The series of one measurement that a statement is about."""

    measurement: str
    places: tuple[Place, ...]
    series: tuple[SeriesInfo, ...]

    @property
    def tags(self) -> set[Tags]:
        """Each series once, whatever the policies that have it."""
        return {info.tags for info in self.series}


class Scopes:
    """Finds the measurements and series of statements in one source."""

    def __init__(self, source: Source, naming: Naming, now_ns: int) -> None:
        self.source = source
        self.naming = naming
        self._now_ns = now_ns

    def everywhere(
        self, database: str, sources: Sequence[From], condition: Expr | None
    ) -> Iterator[Scope]:
        """In all policies of a database, by name."""
        yield from self._scopes(self.places(database, sources), condition)

    def places(self, database: str, sources: Sequence[From]) -> dict[str, list[Place]]:
        """Where measurements lie, in all policies of a database."""
        matches = name_test(sources)
        found: dict[str, list[Place]] = {}
        for policy in self.naming.policies(database):
            for name in self.source.measurements(database, policy.name):
                if matches(name):
                    found.setdefault(name, []).append(Place(database, policy.name, name))
        return found

    def values(
        self, places: Sequence[Place], wanted: Callable[[str], bool]
    ) -> set[tuple[str, str]] | None:
        """Each value of the wanted tags; None when the source does not tell them at once."""
        found: set[tuple[str, str]] = set()
        for place in places:
            told = self.source.tag_values(place, wanted)
            if told is None:
                return None
            found.update((key, value) for key, values in told.items() for value in values)
        return found

    def named(
        self,
        database: str,
        sources: Sequence[From],
        condition: Expr | None,
        *,
        strict: bool = False,
    ) -> Iterator[Scope]:
        """In the policies that FROM names, or the default, by name; `strict` as in TagFilter."""
        named = [each for each in sources if isinstance(each, Measurement)]
        if not named:
            named = [Measurement(database=database, regex=RegexLiteral(".+"))]
        found: dict[str, list[Place]] = {}
        for measurement in named:
            if database and not measurement.database:
                measurement = Measurement(
                    database=database,
                    retention_policy=measurement.retention_policy,
                    name=measurement.name,
                    regex=measurement.regex,
                )
            whole = self.naming.measurement(measurement)
            matches = name_test([measurement])
            for name in self.source.measurements(whole.database, whole.retention_policy):
                if matches(name):
                    place = Place(whole.database, whole.retention_policy, name)
                    found.setdefault(name, []).append(place)
        yield from self._scopes(found, condition, strict)

    def _scopes(
        self, found: dict[str, list[Place]], condition: Expr | None, strict: bool = False
    ) -> Iterator[Scope]:
        expr, bounds = split_condition(condition, Context(self._now_ns))
        require_tag_condition(expr)
        start = MIN_TIME_NS if bounds.least_ns is None else bounds.least_ns
        end = MAX_TIME_NS if bounds.most_ns is None else bounds.most_ns
        for name in sorted(found):
            places = tuple(dict.fromkeys(found[name]))
            kept: list[SeriesInfo] = []
            for place in places:
                test = TagFilter(expr, self._tag_test(place, start, end), strict=strict)
                kept.extend(
                    info
                    for info in self.source.series(place, start, end)
                    if not test.excludes(info.tags)
                )
            if kept:
                yield Scope(name, places, tuple(kept))

    def _tag_test(self, place: Place, start: int, end: int) -> Callable[[VarRef], bool]:
        fields = self.source.fields(place, start, end)
        kinds = (DataType.UNKNOWN, DataType.TAG)
        return lambda ref: (
            ref.type in kinds and not (ref.type is DataType.UNKNOWN and ref.val in fields)
        )


def name_test(sources: Sequence[From]) -> Callable[[str], bool]:
    """Whether a measurement is among those of FROM; all are when there is none."""
    named = [source for source in sources if isinstance(source, Measurement)]
    names = {source.name for source in named if source.regex is None}
    patterns = [compile_pattern(source.regex.val) for source in named if source.regex is not None]
    if not named:
        return lambda name: True
    return lambda name: name in names or any(pattern.found_in(name) for pattern in patterns)


def key_test(op: Token | None, expr: Expr | None) -> Callable[[str], bool]:
    """Whether a tag key is one that WITH KEY names; all are without one."""
    match expr:
        case ListLiteral():
            return lambda key: key in expr.vals
        case StringLiteral():
            return lambda key: (key == expr.val) == (op is Token.EQ)
        case RegexLiteral():
            pattern = compile_pattern(expr.val)
            return lambda key: pattern.found_in(key) == (op is Token.EQREGEX)
        case _:
            return lambda key: True


def refuse_times(statement: str, condition: Expr | None) -> None:
    """Errors: InfluxqlError when the condition of a statement that takes none has a time."""
    for node in walk(condition) if condition is not None else ():
        if isinstance(node, VarRef) and node.val.lower() == "time":
            raise InfluxqlError(f"{statement} doesn't support time in WHERE clause")


def require_tag_condition(condition: Expr | None) -> None:
    """Errors: InfluxqlError for operators that tags do not take."""
    for node in walk(condition) if condition is not None else ():
        if isinstance(node, BinaryExpr) and node.op not in _TAG_OPERATORS:
            raise InfluxqlError("invalid tag comparison operator")

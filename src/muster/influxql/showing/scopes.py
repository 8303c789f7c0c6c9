"""What a SHOW statement is about: which measurements, which series, which keys."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from muster.influxql.checking.conditions import split_condition
from muster.influxql.errors import InfluxqlError
from muster.influxql.planning.naming import Naming
from muster.influxql.planning.tagfilter import TagFilter
from muster.influxql.source import Place, SeriesInfo, Source
from muster.influxql.syntax.ast import (
    BinaryExpr,
    BooleanLiteral,
    DataType,
    Expr,
    ListLiteral,
    Measurement,
    Node,
    ParenExpr,
    RegexLiteral,
    StringLiteral,
    VarRef,
    fold,
    walk,
)
from muster.influxql.syntax.ast import Source as From
from muster.influxql.syntax.regex import compile_pattern
from muster.influxql.syntax.tokens import Token
from muster.influxql.values.columns import MAX_TIME_NS, MIN_TIME_NS
from muster.influxql.values.reduction import Context, join
from muster.influxql.values.streams import Tags

NAME = "_name"  # of a measurement, in conditions
_SYSTEM = frozenset(
    (NAME, "_fieldKeys", "_measurements", "_series", "_tagKey", "_tagKeys", "_tags")
)
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
        """In all policies of a database, by name.

        What a condition asks of a measurement's name and of tags must both hold, whatever is
        between them.
        """
        places = self.places(database, sources)
        named = TagFilter(_only(condition, lambda name: name == NAME))
        kept = {name: some for name, some in places.items() if not named.excludes(_as_tag(name))}
        tags = _only(condition, lambda name: name not in _SYSTEM)
        yield from self._scopes(kept, tags)

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
        """In the policies that FROM names, or the default, by name; `strict` as in TagFilter.

        Errors: InfluxqlError at once for what is not there.
        """
        return self._scopes(self._found(database, sources), _granted(condition), strict)

    def _found(self, database: str, sources: Sequence[From]) -> dict[str, list[Place]]:
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
            self.naming.require_policy(whole)
            matches = name_test([measurement])
            for name in self.source.measurements(whole.database, whole.retention_policy):
                if matches(name):
                    place = Place(whole.database, whole.retention_policy, name)
                    found.setdefault(name, []).append(place)
        return found

    def _scopes(
        self, found: dict[str, list[Place]], condition: Expr | None, strict: bool = False
    ) -> Iterator[Scope]:
        expr, bounds = split_condition(condition, Context(self._now_ns))
        require_tag_condition(expr)
        asks_for_name = not strict and any(ref.val == NAME for ref in _refs(expr))
        start = MIN_TIME_NS if bounds.least_ns is None else bounds.least_ns
        end = MAX_TIME_NS if bounds.most_ns is None else bounds.most_ns
        for name in sorted(found):
            places = tuple(dict.fromkeys(found[name]))
            kept: list[SeriesInfo] = []
            for place in places:
                test = TagFilter(expr, self._tag_test(place, start, end), strict=strict)
                more = _as_tag(name) if asks_for_name else ()
                kept.extend(
                    info
                    for info in self.source.series(place, start, end)
                    if not test.excludes(more + info.tags)
                )
            if kept:
                yield Scope(name, places, tuple(kept))

    def _tag_test(self, place: Place, start: int, end: int) -> Callable[[VarRef], bool]:
        fields = self.source.fields(place, start, end)
        kinds = (DataType.UNKNOWN, DataType.TAG)
        return lambda ref: (
            ref.type in kinds and not (ref.type is DataType.UNKNOWN and ref.val in fields)
        )


def _as_tag(measurement: str) -> Tags:
    return ((NAME, measurement),)


def _refs(expr: Expr | None) -> Iterator[VarRef]:
    nodes = walk(expr) if expr is not None else ()
    return (node for node in nodes if isinstance(node, VarRef))


def _only(condition: Expr | None, wanted: Callable[[str], bool]) -> Expr | None:
    """A condition without its comparisons of names that are not wanted; None: nothing is left."""
    if all(wanted(ref.val) for ref in _refs(condition)):
        return condition

    def combine(node: Node, beneath: tuple[Expr | None, ...]) -> Expr | None:
        match node:
            case BinaryExpr(op=Token.AND | Token.OR):
                lhs, rhs = beneath
                return replace(node, lhs=lhs, rhs=rhs) if lhs and rhs else lhs or rhs
            case BinaryExpr():
                return (
                    node if wanted(node.lhs.val if isinstance(node.lhs, VarRef) else "") else None
                )
            case ParenExpr():
                return replace(node, expr=beneath[0]) if beneath[0] else None
            case _:
                return node if isinstance(node, Expr) else None

    return fold(condition, combine) if condition is not None else None


def _granted(condition: Expr | None) -> Expr | None:
    """A condition in which what is asked of names that mean nothing here holds."""
    asked = {ref.val for ref in _refs(condition)}
    if condition is None or asked.isdisjoint(_SYSTEM - {NAME}):
        return condition

    def combine(node: Node, beneath: tuple[Expr, ...]) -> Expr:
        match node:
            case BinaryExpr(op=Token.AND | Token.OR):
                return join(node.op, beneath[0], beneath[1])
            case BinaryExpr(lhs=VarRef(val=name)) if name != NAME and name in _SYSTEM:
                return BooleanLiteral(True)
            case ParenExpr():
                return beneath[0]
            case _:
                assert isinstance(node, Expr)  # noqa: S101 - what stands in a condition
                return node

    rest = fold(condition, combine)
    return None if rest == BooleanLiteral(True) else rest


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

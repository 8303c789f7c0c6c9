"""Texts that were read before, but for the times in them, are not read again.

Of such a text the places of its times are known: `time >= 1700000000000ms`. That nothing else
depends on their digits is tried once, by reading the text with other digits there. Statements of
one text share all of their parts but conditions, by which plans are found again
(muster.influxql.planning.replanning). Only questions are remembered: no text that may hold a
password.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from muster.influxql.checking.conditions import Span, TimeRange, range_of
from muster.influxql.errors import InfluxqlError
from muster.influxql.planning.replanning import depth_of_times, is_of_time, parts_of
from muster.influxql.syntax.ast import (
    BinaryExpr,
    DurationLiteral,
    Expr,
    IntegerLiteral,
    ParenExpr,
    SelectStatement,
    Source,
    Statement,
    SubQuery,
    VarRef,
)
from muster.influxql.syntax.durations import parse_duration
from muster.influxql.syntax.parser import parse_query
from muster.influxql.syntax.statements import ShowStatement
from muster.influxql.syntax.tokens import Token

_MOST = 256
_MOST_CHARS = 2_000  # what is joined in them is gone through level by level
_MOST_TIMES = 8
_MOST_NUMBER = (1 << 63) - 1
# What stands before a time, its digits, its unit.
_TIME = re.compile(r"(time\s*(?:>=|<=|>|<|=)\s*)([1-9][0-9]{0,18})(ns|ms|[usmhdw]|)(?![\w.])")
_EVER = TimeRange()
_BOTH = [Token.GTE, Token.LTE]
_GAP = "\0"  # no text that can be read has such a sign
_UNITS_NS = {"ns": 1, "u": 1_000, "ms": 1_000_000, "s": 1_000_000_000}

Time = tuple[str, str]
"""Digits and unit."""


_Make = Callable[[Iterator[Expr]], Any]
"""Makes a part of a statement anew, with the next literals."""


class _Text(NamedTuple):
    """`times`: how many literals are others each time; -1: all of the text is read each time."""

    statements: Sequence[Statement]
    times: int
    make: Sequence[_Make | None]  # of each statement; None: there is no time in it


class Template(msgspec.Struct, frozen=True):
    """A text that was read, but for the digits of its times.

    `ops` compare the only times in its one statement, where it is a SELECT that has them at one
    level (see depth_of_times); a SHOW without times has none of them.
    """

    key: str
    units: Sequence[str]
    known: _Text
    ops: Sequence[Token] | None
    units_ns: Sequence[int] = ()  # of the two times that bound a range on both sides

    def is_of(self, text: str) -> bool:
        """Whether a text differs in these digits at most."""
        key, times = _parted(text)
        return key == self.key and [unit for _, unit in times] == self.units

    def digits(self, text: str) -> list[str]:
        """Those of a text."""
        return [digits for digits, _ in _parted(text)[1]]

    def statements(self, digits: Sequence[str]) -> list[Statement]:
        """With other times. Errors: InfluxqlError."""
        if not digits:
            return list(self.known.statements)
        return _with_times(self.known, list(zip(digits, self.units, strict=True)))

    def range(self, times: Sequence[int]) -> Span | None:
        """Of all points that the statement asks for; None where that is not all it says of time."""
        if self.units_ns:  # as is the rule
            (least, most), (of_least_ns, of_most_ns) = times, self.units_ns
            least_ns, most_ns = least * of_least_ns, most * of_most_ns
            if least_ns <= _MOST_NUMBER and most_ns <= _MOST_NUMBER:
                return least_ns, most_ns
        if not self.ops:
            return None if self.ops is None else _EVER
        times_ns = map(_time_ns, times, self.units)
        return range_of(zip(self.ops, times_ns, strict=True))


class Repeated:
    """Used on the event loop's thread."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._known: OrderedDict[str, _Text] = OrderedDict()

    def parse(self, text: str) -> list[Statement]:
        """The statements of a text without parameters. Errors: InfluxqlError."""
        if len(text) > _MOST_CHARS:
            return parse_query(text)
        key, times = _parted(text)
        known = self._known.get(key)
        if known is None:
            return self._read(key, text, times)
        self._known.move_to_end(key)
        if known.times != len(times):
            return parse_query(text)
        try:
            return _with_times(known, times) if times else list(known.statements)
        except InfluxqlError:  # said with its place
            return parse_query(text)

    def template(self, text: str) -> Template | None:
        """Of a text that was parsed right before; None: all of it is read each time."""
        key, times = _parted(text)
        known = self._known.get(key)
        if known is None or known.times != len(times):
            return None
        units, ops = [unit for _, unit in times], _operators(known)
        are_plain = ops == _BOTH and _UNITS_NS.keys() >= set(units)
        units_ns = [_UNITS_NS[unit] for unit in units] if are_plain else ()
        return Template(key, units, known, ops, units_ns)

    def _read(self, key: str, text: str, times: Sequence[Time]) -> list[Statement]:
        statements = parse_query(text)
        if all(isinstance(each, SelectStatement | ShowStatement) for each in statements):
            made = _Text(statements, len(times), [_of_statement(each) for each in statements])
            if not _may_be_others(made, text, times):
                made = made._replace(times=-1)
            self._known[key] = made
            if len(self._known) > self._most:
                self._known.popitem(last=False)
        return statements


def _parted(text: str) -> tuple[str, list[Time]]:
    """A text without the digits of its times, and these."""
    parts = _TIME.split(text)
    if len(parts) == 1:
        return text, []
    times = list(zip(parts[2::4], parts[3::4], strict=True))
    parts[2::4] = [_GAP] * len(times)
    return "".join(parts), times


def altered(times: Sequence[str]) -> list[str]:
    """Other digits, as many."""
    return [_altered(digits, place) for place, digits in enumerate(times)]


def _may_be_others(known: _Text, text: str, times: Sequence[Time]) -> bool:
    """Whether other digits in the places of the times change these literals, and nothing else."""
    if not times:
        return True
    if len(times) > _MOST_TIMES:
        return False
    changed = altered([digits for digits, _ in times])
    others = [(digits, unit) for digits, (_, unit) in zip(changed, times, strict=True)]
    digits = iter(others)
    text = _TIME.sub(lambda match: f"{match[1]}{next(digits)[0]}{match[3]}", text)
    try:
        same = _with_times(known, times) == list(known.statements)
        return same and _with_times(known, others) == parse_query(text)
    except (InfluxqlError, _OtherCount):
        return False


def _altered(digits: str, place: int) -> str:
    """Equal ones are told apart by their places."""
    last = int(digits[-1]) + 1 + place
    return digits[:-1] + str(last % 10) if len(digits) > 1 else str((last - 1) % 9 + 1)


class _OtherCount(Exception):
    """There are more or fewer times in statements than in their text."""


def _with_times(known: _Text, times: Sequence[Time]) -> list[Statement]:
    """Errors: InfluxqlError for a time that is too far away; _OtherCount."""
    literals = iter([_literal(*each) for each in times])
    try:
        changed: list[Statement] = [
            each if make is None else make(literals)
            for each, make in zip(known.statements, known.make, strict=True)
        ]
    except StopIteration:
        raise _OtherCount from None
    if next(literals, None) is not None:
        raise _OtherCount
    return changed


def _literal(digits: str, unit: str) -> Expr:
    time_ns = _time_ns(int(digits), unit)
    return DurationLiteral(time_ns) if unit else IntegerLiteral(time_ns)


def _time_ns(number: int, unit: str) -> int:
    if not unit:
        if number > _MOST_NUMBER:
            raise InfluxqlError("no integer")
        return number
    unit_ns = _UNITS_NS.get(unit)
    if unit_ns is None or number * unit_ns > _MOST_NUMBER:
        return parse_duration(f"{number}{unit}")
    return number * unit_ns


def _operators(known: _Text) -> Sequence[Token] | None:
    """How each time is compared, in the order of the text; None where there are other times."""
    (statement, *more) = known.statements
    if isinstance(statement, ShowStatement) and statement.condition is None and not more:
        return ()
    if more or not isinstance(statement, SelectStatement) or not known.times:
        return None
    depth = depth_of_times(statement)
    if depth is None:
        return None
    for _ in range(depth):
        (source,) = statement.sources
        statement = source.statement if isinstance(source, SubQuery) else statement
    parts = [part for part in parts_of(statement.condition) if is_of_time(part)]
    ops = [part.op for part in parts if isinstance(part, BinaryExpr) and _has_time(part)]
    return ops if len(ops) == len(parts) == known.times else None


def _has_time(expr: Expr) -> bool:
    match expr:
        case BinaryExpr(lhs=VarRef(val="time"), rhs=DurationLiteral() | IntegerLiteral()):
            return True
        case _:
            return False


def _of_statement(statement: Statement) -> _Make | None:
    """In the order of the text, where subqueries come first."""
    if not isinstance(statement, SelectStatement):
        return None
    within = [_of_source(each) for each in statement.sources]
    where = None if statement.condition is None else _of_condition(statement.condition)
    if not any(within) and where is None:
        return None

    def make(literals: Iterator[Expr]) -> SelectStatement:
        sources, condition = statement.sources, statement.condition
        if any(within):
            both = zip(sources, within, strict=True)
            sources = tuple([each if new is None else new(literals) for each, new in both])
        if where is not None:
            condition = where(literals)
        return msgspec.structs.replace(statement, sources=sources, condition=condition)

    return make


def _of_source(source: Source) -> _Make | None:
    if not isinstance(source, SubQuery) or (within := _of_statement(source.statement)) is None:
        return None
    return lambda literals: SubQuery(within(literals))


def _of_condition(expr: Expr) -> _Make | None:
    match expr:
        case BinaryExpr(op=Token.AND | Token.OR):
            return _of_both(expr, _of_condition(expr.lhs), _of_condition(expr.rhs))
        case ParenExpr():
            inner = _of_condition(expr.expr)
            return None if inner is None else lambda literals: ParenExpr(inner(literals))
        case BinaryExpr() if _has_time(expr):
            op, name = expr.op, expr.lhs
            return lambda literals: BinaryExpr(op, name, next(literals))
        case _:
            return None


def _of_both(expr: BinaryExpr, lhs: _Make | None, rhs: _Make | None) -> _Make | None:
    if lhs is None and rhs is None:
        return None
    op, left, right = expr.op, expr.lhs, expr.rhs
    first, second = lhs or (lambda _: left), rhs or (lambda _: right)
    return lambda literals: BinaryExpr(op, first(literals), second(literals))

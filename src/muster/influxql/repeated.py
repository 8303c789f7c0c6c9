"""Texts that were read before, but for the times in them, are not read again.

Of such a text the places of its times are known: `time >= 1700000000000ms`. That nothing else
depends on their digits is tried once, by reading the text with other digits there. Statements of
one text share all of their parts but conditions, by which plans are found again
(muster.influxql.replanning). Only questions are remembered: no text that may hold a password.
"""

import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from muster.influxql.ast import (
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
from muster.influxql.durations import parse_duration
from muster.influxql.errors import InfluxqlError
from muster.influxql.parser import parse_query
from muster.influxql.statements import ShowStatement
from muster.influxql.tokens import Token

_MOST = 256
_MOST_CHARS = 2_000  # what is joined in them is gone through level by level
_MOST_TIMES = 8
_MOST_NUMBER = (1 << 63) - 1
# What stands before a time, its digits, its unit.
_TIME = re.compile(r"(\btime\s*(?:>=|<=|>|<|=)\s*)([1-9][0-9]{0,18})(ns|ms|[usmhdw]|)(?![\w.])")
_GAP = r"\1\0\3"  # no text that can be read has such a sign

Time = tuple[str, str]
"""Digits and unit."""


class _Text(NamedTuple):
    """`times`: how many literals are others each time; -1: all of the text is read each time."""

    statements: Sequence[Statement]
    times: int


class Repeated:
    """Used on the event loop's thread."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._known: OrderedDict[str, _Text] = OrderedDict()

    def parse(self, text: str) -> list[Statement]:
        """The statements of a text without parameters. Errors: InfluxqlError."""
        if len(text) > _MOST_CHARS:
            return parse_query(text)
        times = [(match[2], match[3]) for match in _TIME.finditer(text)]
        key = _TIME.sub(_GAP, text) if times else text
        known = self._known.get(key)
        if known is None:
            return self._read(key, text, times)
        self._known.move_to_end(key)
        if known.times != len(times):
            return parse_query(text)
        try:
            return _with_times(known.statements, times) if times else list(known.statements)
        except InfluxqlError:  # said with its place
            return parse_query(text)

    def _read(self, key: str, text: str, times: Sequence[Time]) -> list[Statement]:
        statements = parse_query(text)
        if all(isinstance(each, SelectStatement | ShowStatement) for each in statements):
            known = len(times) if _may_be_others(statements, text, times) else -1
            self._known[key] = _Text(statements, known)
            if len(self._known) > self._most:
                self._known.popitem(last=False)
        return statements


def _may_be_others(statements: Sequence[Statement], text: str, times: Sequence[Time]) -> bool:
    """Whether other digits in the places of the times change these literals, and nothing else."""
    if not times:
        return True
    if len(times) > _MOST_TIMES:
        return False
    others = [(_altered(digits, place), unit) for place, (digits, unit) in enumerate(times)]
    digits = iter(others)
    altered = _TIME.sub(lambda match: f"{match[1]}{next(digits)[0]}{match[3]}", text)
    try:
        same = _with_times(statements, times) == list(statements)
        return same and _with_times(statements, others) == parse_query(altered)
    except (InfluxqlError, _OtherCount):
        return False


def _altered(digits: str, place: int) -> str:
    """Other digits, as many; equal ones are told apart by their places."""
    last = int(digits[-1]) + 1 + place
    return digits[:-1] + str(last % 10) if len(digits) > 1 else str((last - 1) % 9 + 1)


class _OtherCount(Exception):
    """There are more or fewer times in statements than in their text."""


def _with_times(statements: Sequence[Statement], times: Sequence[Time]) -> list[Statement]:
    """Errors: InfluxqlError for a time that is too far away; _OtherCount."""
    literals = iter([_literal(*each) for each in times])
    changed = [
        _of_statement(each, literals) if isinstance(each, SelectStatement) else each
        for each in statements
    ]
    if next(literals, None) is not None:
        raise _OtherCount
    return changed


def _literal(digits: str, unit: str) -> Expr:
    if unit:
        return DurationLiteral(parse_duration(digits + unit))
    number = int(digits)
    if number > _MOST_NUMBER:
        raise InfluxqlError("no integer")
    return IntegerLiteral(number)


def _of_statement(statement: SelectStatement, literals: Iterator[Expr]) -> SelectStatement:
    """In the order of the text, where subqueries come first."""
    sources = tuple(_of_source(each, literals) for each in statement.sources)
    condition = statement.condition
    if condition is not None:
        condition = _of_condition(condition, literals)
    return msgspec.structs.replace(statement, sources=sources, condition=condition)


def _of_source(source: Source, literals: Iterator[Expr]) -> Source:
    if isinstance(source, SubQuery):
        return SubQuery(_of_statement(source.statement, literals))
    return source


def _of_condition(expr: Expr, literals: Iterator[Expr]) -> Expr:
    match expr:
        case BinaryExpr(op=Token.AND | Token.OR):
            lhs, rhs = _of_condition(expr.lhs, literals), _of_condition(expr.rhs, literals)
            return expr if lhs is expr.lhs and rhs is expr.rhs else BinaryExpr(expr.op, lhs, rhs)
        case ParenExpr():
            inner = _of_condition(expr.expr, literals)
            return expr if inner is expr.expr else ParenExpr(inner)
        case BinaryExpr(lhs=VarRef(val="time"), rhs=DurationLiteral() | IntegerLiteral()):
            found = next(literals, None)
            if found is None:
                raise _OtherCount
            return BinaryExpr(expr.op, expr.lhs, found)
        case _:
            return expr

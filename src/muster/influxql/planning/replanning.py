"""A plan used again, for a statement that differs from an earlier one in its times alone.

That is how dashboards ask: the same question every some seconds, of a window that moves. What is
found out about names and kinds stays good as long as the source says so; only ranges are new.
"""

from collections.abc import Iterator
from dataclasses import replace
from operator import attrgetter

from muster.influxql.checking.conditions import TimeRange, time_range
from muster.influxql.planning.plans import Plan
from muster.influxql.source import Place
from muster.influxql.syntax.ast import (
    BinaryExpr,
    Call,
    DurationLiteral,
    Expr,
    Measurement,
    ParenExpr,
    SelectStatement,
    SubQuery,
    VarRef,
    walk,
)
from muster.influxql.syntax.times import zone
from muster.influxql.syntax.tokens import Token
from muster.influxql.values.reduction import Context

_APART = ("condition", "sources")
_OTHERS = attrgetter(*(name for name in SelectStatement.__struct_fields__ if name not in _APART))
_JOINS = (Token.AND, Token.OR)


def can_be_used_again(statement: SelectStatement) -> bool:
    """Whether a plan says nothing of the time at which it was made, but for ranges of times.

    Nor may it depend on which measurements there are.
    """
    for source in statement.sources:
        if isinstance(source, SubQuery):
            if not can_be_used_again(source.statement):
                return False
        elif not isinstance(source, Measurement) or source.regex is not None:
            return False
    dated = [node for each in statement.dimensions for node in walk(each.expr)]
    for part in parts_of(statement.condition):
        if isinstance(part, Expr) and not is_of_time(part):
            dated += walk(part)
    calls = [node for node in dated if isinstance(node, Call) and node.name == "now"]
    every = [each.expr for each in statement.dimensions if isinstance(each.expr, Call)]
    return statement.target is None and not calls and all(map(_is_plain, every))


def renewed(
    plan: Plan,
    before: SelectStatement,
    statement: SelectStatement,
    now_ns: int,
    *,
    inner: bool = False,
) -> Plan | None:
    """The plan of a statement, made of that of an earlier one; None where more than times differ.

    Errors: InfluxqlError for what is no time.
    """
    if not _differs_in_times_alone(before, statement):
        return None
    where = zone(statement.location) if statement.location else None
    sources: list[tuple[Place, ...] | Plan] = []
    for known, old, new in zip(plan.sources, before.sources, statement.sources, strict=True):
        if isinstance(known, Plan):
            if not (isinstance(old, SubQuery) and isinstance(new, SubQuery)):
                return None
            beneath = renewed(known, old.statement, new.statement, now_ns, inner=True)
            if beneath is None:
                return None
            sources.append(beneath)
        elif old == new:
            sources.append(known)
        else:
            return None
    times = _times_of(plan, before, statement)
    if times is None:
        return None
    found = time_range(times, Context(now_ns, where, functions=inner))
    return replace(plan, range=found, sources=tuple(sources))


def depth_of_times(statement: SelectStatement) -> int | None:
    """How many subqueries deep the only level is that says something of time, as of one source.

    None where that is said nowhere, at several levels, or beside other sources.
    """
    found: int | None = None
    depth = 0
    while True:
        if any(map(is_of_time, parts_of(statement.condition))):
            if found is not None:
                return None
            found = depth
        beneath = [each.statement for each in statement.sources if isinstance(each, SubQuery)]
        if not beneath:
            return found
        if len(statement.sources) != 1:
            return None
        (statement,) = beneath
        depth += 1


def range_at(plan: Plan, depth: int) -> TimeRange:
    """That of the level of `depth_of_times`."""
    for _ in range(depth):
        plan = next(each for each in plan.sources if isinstance(each, Plan))
    return plan.range


def moved(plan: Plan, depth: int, found: TimeRange) -> Plan:
    """A plan for another range, which the level of `depth_of_times` says."""
    if not depth:
        return plan.during(found, plan.sources)
    (source,) = plan.sources
    beneath = moved(source, depth - 1, found) if isinstance(source, Plan) else source
    return plan.during(TimeRange(), (beneath,))


def _is_plain(interval: Call) -> bool:
    """Windows of a negative length end now."""
    match interval.args:
        case (DurationLiteral(val_ns=length),):
            return length > 0
        case _:
            return False


def _differs_in_times_alone(before: SelectStatement, statement: SelectStatement) -> bool:
    if before is statement:
        return True
    if _OTHERS(before) != _OTHERS(statement):
        return False
    return len(before.sources) == len(statement.sources)


def _times_of(plan: Plan, before: SelectStatement, statement: SelectStatement) -> list[Expr] | None:
    """Comparisons with times; None where conditions differ in more than these."""
    known = plan.memo.get("condition")
    if known is None or known[0] is not before.condition:
        known = plan.memo["condition"] = before.condition, list(parts_of(before.condition))
    new = list(parts_of(statement.condition))
    if len(known[1]) != len(new) or not all(map(_is_same_part, known[1], new)):
        return None
    return [part for part in new if isinstance(part, BinaryExpr) and is_of_time(part)]


def _is_same_part(old: Expr | str, new: Expr | str) -> bool:
    return old is new or (is_of_time(old) and is_of_time(new)) or old == new


def parts_of(condition: Expr | None) -> Iterator[Expr | str]:
    """A condition piece by piece, with words for how they are joined."""
    pending: list[Expr | str] = [] if condition is None else [condition]
    while pending:
        node = pending.pop()
        match node:
            case BinaryExpr() if node.op in _JOINS:
                yield node.op.value
                pending += (node.rhs, node.lhs)
            case ParenExpr():
                yield "("
                pending.append(node.expr)
            case _:
                yield node


def is_of_time(part: Expr | str) -> bool:
    """Whether a piece is a comparison with time."""
    return isinstance(part, BinaryExpr) and (_is_time(part.lhs) or _is_time(part.rhs))


def _is_time(expr: Expr) -> bool:
    return isinstance(expr, VarRef) and expr.val.lower() == "time"

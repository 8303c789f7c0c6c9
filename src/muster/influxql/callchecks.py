"""Whether calls have the arguments that they need.

Source: InfluxDB 1.6 (its compiler), texts and order of the checks as there.
"""

from collections.abc import Callable

from muster.influxql.ast import (
    Call,
    DurationLiteral,
    Expr,
    IntegerLiteral,
    NumberLiteral,
    RegexLiteral,
    StringLiteral,
    VarRef,
    Wildcard,
)
from muster.influxql.durations import format_duration
from muster.influxql.errors import InfluxqlError
from muster.influxql.mathematics import arguments_of
from muster.influxql.printer import format as format_node

AVERAGES = (
    "exponential_moving_average",
    "double_exponential_moving_average",
    "triple_exponential_moving_average",
    "relative_strength_index",
    "triple_exponential_derivative",
)
KAUFMANS = ("kaufmans_efficiency_ratio", "kaufmans_adaptive_moving_average")
CHANDE = "chande_momentum_oscillator"
_SELECTING = ("max", "min", "first", "last")
_AGGREGATING = ("count", "sum", "mean", "median", "mode", "stddev", "spread")


class Facts:
    """What the calls of a statement say about it."""

    def __init__(self, *, windowed: bool, inherited: bool, limit: int) -> None:
        self.windowed = windowed  # has GROUP BY time, or an outer query has
        self.inherited = inherited  # only an outer query has
        self.limit = limit
        self.calls = 0
        self.only_selectors = True
        self.has_distinct = False
        self.has_plain_fields = False
        self.extremes = ""  # top or bottom


def check_call(call: Call, facts: Facts, wildcards: bool, nested: Callable[[Call], None]) -> None:
    """The call by itself. `nested` checks one that is another's argument."""
    facts.calls += 1
    name = call.name
    checks: dict[str, Callable[[], None]] = {
        "percentile": lambda: _percentile(call),
        "sample": lambda: _sample(call),
        "distinct": lambda: check_distinct(call, facts, inner=False),
        "top": lambda: _extreme(call, facts),
        "bottom": lambda: _extreme(call, facts),
        "derivative": lambda: _unit(call),
        "non_negative_derivative": lambda: _unit(call),
        "elapsed": lambda: _unit(call),
        "difference": lambda: _single(call),
        "non_negative_difference": lambda: _single(call),
        "cumulative_sum": lambda: _single(call),
        "moving_average": lambda: _window(call),
        "integral": lambda: _integral(call),
        "holt_winters": lambda: _forecast(call, facts),
        "holt_winters_with_fit": lambda: _forecast(call, facts),
        **dict.fromkeys(AVERAGES, lambda: _indicator(call, 4, ("exponential", "simple"))),
        **dict.fromkeys(KAUFMANS, lambda: _indicator(call, 3, ())),
        CHANDE: lambda: _indicator(call, 4, ("none", "exponential", "simple")),
    }
    if name not in checks:
        _plain(call, facts, wildcards)
        return
    checks[name]()
    if name in ("percentile", "sample"):
        symbol(name, call.args[0], facts, wildcards)
    elif name not in ("distinct", "top", "bottom"):
        facts.only_selectors = False
        _argument(call, facts, wildcards, nested)


def check_distinct(call: Call, facts: Facts, *, inner: bool) -> None:
    """distinct(), which stands alone unless it is within another call."""
    if not call.args:
        raise InfluxqlError("distinct function requires at least one argument")
    if len(call.args) != 1:
        raise InfluxqlError("distinct function can only have one argument")
    if not isinstance(call.args[0], VarRef):
        raise InfluxqlError("expected field argument in distinct()")
    facts.has_distinct |= not inner
    facts.only_selectors = False


def check_count_of_arguments(call: Call) -> None:
    """Of a math function."""
    expected = arguments_of(call.name)
    if len(call.args) != expected:
        raise _count(call, f"expected {expected}")


def symbol(name: str, argument: Expr, facts: Facts, wildcards: bool) -> None:
    """What a function reads: a field, or several by a pattern."""
    match argument:
        case VarRef():
            return
        case Wildcard() | RegexLiteral():
            if not wildcards:
                what = "wildcard" if isinstance(argument, Wildcard) else "regex field"
                raise InfluxqlError(f"unsupported expression with {what}: {name}()")
            facts.only_selectors = False
        case _:
            raise InfluxqlError(f"expected field argument in {name}()")


def _plain(call: Call, facts: Facts, wildcards: bool) -> None:
    name = call.name
    if name not in _SELECTING:
        if name not in _AGGREGATING:
            raise InfluxqlError(f"undefined function {name}()")
        facts.only_selectors = False
    if len(call.args) != 1:
        raise _count(call, "expected 1")
    argument = call.args[0]
    if name == "count" and isinstance(argument, Call) and argument.name == "distinct":
        check_distinct(argument, facts, inner=True)
        return
    symbol(name, argument, facts, wildcards)


def _argument(call: Call, facts: Facts, wildcards: bool, nested: Callable[[Call], None]) -> None:
    """A call where there are windows, a field where there are none."""
    name, argument = call.name, call.args[0]
    if name == "integral":
        symbol(name, argument, facts, wildcards)
        return
    if isinstance(argument, Call):
        if not facts.windowed:
            raise InfluxqlError(f"{name} aggregate requires a GROUP BY interval")
        if argument.name == "distinct":
            check_distinct(argument, facts, inner=True)
        else:
            nested(argument)
        return
    if facts.windowed and not facts.inherited:
        raise InfluxqlError(f"aggregate function required inside the call to {name}")
    symbol(name, argument, facts, wildcards)


def _percentile(call: Call) -> None:
    if len(call.args) != 2:
        raise _count(call, "expected 2")
    if not isinstance(call.args[1], IntegerLiteral | NumberLiteral):
        raise InfluxqlError("expected float argument in percentile()")


def _sample(call: Call) -> None:
    if len(call.args) != 2:
        raise _count(call, "expected 2")
    size = call.args[1]
    if not isinstance(size, IntegerLiteral):
        raise InfluxqlError("expected integer argument in sample()")
    if size.val <= 0:
        raise InfluxqlError(f"sample window must be greater than 1, got {size.val}")


def _single(call: Call) -> None:
    if len(call.args) != 1:
        raise _count(call, "expected 1")


def _unit(call: Call) -> None:
    if not 1 <= len(call.args) <= 2:
        raise _count(call, "expected at least 1 but no more than 2")
    if len(call.args) == 2:
        _positive(call.args[1], f"second argument to {call.name} must be a duration, got ")


def _integral(call: Call) -> None:
    if not 1 <= len(call.args) <= 2:
        raise _count(call, "expected at least 1 but no more than 2")
    if len(call.args) == 2:
        _positive(call.args[1], "")


def _positive(unit: Expr, refusal: str) -> None:
    if not isinstance(unit, DurationLiteral):
        raise InfluxqlError(
            f"{refusal}{_kind(unit)}" if refusal else "second argument must be a duration"
        )
    if unit.val_ns <= 0:
        text = format_duration(unit.val_ns)
        raise InfluxqlError(f"duration argument must be positive, got {text}")


def _window(call: Call) -> None:
    if len(call.args) != 2:
        raise _count(call, "expected 2")
    size = call.args[1]
    if not isinstance(size, IntegerLiteral):
        raise InfluxqlError(
            f"second argument for moving_average must be an integer, got {_kind(size)}"
        )
    if size.val <= 1:
        raise InfluxqlError(f"moving_average window must be greater than 1, got {size.val}")


def _indicator(call: Call, most: int, warmups: tuple[str, ...]) -> None:
    name, count = call.name, len(call.args)
    if not 2 <= count <= most:
        raise _count(call, f"expected at least 2 but no more than {most}")
    period = call.args[1]
    if not isinstance(period, IntegerLiteral):
        raise InfluxqlError(f"{name} period must be an integer")
    if period.val < 1:
        raise InfluxqlError(f"{name} period must be greater than or equal to 1")
    if count >= 3:
        _hold(name, call.args[2])
    if count >= 4:
        _warmup(name, call.args[3], warmups)


def _hold(name: str, hold: Expr) -> None:
    if not isinstance(hold, IntegerLiteral):
        raise InfluxqlError(f"{name} hold period must be an integer")
    least = 1 if name == "triple_exponential_derivative" else 0
    if hold.val < least and hold.val != -1:
        raise InfluxqlError(f"{name} hold period must be greater than or equal to {least}")


def _warmup(name: str, warmup: Expr, known: tuple[str, ...]) -> None:
    if not isinstance(warmup, StringLiteral):
        raise InfluxqlError(f"{name} warmup type must be a string")
    if warmup.val not in known:
        ways = " ".join(f"'{way}'" for way in known)
        raise InfluxqlError(f"{name} warmup type must be one of: {ways}")


def _forecast(call: Call, facts: Facts) -> None:
    name = call.name
    if len(call.args) != 3:
        raise _count(call, "expected 3")
    count, season = call.args[1], call.args[2]
    if not isinstance(count, IntegerLiteral):
        raise InfluxqlError(f"expected integer argument as second arg in {name}")
    if count.val <= 0:
        raise InfluxqlError(f"second arg to {name} must be greater than 0, got {count.val}")
    if not isinstance(season, IntegerLiteral):
        raise InfluxqlError(f"expected integer argument as third arg in {name}")
    if season.val < 0:
        raise InfluxqlError(f"third arg to {name} cannot be negative, got {season.val}")
    facts.only_selectors = False
    if not isinstance(call.args[0], Call):
        raise InfluxqlError(f"must use aggregate function with {name}")


def _extreme(call: Call, facts: Facts) -> None:
    name = call.name
    if facts.extremes:
        raise InfluxqlError(
            f"selector function {facts.extremes}() cannot be combined with other functions"
        )
    if len(call.args) < 2:
        raise _count(call, "expected at least 2")
    limit = call.args[-1]
    if not isinstance(limit, IntegerLiteral):
        raise InfluxqlError(
            f"expected integer as last argument in {name}(), found {format_node(limit)}"
        )
    if limit.val <= 0:
        raise InfluxqlError(f"limit ({limit.val}) in {name} function must be at least 1")
    if facts.limit and limit.val > facts.limit:
        raise InfluxqlError(
            f"limit ({limit.val}) in {name} function can not be larger than the "
            f"LIMIT ({facts.limit}) in the select statement"
        )
    if not isinstance(call.args[0], VarRef):
        found = format_node(call.args[0])
        raise InfluxqlError(f"expected first argument to be a field in {name}(), found {found}")
    for argument in call.args[1:-1]:
        if not isinstance(argument, VarRef):
            found = format_node(argument)
            raise InfluxqlError(f"only fields or tags are allowed in {name}(), found {found}")
        facts.has_plain_fields = True
    facts.extremes = name


def _count(call: Call, expected: str) -> InfluxqlError:
    return InfluxqlError(
        f"invalid number of arguments for {call.name}, {expected}, got {len(call.args)}"
    )


def _kind(expr: Expr) -> str:
    return f"*influxql.{type(expr).__name__}"

"""Whether calls have the arguments that they need.

Source: InfluxDB 1.6 (its compiler), texts and order of the checks as there.
"""

from collections.abc import Callable

from muster.influxql.checking.argumentchecks import (
    Facts,
    check_extreme,
    check_forecast,
    check_indicator,
    check_integral,
    check_percentile,
    check_sample,
    check_single,
    check_unit,
    check_window,
    wrong_count,
)
from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.ast import (
    Call,
    Expr,
    IntegerLiteral,
    RegexLiteral,
    VarRef,
    Wildcard,
)
from muster.influxql.values.mathematics import arguments_of

AVERAGES = (
    "exponential_moving_average",
    "double_exponential_moving_average",
    "triple_exponential_moving_average",
    "relative_strength_index",
    "triple_exponential_derivative",
)
KAUFMANS = ("kaufmans_efficiency_ratio", "kaufmans_adaptive_moving_average")
CHANDE = "chande_momentum_oscillator"
_WITHIN = ("integral", "holt_winters", "holt_winters_with_fit")
_SELECTING = ("max", "min", "first", "last")
_AGGREGATING = ("count", "sum", "mean", "median", "mode", "stddev", "spread")


def check_call(call: Call, facts: Facts, wildcards: bool, nested: Callable[[Call], None]) -> None:
    """The call by itself. `nested` checks one that is another's argument."""
    facts.calls += 1
    name = call.name
    checks: dict[str, Callable[[], None]] = {
        "percentile": lambda: check_percentile(call),
        "sample": lambda: check_sample(call),
        "distinct": lambda: check_distinct(call, facts, inner=False),
        "top": lambda: check_extreme(call, facts),
        "bottom": lambda: check_extreme(call, facts),
        "derivative": lambda: check_unit(call),
        "non_negative_derivative": lambda: check_unit(call),
        "elapsed": lambda: check_unit(call),
        "difference": lambda: check_single(call),
        "non_negative_difference": lambda: check_single(call),
        "cumulative_sum": lambda: check_single(call),
        "moving_average": lambda: check_window(call),
        "integral": lambda: check_integral(call),
        "holt_winters": lambda: check_forecast(call, facts),
        "holt_winters_with_fit": lambda: check_forecast(call, facts),
        **dict.fromkeys(AVERAGES, lambda: check_indicator(call, 4, ("exponential", "simple"))),
        **dict.fromkeys(KAUFMANS, lambda: check_indicator(call, 3, ())),
        CHANDE: lambda: check_indicator(call, 4, ("none", "exponential", "simple")),
    }
    if name not in checks:
        _plain(call, facts, wildcards)
        return
    checks[name]()
    if name in ("percentile", "sample"):
        symbol(name, call.args[0], facts, wildcards)
    elif name not in ("distinct", "top", "bottom"):
        facts.only_selectors = False
        facts.before = max(facts.before, _before(call))
        _argument(call, facts, wildcards, nested)


def _before(call: Call) -> int:
    """How many windows before the first InfluxDB looks for points in."""
    size = call.args[1] if len(call.args) > 1 else None
    if call.name in _WITHIN:
        return 0
    return size.val if isinstance(size, IntegerLiteral) else 1


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
        raise wrong_count(call, f"expected {expected}")


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
        raise wrong_count(call, "expected 1")
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

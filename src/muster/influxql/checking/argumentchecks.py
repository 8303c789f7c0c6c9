"""Whether the arguments of a call are of the kinds that its function takes.

Source: InfluxDB 1.6 (its compiler), texts and order of the checks as there.
"""

from muster.influxql.errors import InfluxqlError
from muster.influxql.printing.expressiontext import tell_expr
from muster.influxql.syntax.ast import (
    Call,
    DurationLiteral,
    Expr,
    IntegerLiteral,
    NumberLiteral,
    StringLiteral,
    VarRef,
)
from muster.influxql.syntax.durations import format_duration


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
        self.before = 0  # how many windows before the first are looked at
        self.extremes = ""  # top or bottom


def check_percentile(call: Call) -> None:
    """A rank in percent."""
    if len(call.args) != 2:
        raise wrong_count(call, "expected 2")
    if not isinstance(call.args[1], IntegerLiteral | NumberLiteral):
        raise InfluxqlError("expected float argument in percentile()")


def check_sample(call: Call) -> None:
    """A size."""
    if len(call.args) != 2:
        raise wrong_count(call, "expected 2")
    size = call.args[1]
    if not isinstance(size, IntegerLiteral):
        raise InfluxqlError("expected integer argument in sample()")
    if size.val <= 0:
        raise InfluxqlError(f"sample window must be greater than 1, got {size.val}")


def check_single(call: Call) -> None:
    """Nothing beside the field."""
    if len(call.args) != 1:
        raise wrong_count(call, "expected 1")


def check_unit(call: Call) -> None:
    """A duration, or none."""
    if not 1 <= len(call.args) <= 2:
        raise wrong_count(call, "expected at least 1 but no more than 2")
    if len(call.args) == 2:
        _positive(call.args[1], f"second argument to {call.name} must be a duration, got ")


def check_integral(call: Call) -> None:
    """A duration, or none."""
    if not 1 <= len(call.args) <= 2:
        raise wrong_count(call, "expected at least 1 but no more than 2")
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


def check_window(call: Call) -> None:
    """A count of points."""
    if len(call.args) != 2:
        raise wrong_count(call, "expected 2")
    size = call.args[1]
    if not isinstance(size, IntegerLiteral):
        raise InfluxqlError(
            f"second argument for moving_average must be an integer, got {_kind(size)}"
        )
    if size.val <= 1:
        raise InfluxqlError(f"moving_average window must be greater than 1, got {size.val}")


def check_indicator(call: Call, most: int, warmups: tuple[str, ...]) -> None:
    """A period, how many values are held back, and how it warms up."""
    name, count = call.name, len(call.args)
    if not 2 <= count <= most:
        raise wrong_count(call, f"expected at least 2 but no more than {most}")
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


def check_forecast(call: Call, facts: Facts) -> None:
    """A call, a count of forecasts and the length of a season."""
    name = call.name
    if len(call.args) != 3:
        raise wrong_count(call, "expected 3")
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


def check_extreme(call: Call, facts: Facts) -> None:
    """Tags and fields to show, and a limit."""
    name = call.name
    if facts.extremes:
        raise InfluxqlError(
            f"selector function {facts.extremes}() cannot be combined with other functions"
        )
    if len(call.args) < 2:
        raise wrong_count(call, "expected at least 2")
    limit = call.args[-1]
    if not isinstance(limit, IntegerLiteral):
        raise InfluxqlError(
            f"expected integer as last argument in {name}(), found {tell_expr(limit)}"
        )
    if limit.val <= 0:
        raise InfluxqlError(f"limit ({limit.val}) in {name} function must be at least 1")
    if facts.limit and limit.val > facts.limit:
        raise InfluxqlError(
            f"limit ({limit.val}) in {name} function can not be larger than the "
            f"LIMIT ({facts.limit}) in the select statement"
        )
    if not isinstance(call.args[0], VarRef):
        found = tell_expr(call.args[0])
        raise InfluxqlError(f"expected first argument to be a field in {name}(), found {found}")
    for argument in call.args[1:-1]:
        if not isinstance(argument, VarRef):
            found = tell_expr(argument)
            raise InfluxqlError(f"only fields or tags are allowed in {name}(), found {found}")
        facts.has_plain_fields = True
    facts.extremes = name


def wrong_count(call: Call, expected: str) -> InfluxqlError:
    """The error of a call with too few arguments or too many."""
    return InfluxqlError(
        f"invalid number of arguments for {call.name}, {expected}, got {len(call.args)}"
    )


def _kind(expr: Expr) -> str:
    return f"*influxql.{type(expr).__name__}"

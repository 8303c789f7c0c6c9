"""Functions that make one value of one value, at each step.

Source: Prometheus 2.42, promql/functions.go
"""

from collections.abc import Callable
from math import log, pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from muster.promql.source import F64, I64

_Dates = NDArray[np.datetime64]

_LN2, _LN10 = log(2), log(10)
_DAY_S = 86_400
_FIRST_WEEKDAY = 4  # 1970 began on a Thursday
_MONTHS = 12
_BEYOND = float(1 << 63)
_BEYOND_S = divmod(1 << 63, _DAY_S)


def _log2(values: F64) -> F64:
    """As Go does it, to the digit."""
    fraction, exponent = np.frexp(values)
    found = exponent + np.log(fraction) * (1 / _LN2)
    return np.where(fraction == 0.5, exponent - 1.0, found)


def _log10(values: F64) -> F64:
    return _log2(values) * (_LN2 / _LN10)


def _sign(values: F64) -> F64:
    return np.where(values < 0, -1.0, np.where(values > 0, 1.0, values))


SIMPLE: dict[str, Callable[[F64], F64]] = {
    "abs": np.abs,
    "acos": np.arccos,
    "acosh": np.arccosh,
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "atanh": np.arctanh,
    "ceil": np.ceil,
    "cos": np.cos,
    "cosh": np.cosh,
    "deg": lambda values: values * 180 / pi,
    "exp": np.exp,
    "floor": np.floor,
    "ln": np.log,
    "log10": _log10,
    "log2": _log2,
    "rad": lambda values: values * pi / 180,
    "sgn": _sign,
    "sin": np.sin,
    "sinh": np.sinh,
    "sqrt": np.sqrt,
    "tan": np.tan,
    "tanh": np.tanh,
}


def greater(one: F64, other: F64) -> F64:
    """As Go has it: of infinity and what is no number, infinity; of zeros, that above."""
    both = np.where((one == 0) & (other == 0), one + other, np.maximum(one, other))
    return np.where((one == np.inf) | (other == np.inf), np.inf, both)


def smaller(one: F64, other: F64) -> F64:
    """Likewise, from the other side."""
    return -greater(-one, -other)


def rounded(values: F64, nearest: F64) -> F64:
    """Halves go up."""
    inverse = 1.0 / nearest
    return np.floor(values * inverse + 0.5) / inverse


def _split(values: F64) -> tuple[I64, I64]:
    """Days since 1970 and seconds of the day; what 64 bits do not hold is the second beyond."""
    known = np.abs(values) < _BEYOND
    days, seconds = np.divmod(np.where(known, values, 0.0).astype(np.int64), _DAY_S)
    return np.where(known, days, _BEYOND_S[0]), np.where(known, seconds, _BEYOND_S[1])


def _days(values: F64) -> _Dates:
    return _split(values)[0].astype("datetime64[D]")


def _second(values: F64) -> I64:
    return _split(values)[1]


def _month_starts(values: F64) -> _Dates:
    return _days(values).astype("datetime64[M]")


def _float(values: NDArray[Any]) -> F64:
    return values.astype(np.float64)


def _days_in_month(values: F64) -> F64:
    month = _month_starts(values)
    return _float((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]"))


def _day_of_month(values: F64) -> F64:
    return _float(_days(values) - _month_starts(values)) + 1


def _day_of_week(values: F64) -> F64:
    return _float((_days(values).astype(np.int64) + _FIRST_WEEKDAY) % 7)


def _day_of_year(values: F64) -> F64:
    return _float(_days(values) - _days(values).astype("datetime64[Y]")) + 1


def _hour(values: F64) -> F64:
    return _float(_second(values) // 3_600)


def _minute(values: F64) -> F64:
    return _float(_second(values) % 3_600 // 60)


def _month(values: F64) -> F64:
    return _float(_month_starts(values).astype(np.int64) % _MONTHS + 1)


def _year(values: F64) -> F64:
    return _float(_days(values).astype("datetime64[Y]").astype(np.int64) + 1970)


DATES: dict[str, Callable[[F64], F64]] = {
    "days_in_month": _days_in_month,
    "day_of_month": _day_of_month,
    "day_of_week": _day_of_week,
    "day_of_year": _day_of_year,
    "hour": _hour,
    "minute": _minute,
    "month": _month,
    "year": _year,
}

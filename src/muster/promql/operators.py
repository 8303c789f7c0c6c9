"""Operators between numbers: what comes of two, and whether a comparison holds."""

from collections.abc import Callable

import numpy as np

from muster.promql.source import F64, Bools
from muster.promql.tokens import COMPARISONS


def _power(left: F64, right: F64) -> F64:
    """Of arrays alone: for one exponent in common numpy takes the square root of -Inf."""
    return np.power(left, np.ascontiguousarray(right))


_ARITHMETIC: dict[str, Callable[[F64, F64], F64]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": _power,
    "%": np.fmod,
    "atan2": np.arctan2,
}
_COMPARISONS: dict[str, Callable[[F64, F64], Bools]] = {
    "==": np.equal,
    "!=": np.not_equal,
    ">": np.greater,
    "<": np.less,
    ">=": np.greater_equal,
    "<=": np.less_equal,
}


def combined(operator: str, left: F64, right: F64) -> tuple[F64, Bools]:
    """Values, and where they are kept: a comparison keeps the left one where it holds."""
    left, right = np.broadcast_arrays(left, right)
    if operator in COMPARISONS:
        return left, _COMPARISONS[operator](left, right)
    return _ARITHMETIC[operator](left, right), np.ones(left.shape, np.bool_)


def drops_name(operator: str) -> bool:
    """Whether what comes of it is another metric."""
    return operator in ("+", "-", "*", "/", "^", "%")

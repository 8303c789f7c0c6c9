"""Math functions, of columns and of literals.

Source: InfluxDB 1.6: abs, floor, ceil and round leave integers alone, the others make floats.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import NUMERIC, Column, Values, empty, full

_KEEPING: dict[str, Callable[[Values], Values]] = {
    "abs": np.abs,
    "floor": np.floor,
    "ceil": np.ceil,
    "round": lambda values: _round(values),
}
_FLOATS: dict[str, Callable[[Values], Values]] = {
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "exp": np.exp,
    "ln": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "sqrt": np.sqrt,
}
_PAIRS: dict[str, Callable[[Values, Values], Values]] = {
    "atan2": np.arctan2,
    "pow": np.power,
    "log": lambda values, base: np.log(values) / np.log(base),
}
MATH_FUNCTIONS = frozenset({*_KEEPING, *_FLOATS, *_PAIRS})


def arguments_of(name: str) -> int:
    """How many arguments a math function takes."""
    return 2 if name in _PAIRS else 1


def call(name: str, arguments: Sequence[Column]) -> Column | None:
    """The function of columns, gaps where an argument is no number; None for no such function."""
    if len(arguments) != arguments_of(name) or name not in MATH_FUNCTIONS:
        return None
    first = arguments[0]
    if any(argument.kind not in NUMERIC for argument in arguments):
        kind = DataType.FLOAT if first.kind in NUMERIC else first.kind
        return empty(kind, len(first.values))
    with np.errstate(all="ignore"):
        if name in _KEEPING:
            if first.kind is not DataType.FLOAT:
                return first
            return Column(first.kind, _KEEPING[name](first.values), first.valid)
        floats = [argument.values.astype(np.float64) for argument in arguments]
        if name in _FLOATS:
            return Column(DataType.FLOAT, _FLOATS[name](floats[0]), first.valid)
        valid = first.valid & arguments[1].valid
        return Column(DataType.FLOAT, _PAIRS[name](floats[0], floats[1]), valid)


def evaluate_literals(name: str, values: Sequence[Any]) -> tuple[bool, float | int | None]:
    """Whether there is such a function, and what it is of these; None when they are no numbers."""
    if name not in MATH_FUNCTIONS or len(values) != arguments_of(name):
        return False, None
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in values):
        return True, None
    columns = [
        full(DataType.FLOAT if isinstance(value, float) else DataType.INTEGER, np.array([value]))
        for value in values
    ]
    result = call(name, columns)
    return True, None if result is None else result.values[0].item()


def _round(values: Values) -> Values:
    """Halves go away from zero."""
    whole = np.trunc(values)
    return np.where(np.abs(values - whole) >= 0.5, whole + np.copysign(1.0, values), whole)

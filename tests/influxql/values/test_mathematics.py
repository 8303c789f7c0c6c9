"""Math functions."""

import numpy as np
import pytest

from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import Column, full, texts
from muster.influxql.values.mathematics import arguments_of, call, evaluate_literals

FLOATS = full(DataType.FLOAT, np.array([-1.5, 2.5]))
INTEGERS = full(DataType.INTEGER, np.array([-3, 4]))


def test_halves_are_rounded_away_from_zero():
    assert call("round", [FLOATS]).cells() == [-2.0, 3.0]


@pytest.mark.parametrize("name", ["abs", "floor", "ceil", "round"])
def test_integers_stay_as_they_are(name):
    assert call(name, [INTEGERS]) == INTEGERS


def test_other_functions_make_floats():
    assert call("pow", [INTEGERS, INTEGERS]).kind is DataType.FLOAT
    assert call(
        "log", [full(DataType.FLOAT, np.array([8.0])), full(DataType.FLOAT, np.array([2.0]))]
    ).cells() == pytest.approx([3.0])


def test_gaps_and_texts_give_gaps():
    gap = Column(DataType.FLOAT, np.array([1.0]), np.array([False]))

    assert call("sqrt", [gap]).cells() == [None]
    assert call("sqrt", [texts(["a"])]).cells() == [None]


def test_no_such_function_is_none():
    assert call("nofunc", [FLOATS]) is None
    assert call("abs", [FLOATS, FLOATS]) is None
    assert evaluate_literals("nofunc", [1]) == (False, None)


def test_literals_are_worked_out():
    assert evaluate_literals("pow", [2, 3]) == (True, 8.0)
    assert evaluate_literals("abs", ["a"]) == (True, None)
    assert arguments_of("atan2") == 2

"""Expressions over columns."""

import numpy as np
import pytest

from muster.influxql.syntax.ast import DataType, VarRef
from muster.influxql.syntax.parser import parse_expression
from muster.influxql.values.columns import Column, empty, full, texts
from muster.influxql.values.evaluation import evaluate, truths

COLUMNS = {
    VarRef("i"): full(DataType.INTEGER, np.array([7, -7])),
    VarRef("f"): full(DataType.FLOAT, np.array([0.5, 2.0])),
    VarRef("u"): full(DataType.UNSIGNED, np.array([1, (1 << 64) - 1], np.uint64)),
    VarRef("s"): texts(["ab", "cd"]),
    VarRef("b"): full(DataType.BOOLEAN, np.array([True, False])),
    VarRef("gap"): Column(DataType.FLOAT, np.array([1.0, 1.0]), np.array([True, False])),
}


def cells(text, **options):
    return evaluate(parse_expression(text), COLUMNS, 2, **options).cells()


def test_of_stored_points_nothing_is_true_of_what_they_do_not_have():
    there = Column(DataType.BOOLEAN, np.array([True, False]), np.array([True, False]))
    columns = {VarRef("b"): there, VarRef("s"): empty(DataType.STRING, 2)}

    def where(text, **options):
        return truths(parse_expression(text), columns, 2, **options).tolist()

    assert where("b = false") == [False, True]
    assert where("b = false", of_points=True) == [False, False]
    assert where("b != true OR b = true", of_points=True) == [True, False]
    assert where("s != true", of_points=True) == [False, False]
    assert where("b =~ /x/ OR b = true", of_points=True) == [True, False]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("i + 1", [8, -6]),
        ("i / 2", [3.5, -3.5]),
        ("i % 3", [1, -1]),
        ("i / 0", [0.0, 0.0]),
        ("i % 0", [0, 0]),
        ("i & 3", [3, 1]),
        ("i + f", [7.5, -5.0]),
        ("-(i)", [-7, 7]),
        ("u > i", [False, True]),
        ("u = -1", [False, True]),
        ("b | false", [True, False]),
        ("b ^ true", [False, True]),
        ("s = 'ab'", [True, False]),
        ("s =~ /b/", [True, False]),
        ("s !~ /b/", [False, True]),
        ("s = 1", [False, False]),
        ("s + 1", [None, None]),
        ("gap + 1", [2.0, None]),
        ("gap = 1", [True, False]),
        ("gap != 2", [True, False]),
        ("nope", [None, None]),
        ("nope != 1", [False, False]),
        ("abs(i)", [7, -7]),
        ("abs(f) + 1", [1.5, 3.0]),
        ("b = true AND gap = 1", [True, False]),
        ("f & 1", [None, None]),
        ("7 - f", [6.5, 5.0]),
        ("0.5 * i", [3.5, -3.5]),
        ("f + nope", [None, None]),
        ("max(i) - 1", [None, None]),
    ],
)
def test_operators_do_what_influxql_says(text, found):
    assert cells(text) == found


def test_conditions_divide_integers_whole_and_towards_zero():
    assert cells("i / 2", whole_division=True) == [3, -3]


def test_integers_wrap():
    assert cells("i * 9223372036854775807 * 9223372036854775807") == [7, -7]


def test_only_what_is_true_is_fulfilled():
    assert truths(parse_expression("gap > 0"), COLUMNS, 2).tolist() == [True, False]
    assert truths(parse_expression("i"), COLUMNS, 2).tolist() == [False, False]

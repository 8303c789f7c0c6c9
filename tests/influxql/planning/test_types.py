"""Kinds of expressions."""

import pytest

from muster.influxql.errors import InfluxqlError
from muster.influxql.planning.types import kind_of
from muster.influxql.syntax.ast import DataType
from muster.influxql.syntax.parser import parse_expression

KINDS = {
    "i": DataType.INTEGER,
    "f": DataType.FLOAT,
    "u": DataType.UNSIGNED,
    "s": DataType.STRING,
    "b": DataType.BOOLEAN,
    "host": DataType.TAG,
}


def kind(text):
    return kind_of(parse_expression(text), lambda ref: KINDS.get(ref.val, DataType.UNKNOWN))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("i + 1", DataType.INTEGER),
        ("i + f", DataType.FLOAT),
        ("i / 2", DataType.INTEGER),
        ("u + 1", DataType.UNSIGNED),
        ("nope + f", DataType.FLOAT),
        ("b & true", DataType.BOOLEAN),
        ("i > 1", DataType.BOOLEAN),
        ("mean(i)", DataType.FLOAT),
        ("count(s)", DataType.INTEGER),
        ("max(s)", DataType.STRING),
        ("abs(i)", DataType.INTEGER),
        ("sqrt(i)", DataType.INTEGER),
        ("sqrt(nope)", DataType.FLOAT),
        ("s::string", DataType.STRING),
        ("nope", DataType.UNKNOWN),
    ],
)
def test_the_kind_follows_from_the_operands(text, found):
    assert kind(text) is found


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("s + 1", "type error: s \\+ 1: incompatible types: string and integer"),
        ("f & 1", "incompatible types: float and integer"),
        ("u + i", "an explicit cast is required"),
        ("s + 1.5", r"s \+ 1.500: incompatible types: string and float"),
        ("sqrt(i) ^ f", r"incompatible types: integer and float"),
        ("sqrt(s) + 1", r"type error: sqrt\(s\) \+ 1: incompatible types: string and integer"),
    ],
)
def test_operands_that_do_not_go_together_are_refused(text, error):
    with pytest.raises(InfluxqlError, match=error):
        kind(text)

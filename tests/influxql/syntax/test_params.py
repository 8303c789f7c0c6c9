import pytest

from muster.influxql.errors import InfluxqlError
from muster.influxql.printing.printer import format_query
from muster.influxql.syntax.ast import (
    BooleanLiteral,
    DurationLiteral,
    IntegerLiteral,
    NumberLiteral,
    RegexLiteral,
    StringLiteral,
    VarRef,
)
from muster.influxql.syntax.parser import parse_expression, parse_query


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("it's", StringLiteral("it's")),
        (2, IntegerLiteral(2)),
        (-2, IntegerLiteral(-2)),
        (2.5, NumberLiteral(2.5)),
        (2.0, NumberLiteral(2.0)),
        (True, BooleanLiteral(True)),
        ({"identifier": "a b"}, VarRef("a b")),
        ({"ident": "select"}, VarRef("select")),
        ({"string": "x"}, StringLiteral("x")),
        ({"regex": "a/b"}, RegexLiteral("a/b")),
        ({"float": 2}, NumberLiteral(2.0)),
        ({"number": 0.5}, NumberLiteral(0.5)),
        ({"int": 7}, IntegerLiteral(7)),
        ({"integer": 7}, IntegerLiteral(7)),
        ({"duration": "1h"}, DurationLiteral(3_600_000_000_000)),
        ({"duration": -1_000}, DurationLiteral(-1_000)),
    ],
)
def test_a_value_stands_for_its_literal(value, literal):
    assert parse_expression("$x", {"x": value}) == literal


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "unable to bind parameter with type <nil>"),
        ([1], "unable to bind parameter with type []interface {}"),
        ({}, "bound object parameter value must have exactly one entry"),
        ({"int": 1, "float": 1}, "bound object parameter value must have exactly one entry"),
        ({"table": "x"}, "unknown bind object type: table"),
        ({"identifier": 1}, "identifier must be a string value"),
        ({"regex": 1}, "regex literal must be a string value"),
        ({"string": None}, "string literal must be a string value"),
        ({"float": "1"}, "number literal must be a float value"),
        ({"integer": 1.5}, "integer literal must be an integer value"),
        ({"integer": True}, "integer literal must be an integer value"),
        ({"duration": 1.5}, "duration literal must be a string or integer value"),
        (1 << 63, "integer literal must be of 64 bits"),
        ({"duration": "soon"}, "invalid duration"),
    ],
)
def test_what_cannot_be_bound_says_why_when_it_is_used(value, text):
    with pytest.raises(InfluxqlError) as refused:
        parse_expression("$x", {"x": value})

    assert str(refused.value) == text
    assert parse_expression("1", {"x": value}) == IntegerLiteral(1)


def test_a_parameter_that_is_not_given_is_told_by_name():
    with pytest.raises(InfluxqlError, match=r"^missing parameter: a b$"):
        parse_expression('$"a b"', {"a": 1})


def test_a_value_is_never_read_as_more_than_one_token():
    evil = "x'; DROP DATABASE d --"
    (statement,) = parse_query("SELECT v FROM $m WHERE h = $h", {"m": {"ident": evil}, "h": evil})

    written = r"""SELECT v FROM "x'; DROP DATABASE d --" WHERE h = 'x\'; DROP DATABASE d --'"""
    assert format_query([statement]) == written

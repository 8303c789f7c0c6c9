import pytest

from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.ast import (
    BinaryExpr,
    Call,
    DataType,
    Distinct,
    DurationLiteral,
    IntegerLiteral,
    NumberLiteral,
    ParenExpr,
    RegexLiteral,
    StringLiteral,
    UnsignedLiteral,
    VarRef,
    Wildcard,
)
from muster.influxql.syntax.parser import parse_expression
from muster.influxql.syntax.tokens import Token

A, B, C = (VarRef(name) for name in "abc")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a - b - c", BinaryExpr(Token.SUB, BinaryExpr(Token.SUB, A, B), C)),
        ("a + b * c", BinaryExpr(Token.ADD, A, BinaryExpr(Token.MUL, B, C))),
        ("a OR b AND c", BinaryExpr(Token.OR, A, BinaryExpr(Token.AND, B, C))),
        ("a & b | c", BinaryExpr(Token.BITWISE_OR, BinaryExpr(Token.BITWISE_AND, A, B), C)),
        ("(a)", ParenExpr(A)),
        ("a =~ /x/", BinaryExpr(Token.EQREGEX, A, RegexLiteral("x"))),
        ("-a", BinaryExpr(Token.MUL, IntegerLiteral(-1), A)),
        ("+a", BinaryExpr(Token.MUL, IntegerLiteral(1), A)),
        ("-1.5", NumberLiteral(-1.5)),
        ("- 1m", DurationLiteral(-60_000_000_000)),
        ("-9223372036854775808", IntegerLiteral(-(1 << 63))),
        ("9223372036854775808", UnsignedLiteral(1 << 63)),
        ("+18446744073709551615", UnsignedLiteral((1 << 64) - 1)),
        ("MEAN(a)", Call("mean", (A,))),
        ("f( )", Call("f")),
        ("f(/x/, *, 'y')", Call("f", (RegexLiteral("x"), Wildcard(), StringLiteral("y")))),
        ("DISTINCT a", Distinct("a")),
        ("distinct(a)", Call("distinct", (A,))),
        ("*::field", Wildcard(DataType.ANY_FIELD)),
        ("a::TAG", VarRef("a", DataType.TAG)),
        ("a::Boolean", VarRef("a", DataType.BOOLEAN)),
        ('"a".b', VarRef("a.b")),
    ],
)
def test_an_expression_has_its_tree(text, expected):
    assert parse_expression(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a =~ 'x'", "found x, expected regex at line 1, char 5"),
        ("a =~ /x", "bad regex:  at line 1, char 5"),
        ("f(a b", "found b, expected ) at line 1, char 5"),
        ("--1", "found EOF, expected identifier, string, number, bool at line 1, char 5"),
        ("- -1", "found -, expected identifier, number, duration, ( at line 1, char 3"),
        ("-'x'", "found x, expected identifier, number, duration, ( at line 1, char 1"),
        (
            "a::what",
            "found what, expected float, integer, unsigned, string, boolean, field, tag "
            "at line 1, char 4",
        ),
        ("a::1", "found 1, expected float, integer, string, boolean, field, tag at line 1, char 4"),
        ("*::a", "found a, expected field, tag at line 1, char 4"),
        ("DISTINCT", "found EOF, expected (, identifier at line 1, char 10"),
        ("DISTINCT 1", "found 1, expected identifier at line 1, char 10"),
        ("1e3", "invalid duration"),
        ("1" * 400 + ".5", "unable to parse number at line 1, char 1"),
        ("-9223372036854775809", "constant -9223372036854775809 underflows int64"),
    ],
)
def test_what_is_wrong_is_told_with_what_could_stand_there(text, message):
    with pytest.raises(InfluxqlError) as refused:
        parse_expression(text)

    assert str(refused.value) == message


def test_a_pattern_that_is_none_is_refused_with_its_place():
    with pytest.raises(InfluxqlError) as refused:
        parse_expression("s =~ /a(/")

    assert str(refused.value) == "error parsing regexp: missing closing ): `a(` at line 1, char 5"

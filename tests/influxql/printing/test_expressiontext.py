import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.influxql.printing.expressiontext import format_expr, tell_expr
from muster.influxql.syntax.ast import (
    BinaryExpr,
    BooleanLiteral,
    Call,
    DataType,
    Distinct,
    DurationLiteral,
    IntegerLiteral,
    ListLiteral,
    NumberLiteral,
    ParenExpr,
    RegexLiteral,
    StringLiteral,
    UnsignedLiteral,
    VarRef,
    Wildcard,
)
from muster.influxql.syntax.literals import TimeLiteral
from muster.influxql.syntax.parser import parse_expression
from muster.influxql.syntax.tokens import PRECEDENCE, REGEX_OPERATORS, Token

A, B, C = (VarRef(name) for name in "abc")
TEXTS = st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=6)
PATTERNS = st.text("ab/|.^ ", max_size=6).map(RegexLiteral)  # all of these are patterns
LEAVES = st.one_of(
    st.builds(VarRef, TEXTS, st.sampled_from(DataType)),
    st.builds(Wildcard, st.sampled_from([DataType.UNKNOWN, DataType.TAG, DataType.ANY_FIELD])),
    st.builds(Distinct, TEXTS),
    st.builds(StringLiteral, TEXTS),
    st.builds(BooleanLiteral, st.booleans()),
    st.builds(NumberLiteral, st.floats(allow_nan=False, allow_infinity=False)),
    st.builds(IntegerLiteral, st.integers(-(1 << 63), (1 << 63) - 1)),
    st.builds(UnsignedLiteral, st.integers(1 << 63, (1 << 64) - 1)),
    st.builds(DurationLiteral, st.integers(-(1 << 63) + 1, (1 << 63) - 1)),
)


def larger(expressions):
    arguments = st.lists(expressions | PATTERNS, max_size=3).map(tuple)
    return st.one_of(
        st.builds(
            BinaryExpr,
            st.sampled_from(sorted(set(PRECEDENCE) - REGEX_OPERATORS)),
            expressions,
            expressions,
        ),
        st.builds(BinaryExpr, st.sampled_from(sorted(REGEX_OPERATORS)), expressions, PATTERNS),
        st.builds(ParenExpr, expressions),
        st.builds(Call, TEXTS.map(str.lower), arguments),
    )


EXPRESSIONS = st.recursive(LEAVES, larger, max_leaves=12)


@given(EXPRESSIONS)
def test_what_is_written_is_read_and_written_as_the_same(expression):
    text = format_expr(expression)
    again = parse_expression(text)

    assert format_expr(again) == text
    assert parse_expression(format_expr(again)) == again


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (BinaryExpr(Token.MUL, BinaryExpr(Token.ADD, A, B), C), "(a + b) * c"),
        (BinaryExpr(Token.SUB, A, BinaryExpr(Token.SUB, B, C)), "a - (b - c)"),
        (BinaryExpr(Token.SUB, BinaryExpr(Token.SUB, A, B), C), "a - b - c"),
        (BinaryExpr(Token.ADD, A, BinaryExpr(Token.MUL, B, C)), "a + b * c"),
        (parse_expression("a / -b"), "a / (-1 * b)"),
        (parse_expression("a * -b"), "a * -1 * b"),
        (NumberLiteral(1e21), "1" + "0" * 21 + ".0"),
        (DurationLiteral(-60_000_000_000), "-1m"),
        (RegexLiteral("a/b"), r"/a\/b/"),
        (ListLiteral(("a", "b c")), '(a, "b c")'),
        (Distinct("a b"), 'DISTINCT "a b"'),
        (Call("distinct", (A,)), "distinct(a)"),
        (Call("my f"), '"my f"()'),
        (VarRef("a.b", DataType.ANY_FIELD), '"a.b"::field'),
        (Wildcard(DataType.TAG), "*::tag"),
        (StringLiteral("it's\n"), r"'it\'s\n'"),
        (TimeLiteral(1_500_000_000), "'1970-01-01T00:00:01.5Z'"),
    ],
)
def test_the_text_means_what_the_tree_means(expression, text):
    assert format_expr(expression) == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("s + 1.5 * (2 - v)", "s + 1.500 * (2 - v)"),
        ("1 / -v", "1 / -1 * v"),
        ("a = 'b'", "a = 'b'"),
    ],
)
def test_errors_tell_an_expression_as_written_with_three_digits(text, told):
    assert tell_expr(parse_expression(text)) == told

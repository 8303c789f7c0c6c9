"""Trees that make no sense."""

import pytest

from muster.promql.ast import Type
from muster.promql.checks import type_of
from muster.promql.errors import QueryParseError
from muster.promql.parser import parse


@pytest.mark.parametrize(
    ("text", "kind"),
    [("1", Type.SCALAR), ("'a'", Type.STRING), ("up", Type.VECTOR), ("up[5m]", Type.MATRIX),
     ("1 + 2", Type.SCALAR), ("1 + up", Type.VECTOR), ("(time())", Type.SCALAR),
     ("up[5m:1m]", Type.MATRIX), ("-sum(up)", Type.VECTOR)],
)  # fmt: skip
def test_an_expression_has_a_type(text, kind):
    assert type_of(parse(text)) is kind


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("rate(up)", 'expected type range vector in call to function "rate", got instant vector'),
        ("round(up, 1, 2)", 'expected at most 2 argument(s) in call to "round", got 3'),
        ("1 > 2", "comparisons between scalars must use BOOL modifier"),
        ("up and 1", 'set operator "and" not allowed in binary scalar expression'),
        ("up + bool up", "bool modifier can only be used on comparison operators"),
        ("sum(up) by (a) + bool up", "1:16: parse error: bool modifier can only be used on"),
        ("{a=''}", "vector selector must contain at least one non-empty matcher"),
        ("up{__name__='x'}", 'metric name must not be set twice: "up" or "x"'),
        ("1[5m:1m]", "subquery is only allowed on instant vector, got scalar instead"),
    ],
)
def test_what_makes_no_sense_is_told(text, refusal):
    with pytest.raises(QueryParseError) as refused:
        parse(text)
    assert refusal in str(refused.value)

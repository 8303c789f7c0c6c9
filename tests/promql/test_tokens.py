"""How errors name tokens."""

import pytest

from muster.promql.tokens import AT, END, IDENTIFIER, STRING, Token, described


@pytest.mark.parametrize(
    ("token", "text"),
    [
        (Token(END, 3, ""), "end of input"),
        (Token(IDENTIFIER, 0, "up"), 'identifier "up"'),
        (Token("by", 0, "BY"), "<BY>"),
        (Token("start", 0, "start"), '"start"'),
        (Token("sum", 0, "sum"), "<aggr:sum>"),
        (Token("+", 0, "+"), "<op:+>"),
        (Token(")", 0, ")"), '")"'),
        (Token(STRING, 0, '"a long string"'), 'string "\\"a long st"...'),
        (Token(AT, 0, "@"), '"<Item 57385>" <op:@>'),
    ],
)
def test_a_token_is_named_as_prometheus_does(token, text):
    assert described(token) == text

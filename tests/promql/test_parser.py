"""Text to trees; every other error is among the recorded ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.promql.errors import PromqlError
from muster.promql.matchers import Matcher
from muster.promql.parser import parse, parse_selector
from muster.promql.printer import written

WORDS = [
    "up", "sum", "by", "(", ")", "{", "}", "[", "]", "5m", ":", ",", "=", "=~", '"x"', "'", "1",
    "offset", "@", "-", "+", "^", "on", "group_left", "bool", "==", "rate", "start", "#", "\n",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("1+2*3^4", "(1 + (2 * (3 ^ 4)))"),
        ("2^3^4", "(2 ^ (3 ^ 4))"),
        ("-2^2", "-(2 ^ 2)"),
        ("-up*2", "(-up * 2)"),
        ("a or b and c", "(a or (b and c))"),
        ("1 - 2 - 3", "((1 - 2) - 3)"),
        ("2 ^ -1 * 3", "((2 ^ -1) * 3)"),
    ],
)
def test_operators_bind_as_they_should(text, grouped):
    def shown(node):
        if hasattr(node, "left"):
            return f"({shown(node.left)} {node.operator} {shown(node.right)})"
        return f"-{shown(node.inner)}" if hasattr(node, "inner") else written(node)

    assert shown(parse(text)) == grouped


@given(st.lists(st.sampled_from(WORDS), max_size=12))
def test_any_words_are_a_query_or_an_error(words):
    try:
        text = written(parse(" ".join(words)))
    except PromqlError:
        return
    assert written(parse(text)) == text


@pytest.mark.parametrize("text", ["(" * 10_000, "-" * 10_000 + "1", "1" + "+1" * 10_000,
                                  "up" + " offset 1m" * 10_000, "sum(" * 10_000,
                                  "up" + "[1m:]" * 10_000, "2^" * 10_000 + "1"])  # fmt: skip
def test_deep_queries_are_refused_at_once(text):
    with pytest.raises(PromqlError):
        parse(text)


def test_hundred_terms_are_a_query():
    assert parse("+".join(["up"] * 90))


def test_a_selector_alone_is_read_for_match():
    assert parse_selector('up{a="b"}') == [Matcher("a", "=", "b"), Matcher("__name__", "=", "up")]
    with pytest.raises(PromqlError):
        parse_selector("up[5m]")


@pytest.mark.parametrize("after", [")", ",", "[5m]", "5m", "on", "*"])
def test_a_comma_that_no_argument_follows_is_refused_where_it_stands(after):
    with pytest.raises(PromqlError, match=r"^1:7: parse error: trailing commas not allowed in"):
        parse(f"f(1, 2, {after} up)")


@pytest.mark.parametrize("after", ["", "bool up", "* up", "[5m]"])
def test_without_its_labels_a_group_is_followed_by_an_operand(after):
    with pytest.raises(PromqlError, match=r'in grouping opts, expected "\("$'):
        parse(f"up * on(a) group_left {after}")

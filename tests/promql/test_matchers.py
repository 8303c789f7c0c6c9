"""Conditions of selectors."""

import pytest

from muster.promql.errors import PromqlError
from muster.promql.matchers import Matcher, compile_pattern, matches_empty


@pytest.mark.parametrize(
    ("operator", "value", "fits", "differs"),
    [("=", "a", "a", "b"), ("!=", "a", "b", "a"), ("=~", "a.c", "abc", "xabc"),
     ("!~", "a|b", "ab", "b")],
)  # fmt: skip
def test_values_fit_whole_or_not_at_all(operator, value, fits, differs):
    test = Matcher("x", operator, value).test()

    assert (test(fits), test(differs)) == (True, False)


def test_a_label_that_is_not_there_is_empty():
    assert matches_empty(Matcher("x", "=~", ".*"))
    assert not matches_empty(Matcher("x", "!=", ""))


def test_a_pattern_that_goes_back_and_forth_ends_at_once():
    assert compile_pattern("(a+)+").fullmatch("a" * 50_000 + "b") is None


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("(", "missing closing ): `^(?:()$`"), ("a{1001}", "invalid repeat count"),
     ("x" * 10_001, "pattern too large"), ("a)|(b", "unexpected ): `a)|(b`")],
)  # fmt: skip
def test_bad_patterns_are_told_in_gos_words(pattern, text):
    with pytest.raises(PromqlError) as refused:
        compile_pattern(pattern)
    assert text in str(refused.value)


def test_a_matcher_is_written_as_in_a_query():
    assert str(Matcher("a", "!~", 'b"')) == 'a!~"b\\""'

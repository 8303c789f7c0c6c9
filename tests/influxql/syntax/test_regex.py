"""Patterns that take no longer than their texts."""

import pytest

from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.regex import compile_pattern


def test_a_pattern_is_found_anywhere():
    assert compile_pattern("b+").found_in("abbc")
    assert not compile_pattern("^b").found_in("abbc")
    assert compile_pattern("(?i)AB").found_in("xabx")


def test_a_pattern_that_goes_back_and_forth_ends_at_once():
    assert not compile_pattern("(a+)+$").found_in("a" * 50_000 + "b")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a(", "error parsing regexp: missing closing ): `a(`"),
        ("[a", "error parsing regexp: missing closing ]: `[a`"),
        ("*", "error parsing regexp: missing argument to repetition operator: `*`"),
        ("(?=a)", "error parsing regexp: invalid or unsupported Perl syntax: `(?=`"),
        ("a\\", "error parsing regexp: trailing backslash at end of expression: ``"),
    ],
)
def test_errors_are_in_the_words_that_clients_know(source, text):
    with pytest.raises(InfluxqlError) as refused:
        compile_pattern(source)

    assert str(refused.value) == text


@pytest.mark.parametrize("source", ["a(", r"(a)\1", "(?=a)", "a{1,99999}", "x" * 10_001])
def test_what_is_no_pattern_is_refused(source):
    with pytest.raises(InfluxqlError, match="error parsing regexp"):
        compile_pattern(source)

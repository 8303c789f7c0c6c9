import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.errors import InputError, LimitExceeded
from muster.model.pattern import MAX_CHARS, compile_pattern

SOURCES = (
    "ok",
    "a.c",
    "^ab",
    "bc$",
    "^$",
    "(?i)HeLLo",
    "[a-c]+x",
    "[^a]b",
    "a{2,3}b",
    "(ab|cd)*e",
    r"\d+\.\d",
    r"\w\s\W",
    "(?s)a.b",
    "a*?b",
    "x?y",
    "(?i)[A-F]1",
    "(|a)b",
    "(a*)*b",
)


@pytest.mark.parametrize("source", SOURCES)
@settings(max_examples=60, deadline=None)
@given(text=st.text("abcdexyf01. \nHhELlo", max_size=12))
def test_a_text_has_a_pattern_when_python_finds_it(source, text):
    # `$` of Python also fits before a last newline; here it is the text's end, as in Go.
    expected = re.search(source.replace("$", r"\Z"), text) is not None

    assert compile_pattern(source).found_in(text) is expected


@pytest.mark.parametrize(
    "source",
    ["(", "a**b(", r"(a)\1", "(?=a)b", r"\bword", "(?m)^a", "a{1000}{1000}", "(()*){900}{900}"],
)
def test_what_does_not_run_in_linear_time_is_refused(source):
    with pytest.raises(InputError):
        compile_pattern(source)


def test_a_pattern_has_a_longest_form():
    with pytest.raises(InputError, match="characters"):
        compile_pattern("a" * (MAX_CHARS + 1))


def test_what_explodes_elsewhere_is_quick_here():
    assert not compile_pattern("^(a+)+$").found_in("a" * 50_000 + "b")
    assert not compile_pattern("(x+x+)+y").found_in("x" * 50_000)


def test_a_pattern_that_costs_too_much_on_a_text_is_given_up():
    pattern = compile_pattern("1.{15}x")
    text = f"{random.Random(1).getrandbits(200_000):b}"

    with pytest.raises(LimitExceeded, match="costs too much"):
        pattern.found_in(text)


@settings(max_examples=200, deadline=None)
@given(st.text("ab()[]{}|*+?^$\\.12,-d", max_size=14))
def test_any_text_is_a_pattern_or_an_input_error(source):
    try:
        compile_pattern(source).found_in("abba12")
    except InputError as error:
        assert str(error)

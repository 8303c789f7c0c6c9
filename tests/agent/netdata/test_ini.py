"""Settings files in Netdata's form are read as Netdata reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.agent.netdata.ini import format_sections, is_on, parse


def test_sections_names_with_blanks_and_comments_are_read():
    text = (
        "junk = 1\n[global]\n  enabled = yes\n  cloud base url = https://h:1/a=b\n"
        "# no = 1\n x\n[b]\n"
    )

    assert parse(text) == {
        "global": {"enabled": "yes", "cloud base url": "https://h:1/a=b"},
        "b": {},
    }


def test_what_is_written_is_read_again_and_a_value_cannot_begin_a_line():
    text = format_sections({"global": {"url": "https://h\n[evil]\ntoken = x"}})

    assert text == "[global]\n  url = https://h [evil] token = x\n"


@pytest.mark.parametrize(
    ("word", "otherwise", "on"),
    [
        ("yes", False, True),
        ("TRUE", False, True),
        ("auto", False, True),
        ("no", True, False),
        ("false", True, False),
        ("perhaps", True, True),
        ("perhaps", False, False),
    ],
)
def test_yes_and_no_have_many_spellings(word, otherwise, on):
    assert is_on(word, otherwise) is on


@given(st.text())
def test_any_text_is_read_without_an_error(text):
    parse(text)

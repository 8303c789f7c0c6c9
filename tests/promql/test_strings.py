"""Strings as Go writes and reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.promql.strings import char_name, quote, quote_char, unquote


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_quoted_is_read_back(text):
    assert unquote(quote(text)) == text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (r'"\x41\102\u00e9\U0001F600\n\\\""', 'ABé😀\n\\"'),
        (r"'it\'s'", "it's"),
        (r"`\n`", r"\n"),
        (r'"\xff"', "\ufffd"),
    ],
)
def test_escapes_stand_for_their_characters(written, text):
    assert unquote(written) == text


def test_characters_are_named_as_in_go():
    assert quote_char("'") == r"'\''"
    assert quote_char("") == quote_char("\ufffd") == "'\ufffd'"
    assert char_name("q") == "U+0071 'q'"
    assert char_name("\n") == "U+000A"
    assert quote("\x01\u200b\U000e0001") == '"\\x01\\u200b\\U000e0001"'

"""Text to tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.promql.lexer import Lexer
from muster.promql.tokens import END, ERROR


def tokens(text):
    lexer, found = Lexer(text), []
    while True:
        token = lexer.next()
        found.append(token)
        if token.kind in (END, ERROR):
            return found


def kinds(text):
    return [token.kind for token in tokens(text)]


def test_words_numbers_and_durations_are_told_apart():
    assert kinds("sum by a:b 1.5e3 5m inf # end") == [
        "sum", "by", "metric identifier", "number", "duration", "number", END,
    ]  # fmt: skip


def test_within_braces_all_words_are_names():
    assert kinds('{by=~"x",on!="y"}') == [
        "{", "identifier", "=~", "string", ",", "identifier", "!=", "string", "}", END,
    ]  # fmt: skip


def test_brackets_have_durations_and_one_colon():
    assert kinds("[ 5m:1m]") == ["[", "duration", ":", "duration", "]", END]
    assert tokens("[5m::")[-1].text == "unexpected colon ':'"


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("(", "unclosed left parenthesis"),
        ("[5m", "unclosed left bracket"),
        ("{", "unexpected end of input inside braces"),
        ("'a\\", "escape sequence not terminated"),
        ("'a", "unterminated quoted string"),
        ("`a", "unterminated raw string"),
        (r'"\q"', "unknown escape sequence U+0071 'q'"),
        (r'"\x4"', "illegal character U+0022 '\"' in escape sequence"),
        ('"\ufffd"', "invalid UTF-8 rune"),
        ("5x", 'bad number or duration syntax: "5"'),
        ("[5", "missing unit character in duration"),
        ("!", "unexpected character after '!': '\ufffd'"),
        ("é", "unexpected character: 'é'"),
    ],
)
def test_what_is_no_token_is_told(text, refusal):
    assert tokens(text)[-1].text == refusal


@given(st.text(max_size=200))
def test_any_text_comes_to_an_end(text):
    assert tokens(text)[-1].kind in (END, ERROR)

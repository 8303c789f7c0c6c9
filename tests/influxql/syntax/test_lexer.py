import pytest

from muster.influxql.errors import InfluxqlError, Position
from muster.influxql.limits import MAX_TEXT_CHARS
from muster.influxql.syntax.lexer import Lexer
from muster.influxql.syntax.tokens import Token


def tokens(text):
    lexer, found = Lexer(text), []
    while (lexeme := lexer.scan()).token is not Token.EOF:
        if lexeme.token is not Token.WS:
            found.append((lexeme.token, lexeme.text))
    return found


def only(text):
    (found,) = tokens(text)
    return found


@pytest.mark.parametrize(
    ("text", "token", "value"),
    [
        ("Select", Token.SELECT, ""),
        ("_a1", Token.IDENT, "_a1"),
        (r'"a b\"\\\n"', Token.IDENT, 'a b"\\\n'),
        (r"'it\'s'", Token.STRING, "it's"),
        ("100", Token.INTEGER, "100"),
        ("100.", Token.NUMBER, "100"),
        ("1.50", Token.NUMBER, "1.50"),
        (".5", Token.NUMBER, ".5"),
        ("1h30m", Token.DURATIONVAL, "1h30m"),
        ("10µ", Token.DURATIONVAL, "10µ"),
        ("1e3", Token.DURATIONVAL, "1e3"),
        ("$name", Token.BOUNDPARAM, "$name"),
        ('$"a b"', Token.BOUNDPARAM, "$a b"),
        ("<>", Token.NEQ, ""),
        ("!~", Token.NEQREGEX, ""),
        ("::", Token.DOUBLECOLON, ""),
        ("!", Token.ILLEGAL, "!"),
        ("é", Token.ILLEGAL, "é"),
        ("/* never closed", Token.ILLEGAL, ""),
    ],
)
def test_each_kind_of_token_is_read(text, token, value):
    assert only(text) == (token, value)


def test_comments_reach_to_the_line_s_end_or_to_their_own():
    found = [token for token, _ in tokens("a--b\nc/* d * / **/e")]

    assert found == [Token.IDENT, Token.COMMENT, Token.IDENT, Token.COMMENT, Token.IDENT]


@pytest.mark.parametrize("text", ["'open", '"open', "'two\nlines'"])
def test_a_string_that_does_not_end_in_its_line_is_none(text):
    assert tokens(text)[0][0] is Token.BADSTRING


def test_an_escape_that_means_nothing_is_told_with_its_place():
    lexeme = Lexer(r"'a\q'").scan()

    assert (lexeme.token, lexeme.text, lexeme.place) == (Token.BADESCAPE, r"\q", 3)


def test_a_string_stands_at_the_character_before_it():
    lexer = Lexer("a 'b'")
    lexer.scan(), lexer.scan()

    assert lexer.scan().place == 1


def test_the_end_stands_one_further_once_something_looked_past_it():
    named, quoted = Lexer("ab"), Lexer('"ab"')
    named.scan(), quoted.scan()

    assert named.scan().place == 3
    assert quoted.scan().place == 4


def test_places_know_lines_however_they_end():
    lexer = Lexer("a\r\nbc\rd")

    assert lexer.position(2) == Position(1, 0)
    assert lexer.position(5) == Position(2, 0)


@pytest.mark.parametrize(
    ("text", "pattern"), [("/a.b/", "a.b"), (r"/a\/b/", "a/b"), (r"/\\d/", r"\\d"), ("//", "")]
)
def test_a_pattern_reaches_to_the_next_slash_that_is_not_escaped(text, pattern):
    lexeme = Lexer(text).scan_regex()

    assert (lexeme.token, lexeme.text) == (Token.REGEX, pattern)


@pytest.mark.parametrize("text", ["/open", "/two\nlines/", r"/a\/"])
def test_a_pattern_that_does_not_end_in_its_line_is_none(text):
    assert Lexer(text).scan_regex().token is Token.BADREGEX


def test_a_text_that_is_too_long_is_refused():
    with pytest.raises(InfluxqlError, match="at most 262144"):
        Lexer(" " * (MAX_TEXT_CHARS + 1))


def test_a_text_with_a_nul_is_refused_and_not_cut():
    with pytest.raises(InfluxqlError, match="found a NUL character at line 1, char 2"):
        Lexer("a\0")

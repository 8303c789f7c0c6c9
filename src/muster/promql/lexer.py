"""Text to tokens, one at a time: what follows is only looked at when the grammar asks for it.

Source: Prometheus 2.42, promql/parser/lex.go
"""

import re
from collections.abc import Callable

from muster.promql.strings import char_name, quote, quote_char
from muster.promql.tokens import DURATION, END, ERROR, IDENTIFIER, METRIC, NUMBER, STRING, Token
from muster.promql.tokens import WORDS as _WORDS

_SKIPPED = re.compile(r"(?:[ \t\n\r]+|#[^\r\n]*)*")
_SPACES = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(
    r"(?:0[xX][0-9a-fA-F]*(?:\.[0-9a-fA-F]*)?|[0-9]*(?:\.[0-9]*)?)(?:[eE][+-]?[0-9]*)?"
)
_UNITS = re.compile(r"[smhdwy]s?(?:[0-9]+[smhdw]s?)*")
_DIGITS = re.compile(r"[0-9]*")
_WORD = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ALPHANUMERIC = re.compile(r"[A-Za-z0-9_]")
_NUMERIC = re.compile(r"[0-9]|\.[0-9]")
_PLAIN = {'"': re.compile(r'[^\\\n"\ufffd]*'), "'": re.compile(r"[^\\\n'\ufffd]*")}
_RAW = re.compile(r"[^`\ufffd]*")
_LONG = ("==", "!=", "<=", ">=")
_SHORT = frozenset("*/%+-^<>,=@")
_NUMBER_WORDS = frozenset(("inf", "nan"))
_ESCAPES = {"x": (2, 16), "u": (4, 16), "U": (8, 16)}
_NAMED = frozenset("abfnrtv\\")
_OCTAL = frozenset("01234567")
_SURROGATES = range(0xD800, 0xE000)
_LAST_CODE, _LAST_BYTE = 0x10FFFF, 255


class Lexer:
    """`next` gives the tokens; after an error's token nothing is to be asked."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._parens = 0
        self._in_braces = False
        self._in_brackets = False
        self._had_colon = False
        self._wants_duration = False

    def next(self) -> Token:
        if self._wants_duration:
            self._wants_duration = False
            return self._duration()
        found = _SKIPPED.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._in_selector() if self._in_braces else self._in_expression()

    def _in_expression(self) -> Token:
        char = self._char(self._at)
        if not char:
            return self._end()
        if self._text[self._at : self._at + 2] in _LONG:
            return self._emit(self._text[self._at : self._at + 2])
        if char == "=" and self._char(self._at + 1) == "~":
            return self._error("unexpected character after '=': '~'")
        if char in _SHORT:
            return self._emit(char)
        if _NUMERIC.match(self._text, self._at):
            return self._number()
        if char in "\"'`":
            return self._string(char)
        if _WORD.match(char):
            return self._word()
        known = _BRACKETS.get(char)
        return known(self) if known else self._other(char)

    def _other(self, char: str) -> Token:
        if char == "!":
            after = self._char(self._at + 1)
            return self._error(f"unexpected character after '!': {quote_char(after)}")
        return self._error(f"unexpected character: {quote_char(char)}")

    def _end(self) -> Token:
        if self._parens:
            return self._error("unclosed left parenthesis")
        if self._in_brackets:
            return self._error("unclosed left bracket")
        return Token(END, self._at, "")

    def _in_selector(self) -> Token:
        char = self._char(self._at)
        if not char:
            return self._error("unexpected end of input inside braces")
        if found := _LABEL.match(self._text, self._at):
            return self._emit(found.group(), IDENTIFIER)
        if char == ",":
            return self._emit(char)
        if char in "\"'`":
            return self._string(char)
        if char in "=!":
            return self._matching(char)
        if char == "}":
            self._in_braces = False
            return self._emit(char)
        where = "left brace" if char == "{" else "character inside braces:"
        return self._error(f"unexpected {where} {quote_char(char)}")

    def _matching(self, char: str) -> Token:
        after = self._char(self._at + 1)
        if after == "~" or (after == "=" and char == "!"):
            return self._emit(char + after)
        if char == "=":
            return self._emit(char)
        return self._error(f"unexpected character after '!' inside braces: {quote_char(after)}")

    def _word(self) -> Token:
        if self._in_brackets:
            if self._had_colon:
                return self._error(f"unexpected colon {quote_char(self._char(self._at))}")
            self._had_colon = True
            return self._emit(self._char(self._at), ":")
        found = _WORD.match(self._text, self._at)
        word = found.group() if found else ""
        lower = word.lower()
        if lower in _NUMBER_WORDS:
            return self._emit(word, NUMBER)
        if lower in _WORDS:
            return self._emit(word, lower)
        return self._emit(word, METRIC if ":" in word else IDENTIFIER)

    def _open_paren(self) -> Token:
        self._parens += 1
        return self._emit("(")

    def _close_paren(self) -> Token:
        self._parens -= 1
        if self._parens < 0:
            return self._late_error("unexpected right parenthesis ')'")
        return self._emit(")")

    def _open_brace(self) -> Token:
        self._in_braces = True
        return self._emit("{")

    def _open_bracket(self) -> Token:
        if self._in_brackets:
            return self._error("unexpected left bracket '['")
        token = self._emit("[")
        spaces = _SPACES.match(self._text, self._at)
        self._at = spaces.end() if spaces else self._at
        self._in_brackets = self._wants_duration = True
        self._had_colon = False
        return token

    def _close_bracket(self) -> Token:
        if not self._in_brackets:
            return self._error("unexpected right bracket ']'")
        self._in_brackets = False
        return self._emit("]")

    def _number(self) -> Token:
        end = self._past_number()
        if not self._is_alphanumeric(end):
            return self._emit(self._text[self._at : end], NUMBER)
        return self._units(end, "bad number or duration syntax")

    def _duration(self) -> Token:
        end = self._past_number()
        if not self._is_alphanumeric(end):
            return self._error("missing unit character in duration")
        return self._units(end, "bad duration syntax")

    def _past_number(self) -> int:
        found = _NUMBER.match(self._text, self._at)
        return found.end() if found else self._at

    def _units(self, start: int, refusal: str) -> Token:
        found = _UNITS.match(self._text, start)
        if not found:
            return self._error(f"{refusal}: {quote(self._text[self._at : start])}")
        digits = _DIGITS.match(self._text, found.end())
        end = digits.end() if digits else found.end()
        if end > found.end():
            return self._error(f"{refusal}: {quote(self._text[self._at : end])}")
        if self._is_alphanumeric(end):
            return self._error(f"{refusal}: {quote(self._text[self._at : end + 1])}")
        return self._emit(self._text[self._at : end], DURATION)

    def _string(self, mark: str) -> Token:
        if mark == "`":
            return self._raw_string()
        at = self._at + 1
        while True:
            found = _PLAIN[mark].match(self._text, at)
            at = found.end() if found else at
            char = self._char(at)
            if char == mark:
                return self._emit(self._text[self._at : at + 1], STRING)
            if char == "\ufffd":
                return self._error("invalid UTF-8 rune")
            if char != "\\":
                return self._error("unterminated quoted string")
            at, refusal = self._escape(at + 1, mark)
            if refusal:
                return self._error(refusal)

    def _raw_string(self) -> Token:
        found = _RAW.match(self._text, self._at + 1)
        end = found.end() if found else self._at + 1
        match self._char(end):
            case "`":
                return self._emit(self._text[self._at : end + 1], STRING)
            case "":
                return self._error("unterminated raw string")
            case _:
                return self._error("invalid UTF-8 rune")

    def _escape(self, at: int, mark: str) -> tuple[int, str]:
        """Where an escape ends, or what is wrong with it."""
        char = self._char(at)
        if not char:
            return at, "escape sequence not terminated"
        if char in _NAMED or char == mark:
            return at + 1, ""
        if char in _OCTAL:
            return self._coded(at, 3, 8, _LAST_BYTE)
        if char in _ESCAPES:
            digits, radix = _ESCAPES[char]
            return self._coded(at + 1, digits, radix, _LAST_BYTE if char == "x" else _LAST_CODE)
        return at, f"unknown escape sequence {char_name(char)}"

    def _coded(self, at: int, digits: int, radix: int, most: int) -> tuple[int, str]:
        value = 0
        for char in self._text[at : at + digits].ljust(digits, "\0"):
            number = int(char, 16) if char in "0123456789abcdefABCDEF" else 16
            if number >= radix:
                if char == "\0":
                    return at, "escape sequence not terminated"
                return at, f"illegal character {char_name(char)} in escape sequence"
            value = value * radix + number
        if value > most or value in _SURROGATES:
            return at, "escape sequence is an invalid Unicode code point"
        return at + digits, ""

    def _char(self, at: int) -> str:
        return self._text[at : at + 1]

    def _is_alphanumeric(self, at: int) -> bool:
        return _ALPHANUMERIC.match(self._text, at) is not None

    def _emit(self, text: str, kind: str = "") -> Token:
        token = Token(kind or text, self._at, text)
        self._at += len(text)
        return token

    def _error(self, text: str) -> Token:
        return Token(ERROR, self._at, text)

    def _late_error(self, text: str) -> Token:
        """Of a token that was already given, so that it stands behind it."""
        self._at += 1
        return self._error(text)


_BRACKETS: dict[str, Callable[[Lexer], Token]] = {
    "(": Lexer._open_paren,
    ")": Lexer._close_paren,
    "{": Lexer._open_brace,
    "[": Lexer._open_bracket,
    "]": Lexer._close_bracket,
}

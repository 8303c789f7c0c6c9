"""From the text of a query to its tokens, with the places that error messages name.

Places are InfluxDB's, oddities included, since clients show them: a string stands at the
character before its quote, and the end stands one further once something has looked past it.
Source: InfluxQL reference, "Notation" and "Literals".
"""

import re
from bisect import bisect_right
from typing import NamedTuple

from muster.influxql.errors import InfluxqlError, Position, at
from muster.influxql.limits import MAX_TEXT_CHARS
from muster.influxql.syntax.tokens import KEYWORDS, Token

_SPACE = re.compile(r"[ \t\n]+")
_NAME = re.compile(r"[A-Za-z0-9_]+")
_NUMBER = re.compile(r"([0-9]*)(\.[0-9]*)?")
_UNITS = re.compile(r"[A-Za-zµ][A-Za-zµ0-9]*")
_PLAIN = {quote: re.compile(rf"[^{quote}\\\n]*") for quote in "'\""}
_REGEX = re.compile(r"/((?:[^/\\\n]|\\/|\\(?!/))*+)(/?)")

_NAME_START = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_DIGITS = frozenset("0123456789")
_ESCAPES = {"n": "\n", "\\": "\\", '"': '"', "'": "'"}
_SIGNS = {
    sign.value: sign
    for sign in Token
    if not sign.value.isalpha() and sign not in {Token.COMMENT, Token.BOUNDPARAM}
} | {"<>": Token.NEQ}


class Lexeme(NamedTuple):
    """A token with its text, where it may have several, and the index where it stands."""

    token: Token
    text: str
    place: int

    @property
    def shown(self) -> str:
        """How messages call it."""
        return self.text or self.token.value


class Lexer:
    """Reads one token after the other; what kind `/` begins only its caller knows."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_TEXT_CHARS:
            raise InfluxqlError(f"a query of {len(text)} characters: at most {MAX_TEXT_CHARS}")
        self._text = text.replace("\r\n", "\n").replace("\r", "\n")
        self._lines = [0, *(match.end() for match in re.finditer("\n", self._text))]
        self._at = 0
        self._looked_past_end = False
        if (nul := self._text.find("\0")) >= 0:
            raise InfluxqlError(at("found a NUL character", self.position(nul)))

    def position(self, index: int) -> Position:
        """Line and character of an index."""
        line = bisect_right(self._lines, index) - 1
        return Position(line, index - self._lines[line])

    def peek(self) -> str:
        """The next character, empty at the end."""
        if self._at >= len(self._text):
            self._looked_past_end = True
            return ""
        return self._text[self._at]

    def scan(self) -> Lexeme:
        """The next token, white space and comments included."""
        start = self._at
        if start >= len(self._text):
            index = start + self._looked_past_end
            self._looked_past_end = True
            return Lexeme(Token.EOF, "", index)
        first = self._text[start]
        if match := _SPACE.match(self._text, start):
            self._move(match.end())
            return Lexeme(Token.WS, match[0], start)
        if first in _NAME_START or first == '"':
            return self._name(start, start, keywords=True)
        if first in _DIGITS or (first == "." and self._text[start + 1 : start + 2] in _DIGITS):
            return self._number(start)
        if first == "'":
            return self._quoted(start)
        if first == "$":
            name = self._name(start, start + 1, keywords=False)
            token = Token.BOUNDPARAM if name.token is Token.IDENT else name.token
            return Lexeme(token, "$" + name.text, start)
        return self._sign(start)

    def scan_regex(self) -> Lexeme:
        """The pattern that begins right here."""
        place = max(self._at - 1, 0)
        match = _REGEX.match(self._text, self._at)
        if not match or not match[2]:
            self._move(match.end() if match else self._at)
            return Lexeme(Token.BADREGEX, "", place)
        self._at = match.end()
        return Lexeme(Token.REGEX, match[1].replace("\\/", "/"), place)

    def _move(self, index: int) -> None:
        """Go where reading stopped for what came there, the end being something that comes."""
        self._at = index
        if index >= len(self._text):
            self._looked_past_end = True

    def _name(self, start: int, at: int, *, keywords: bool) -> Lexeme:
        bare = _NAME.match(self._text, at)
        end = bare.end() if bare else at
        if self._text[end : end + 1] == '"':  # what stands before the quote is not in the name
            quoted = self._quoted(end)
            if quoted.token is Token.STRING:
                return Lexeme(Token.IDENT, quoted.text, start)
            return quoted
        self._move(end)
        name = self._text[at:end]
        if keywords and (keyword := KEYWORDS.get(name.lower())):
            return Lexeme(keyword, "", start)
        return Lexeme(Token.IDENT, name, start)

    def _number(self, start: int) -> Lexeme:
        match = _NUMBER.match(self._text, start)
        assert match  # noqa: S101 - the pattern matches anything
        whole, fraction = match.groups()
        self._at = match.end()
        if fraction is not None:
            return Lexeme(Token.NUMBER, whole + (fraction if len(fraction) > 1 else ""), start)
        if units := _UNITS.match(self._text, self._at):
            self._at = units.end()
            return Lexeme(Token.DURATIONVAL, whole + units[0], start)
        return Lexeme(Token.INTEGER, whole, start)

    def _quoted(self, start: int) -> Lexeme:
        quote = self._text[start]
        place = max(start - 1, 0)
        parts: list[str] = []
        index = start + 1
        while True:
            plain = _PLAIN[quote].match(self._text, index)
            assert plain  # noqa: S101 - the pattern matches anything
            parts.append(plain[0])
            index = plain.end()
            match self._text[index : index + 1]:
                case "\\":
                    escape = self._text[index + 1 : index + 2]
                    if escape not in _ESCAPES:
                        self._move(index + 1 + len(escape))
                        return Lexeme(Token.BADESCAPE, "\\" + escape, index + 1)
                    parts.append(_ESCAPES[escape])
                    index += 2
                case "\n" | "":
                    self._move(min(index + 1, len(self._text)))
                    return Lexeme(Token.BADSTRING, "".join(parts), place)
                case _:
                    self._at = index + 1
                    return Lexeme(Token.STRING, "".join(parts), place)

    def _sign(self, start: int) -> Lexeme:
        pair = self._text[start : start + 2]
        if pair in {"--", "/*"}:
            return self._comment(start, "\n" if pair == "--" else "*/")
        for sign in (pair, pair[0]):
            if token := _SIGNS.get(sign):
                self._at = start + len(sign)
                return Lexeme(token, "", start)
        self._at = start + 1
        return Lexeme(Token.ILLEGAL, pair[0], start)

    def _comment(self, start: int, ending: str) -> Lexeme:
        end = self._text.find(ending, start + 2)
        if end >= 0:
            self._at = end + len(ending)
            return Lexeme(Token.COMMENT, "", start)
        self._move(len(self._text))
        return Lexeme(Token.COMMENT if ending == "\n" else Token.ILLEGAL, "", start)

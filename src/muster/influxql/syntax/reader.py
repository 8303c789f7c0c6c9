"""The parser's hands: one token after the other, and the small pieces all statements consist of.

Errors of all verbs: InfluxqlError in InfluxDB's words, with the place.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from muster.influxql.errors import InfluxqlError, Position, UnexpectedToken, at, shortened
from muster.influxql.limits import MAX_NESTING, MAX_OPERATORS
from muster.influxql.syntax.durations import parse_duration
from muster.influxql.syntax.lexer import Lexeme, Lexer
from muster.influxql.syntax.numbers import parse_whole
from muster.influxql.syntax.params import bind
from muster.influxql.syntax.quoting import quote_idents
from muster.influxql.syntax.tokens import Token

_INT_MOST = (1 << 63) - 1
_UINT_MOST = (1 << 64) - 1
_KEPT = 4  # tokens that can be put back
_BLANK = frozenset({Token.WS, Token.COMMENT})


class Reader:
    """One text being read."""

    def __init__(self, text: str, params: Mapping[str, Any] | None = None) -> None:
        self._lexer = Lexer(text)
        self.params = bind(params or {})
        self._read: deque[Lexeme] = deque(maxlen=_KEPT)
        self._put_back = 0
        self._depth = 0
        self._operators = 0

    def scan(self) -> Lexeme:
        """The very next token; a parameter is what it stands for."""
        if self._put_back:
            self._put_back -= 1
        else:
            self._read.append(self._lexer.scan())
        return self._bound(self._read[-1 - self._put_back])

    def next(self) -> Lexeme:
        """The next token that is neither white space nor a comment."""
        while (lexeme := self.scan()).token in _BLANK:
            pass
        return lexeme

    def put_back(self) -> None:
        """Let the last token be read again."""
        self._put_back += 1

    def peek(self) -> Lexeme:
        """The next token that says something, without reading it."""
        lexeme = self.next()
        self.put_back()
        return lexeme

    def peek_char(self) -> str:
        """The character after the last token that was ever read, put back or not."""
        return self._lexer.peek()

    def scan_regex(self) -> Lexeme:
        """The pattern that begins right here, or the token that was put back."""
        if self._put_back:
            return self.scan()
        self._read.append(self._lexer.scan_regex())
        return self._read[-1]

    def accept(self, *tokens: Token) -> Token | None:
        """Read the next token if it is one of these."""
        lexeme = self.next()
        if lexeme.token in tokens:
            return lexeme.token
        self.put_back()
        return None

    def expect(self, *tokens: Token) -> Lexeme:
        """Read tokens that have to come one after the other; the last of them."""
        lexeme = None
        for token in tokens:
            lexeme = self.next()
            if lexeme.token is not token:
                raise self.unexpected(lexeme, token.value)
        assert lexeme  # noqa: S101 - at least one is asked for
        return lexeme

    def unexpected(self, found: Lexeme, *expected: str) -> InfluxqlError:
        """The error that something else should stand here."""
        return UnexpectedToken(found.shown, expected, self.position(found))

    def wrong(self, text: str, place: Lexeme) -> InfluxqlError:
        """An error with its place."""
        return InfluxqlError(at(text, self.position(place)))

    def position(self, lexeme: Lexeme) -> Position:
        return self._lexer.position(lexeme.place)

    @contextmanager
    def nested(self) -> Iterator[None]:
        """What is read within stands one level deeper."""
        if self._depth >= MAX_NESTING:
            last = self._read[-1]
            raise self.wrong(f"nested too deeply: more than {MAX_NESTING} levels", last)
        self._depth += 1
        yield
        self._depth -= 1

    def count_operator(self, operator: Lexeme) -> None:
        """Note that an expression grows by one operator."""
        self._operators += 1
        if self._operators > MAX_OPERATORS:
            raise self.wrong(f"too many operators: more than {MAX_OPERATORS}", operator)

    def ident(self) -> str:
        lexeme = self.next()
        if lexeme.token is not Token.IDENT:
            raise self.unexpected(lexeme, "identifier")
        return lexeme.text

    def idents(self) -> tuple[str, ...]:
        """Names with commas between them."""
        names = [self.ident()]
        while self.accept(Token.COMMA):
            names.append(self.ident())
        return tuple(names)

    def segments(self) -> list[str]:
        """The parts of `db.rp.name` or `db..name`, until a pattern or `:MEASUREMENT` follows."""
        names = [self.ident()]
        while self.scan().token is Token.DOT:
            following = self.peek_char()
            if following in {"/", ":"}:
                break
            names.append("" if following == "." else self.ident())
        else:
            self.put_back()
        if len(names) > 3:
            path = shortened(quote_idents(*names))
            raise InfluxqlError(at(f"too many segments in {path}", Position()))
        return names

    def string(self) -> str:
        lexeme = self.next()
        if lexeme.token is not Token.STRING:
            raise self.unexpected(lexeme, "string")
        return lexeme.text

    def strings(self) -> tuple[str, ...]:
        """Strings with commas between them."""
        texts = [self.string()]
        while self.accept(Token.COMMA):
            texts.append(self.string())
        return tuple(texts)

    def integer(self, least: int, most: int) -> int:
        lexeme = self._digits()
        value = parse_whole(lexeme.text, -_INT_MOST, _INT_MOST)
        if value is None:
            raise self._out_of_range("Atoi", lexeme)
        if not least <= value <= most:
            raise self.wrong(f"invalid value {value}: must be {least} <= n <= {most}", lexeme)
        return value

    def unsigned(self) -> int:
        lexeme = self._digits()
        value = parse_whole(lexeme.text, 0, _UINT_MOST)
        if value is None:
            raise self._out_of_range("ParseUint", lexeme)
        return value

    def count_after(self, keyword: Token) -> int:
        """The number of LIMIT and its like, 0 where the keyword is not there."""
        if not self.accept(keyword):
            return 0
        lexeme = self._digits()
        value = parse_whole(lexeme.text, -_INT_MOST, _INT_MOST)
        if value is None:
            return _INT_MOST  # more than there can be: no limit at all
        if value < 0:
            raise self.wrong(f"{keyword.value} must be >= 0", lexeme)
        return value

    def duration(self, *, infinite: bool = True) -> int:
        """Nanoseconds; INF, where it may stand, is 0."""
        lexeme = self.next()
        if infinite and lexeme.token is Token.INF:
            return 0
        if lexeme.token is not Token.DURATIONVAL:
            raise self.unexpected(lexeme, "duration")
        try:
            return parse_duration(lexeme.text)
        except InfluxqlError as error:
            raise self.wrong(str(error), lexeme) from error

    def database(self) -> str:
        """What ON names, empty without it."""
        return self.ident() if self.accept(Token.ON) else ""

    def _digits(self) -> Lexeme:
        lexeme = self.next()
        if lexeme.token is not Token.INTEGER:
            raise self.unexpected(lexeme, "integer")
        return lexeme

    def _out_of_range(self, function: str, lexeme: Lexeme) -> InfluxqlError:
        text = f'strconv.{function}: parsing "{shortened(lexeme.text)}": value out of range'
        return self.wrong(text, lexeme)

    def _bound(self, lexeme: Lexeme) -> Lexeme:
        if lexeme.token is not Token.BOUNDPARAM or not (bound := self.params.get(lexeme.text[1:])):
            return lexeme
        return Lexeme(bound.token, bound.text, lexeme.place)

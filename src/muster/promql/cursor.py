"""The tokens of a query with one of them looked at ahead, and refusals that name the place."""

from muster.promql.errors import PromqlError, QueryParseError
from muster.promql.lexer import Lexer
from muster.promql.tokens import ERROR, Token, described

MAX_DEPTH = 100
"""Levels of a query: no expression of a person has ten, and deeper ones would end the stack."""
MAX_CHARS = 200_000


class Cursor:
    """`aggregations` counts those whose parentheses are open: errors within name them.

    `end` is where the last token that was taken ends.
    """

    def __init__(self, text: str) -> None:
        if len(text) > MAX_CHARS:
            raise PromqlError(f"a query has at most {MAX_CHARS} characters, this one {len(text)}")
        self._text = text
        self._lexer = Lexer(text)
        self._token: Token | None = None
        self.aggregations = 0
        self.end = 0

    def peek(self) -> Token:
        """Errors: QueryParseError for what is no token."""
        if self._token is None:
            self._token = self._lexer.next()
            if self._token.kind == ERROR:
                raise self.refused(self._token.position, self._token.text)
        return self._token

    @property
    def kind(self) -> str:
        """Of the token ahead."""
        return self.peek().kind

    def take(self) -> Token:
        token = self.peek()
        self._token = None
        self.end = token.end
        return token

    def expect(self, kind: str) -> Token:
        if self.kind != kind:
            raise self.unexpected()
        return self.take()

    def unexpected(
        self, where: str = "", expected: str = "", token: Token | None = None
    ) -> QueryParseError:
        token = token or self.peek()
        where = where or ("aggregation" if self.aggregations else "")
        text = f"unexpected {described(token)}"
        if where:
            text += f" in {where}"
        if expected:
            text += f", expected {expected}"
        return self.refused(token.position, text)

    def refused(self, position: int, text: str) -> QueryParseError:
        return QueryParseError(self._text, position, text)

    def check_depth(self, levels: int) -> None:
        if levels > MAX_DEPTH:
            raise self.refused(self.peek().position, f"a query has at most {MAX_DEPTH} levels")

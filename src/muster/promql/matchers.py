"""What a selector asks of one label. Patterns are RE2 and match whole values."""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from muster.model.linearpattern import PatternError, compile_linear
from muster.promql.errors import PromqlError
from muster.promql.strings import quote

if TYPE_CHECKING:
    import re2


class Matcher(NamedTuple):
    """One condition: `operator` is =, !=, =~ or !~. A label that is not there is empty."""

    name: str
    operator: str
    value: str

    def test(self) -> Callable[[str], bool]:
        """Whether a value fits."""
        text = self.value
        match self.operator:
            case "=":
                return lambda value: value == text
            case "!=":
                return lambda value: value != text
            case "=~":
                found = compile_pattern(text)
                return lambda value: found.fullmatch(value) is not None
            case _:
                found = compile_pattern(text)
                return lambda value: found.fullmatch(value) is None

    def __str__(self) -> str:
        return f"{self.name}{self.operator}{quote(self.value)}"


def matches_empty(matcher: Matcher) -> bool:
    return matcher.test()("")


@lru_cache(maxsize=256)
def compile_pattern(source: str) -> "re2._Regexp":
    """A pattern of whole values made ready. Errors: PromqlError, in Go's words.

    What is a pattern only within the group around it, as `a)|(b`, is none.
    """
    found = compile_whole(source)
    _compiled(source, whole=False)
    return found


@lru_cache(maxsize=256)
def compile_whole(source: str) -> "re2._Regexp":
    """The same without a look at what the pattern is by itself: what `label_replace` takes."""
    return _compiled(source, whole=True)


def _compiled(source: str, *, whole: bool) -> "re2._Regexp":
    try:
        return compile_linear(source, whole=whole)
    except PatternError as error:
        raise PromqlError(str(error)) from error

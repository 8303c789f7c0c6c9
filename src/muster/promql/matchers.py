"""What a selector asks of one label. Patterns are RE2 and match whole values."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import re2

from muster.promql.errors import PromqlError
from muster.promql.strings import quote

_MOST_CHARS = 10_000
_MOST_BYTES = 8 << 20  # of a pattern made ready
# What RE2 says, as Go says it.
_WORDS = {
    "missing )": "missing closing )",
    "unexpected )": "unexpected )",
    "missing ]": "missing closing ]",
    "no argument for repetition operator": "missing argument to repetition operator",
    "invalid repetition size": "invalid repeat count",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid named capture group": "invalid named capture",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "trailing \\": "trailing backslash at end of expression",
}


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
    """A pattern made ready. Errors: PromqlError, in Go's words."""
    options = re2.Options()
    options.max_mem = _MOST_BYTES
    options.log_errors = False
    options.dot_nl = False
    try:
        if len(source) > _MOST_CHARS:
            raise re2.error("pattern too large")
        return re2.compile(f"^(?:{source})$", options)
    except re2.error as error:
        raise PromqlError(f"error parsing regexp: {_text(error)}") from error


def _text(error: Exception) -> str:
    said = error.args[0]
    what, _, where = (said.decode() if isinstance(said, bytes) else said).partition(": ")
    if what.startswith("trailing"):
        where = ""
    return f"{_WORDS.get(what, what)}: `{where}`"

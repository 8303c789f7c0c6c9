"""Patterns of statements, made ready once."""

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from muster.influxql.errors import InfluxqlError
from muster.model.linearpattern import PatternError, compile_linear

if TYPE_CHECKING:
    import re2


class Pattern(NamedTuple):
    """A pattern made ready."""

    source: str
    ready: "re2._Regexp"

    def found_in(self, text: str) -> bool:
        """Whether the text has it anywhere."""
        return self.ready.search(text) is not None


@lru_cache(maxsize=256)
def compile_pattern(source: str) -> Pattern:
    """Make a pattern ready. Errors: InfluxqlError for what RE2 does not know, or is too large."""
    try:
        return Pattern(source, compile_linear(source))
    except PatternError as error:
        raise InfluxqlError(str(error)) from error

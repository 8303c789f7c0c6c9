"""Patterns in queries: RE2, in time that grows with the text alone.

Python's own `re` goes back over a text, so that a pattern can take as long as its writer likes.
"""

from functools import lru_cache
from typing import NamedTuple

import re2

from muster.influxql.errors import InfluxqlError

_MOST_CHARS = 10_000
_MOST_BYTES = 8 << 20  # of a pattern made ready


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
    options = re2.Options()
    options.max_mem = _MOST_BYTES
    options.log_errors = False
    try:
        if len(source) > _MOST_CHARS:
            raise re2.error("pattern too large")
        return Pattern(source, re2.compile(source, options))
    except re2.error as error:
        text = error.args[0].decode() if isinstance(error.args[0], bytes) else error.args[0]
        raise InfluxqlError(f"error parsing regexp: {text}") from error

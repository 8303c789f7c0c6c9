"""Patterns in queries: RE2, in time that grows with the text alone.

Python's own `re` goes back over a text, so that a pattern can take as long as its writer likes.
"""

from functools import lru_cache
from typing import NamedTuple

import re2

from muster.influxql.errors import InfluxqlError

# What RE2 says, as Go says it, which is what InfluxDB's clients know.
_WORDS = {
    "missing )": "missing closing )",
    "missing ]": "missing closing ]",
    "no argument for repetition operator": "missing argument to repetition operator",
    "invalid repetition size": "invalid repeat count",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid named capture group": "invalid named capture",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "trailing \\": "trailing backslash at end of expression",
}
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
        raise InfluxqlError(f"error parsing regexp: {_text(error)}") from error


def _text(error: Exception) -> str:
    said = error.args[0]
    what, _, where = (said.decode() if isinstance(said, bytes) else said).partition(": ")
    if what.startswith("trailing"):
        where = ""
    return f"{_WORDS.get(what, what)}: `{where}`"

"""Patterns in queries: RE2, in time that grows with the text alone, with its errors in Go's words.

Python's own `re` goes back over a text, so that a pattern can take as long as its writer likes.
Go's words are those that clients of InfluxDB and Prometheus know. Only hubs have RE2.
"""

import re2

MOST_CHARS = 10_000
_MOST_BYTES = 8 << 20  # of a pattern made ready
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


class PatternError(Exception):
    """RE2 does not know it, or it is too large; worded."""


def compile_linear(source: str, *, whole: bool = False) -> "re2._Regexp":
    """Make a pattern ready, to be found anywhere or as the whole text. Errors: PatternError."""
    options = re2.Options()
    options.max_mem = _MOST_BYTES
    options.log_errors = False
    try:
        if len(source) > MOST_CHARS:
            raise re2.error("pattern too large")
        return re2.compile(f"^(?:{source})$" if whole else source, options)
    except re2.error as error:
        raise PatternError(f"error parsing regexp: {_text(error)}") from error


def _text(error: Exception) -> str:
    said = error.args[0]
    what, _, where = (said.decode() if isinstance(said, bytes) else said).partition(": ")
    if what.startswith("trailing"):
        where = ""
    return f"{_WORDS.get(what, what)}: `{where}`"

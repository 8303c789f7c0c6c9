"""Names and strings as they stand in a query, quoted where they have to be."""

import re

from muster.influxql.syntax.tokens import KEYWORDS

_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What stands within quotes of a string and of a name.
IN_STRING = str.maketrans({"\n": r"\n", "\\": r"\\", "'": r"\'"})
IN_NAME = str.maketrans({"\n": r"\n", "\\": r"\\", '"': r"\""})


def quote_string(text: str) -> str:
    return f"'{text.translate(IN_STRING)}'"


def needs_quotes(name: str) -> bool:
    """Whether a name would be read as something else without quotes."""
    return not _BARE.fullmatch(name) or name.lower() in KEYWORDS


def quote_ident(name: str) -> str:
    """One name, in quotes if it needs them."""
    return _quoted(name) if needs_quotes(name) else name


def quote_idents(*names: str) -> str:
    """A path: all but its last name in quotes; empty ones in its middle stay empty."""
    *path, last = names
    return ".".join([*(_quoted(name) if name else "" for name in path), quote_ident(last)])


def _quoted(name: str) -> str:
    return f'"{name.translate(IN_NAME)}"'

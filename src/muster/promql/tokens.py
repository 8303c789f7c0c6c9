"""Tokens of PromQL and how an error names them.

Source: Prometheus 2.42, promql/parser/lex.go
"""

from typing import NamedTuple

from muster.promql.strings import quote

END, ERROR = "end of input", "error"
IDENTIFIER, METRIC, STRING = "identifier", "metric identifier", "string"
NUMBER, DURATION = "number", "duration"
AT = "@"

AGGREGATORS = frozenset(
    ("sum", "avg", "count", "min", "max", "group", "stddev", "stdvar", "topk", "bottomk")
) | {"count_values", "quantile"}
WITH_PARAMETER = frozenset(("topk", "bottomk", "count_values", "quantile"))
SETS = frozenset(("and", "or", "unless"))
COMPARISONS = frozenset(("==", "!=", "<=", "<", ">=", ">"))
OPERATORS = SETS | COMPARISONS | {"+", "-", "*", "/", "%", "^", "atan2", "=~", "!~", AT}
KEYWORDS = frozenset(
    ("offset", "by", "without", "on", "ignoring", "group_left", "group_right", "bool")
)
EDGES = frozenset(("start", "end"))
WORDS = AGGREGATORS | SETS | KEYWORDS | EDGES | {"atan2"}
# words that name a metric where an expression begins
METRIC_WORDS = AGGREGATORS | SETS | EDGES | {"by", "offset", "without"}
LABEL_WORDS = WORDS - {"without"}  # which Prometheus forgot
_BARE = frozenset((IDENTIFIER, METRIC, STRING, NUMBER, DURATION))
_SHOWN = 10
_AT_NAME = '"<Item 57385>"'  # Prometheus has no name for it


class Token(NamedTuple):
    """`kind` is a word of this module or what stands there. Units: `position` in characters."""

    kind: str
    position: int
    text: str

    @property
    def end(self) -> int:
        return self.position + len(self.text)


def described(token: Token) -> str:
    """How an error names a token."""
    if token.kind == END:
        return END
    shown = _shown(token)
    if token.kind == AT:
        return f"{_AT_NAME} {shown}"
    return f"{token.kind} {shown}" if token.kind in _BARE else shown


def _shown(token: Token) -> str:
    if token.kind in (IDENTIFIER, METRIC):
        return quote(token.text)
    if token.kind in KEYWORDS:
        return f"<{token.text}>"
    if token.kind in OPERATORS:
        return f"<op:{token.text}>"
    if token.kind in AGGREGATORS:
        return f"<aggr:{token.text}>"
    if len(token.text.encode()) > _SHOWN:
        return quote(token.text[:_SHOWN]) + "..."
    return quote(token.text)

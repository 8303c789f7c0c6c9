"""SHOW statements about series, measurements, keys and values back to text."""

from collections.abc import Callable
from typing import Any

from muster.influxql.printing.expressiontext import format_expr
from muster.influxql.printing.selecttext import (
    count_clause,
    format_source,
    from_clause,
    group_clause,
    order_clause,
    where_clause,
)
from muster.influxql.syntax import statements as s
from muster.influxql.syntax.ast import Expr, Measurement, StringLiteral
from muster.influxql.syntax.quoting import quote_ident
from muster.influxql.syntax.tokens import Token


def policies(node: s.ShowRetentionPoliciesStatement) -> str:
    return f"SHOW RETENTION POLICIES{_on(node.database)}"


def listing(words: str) -> Callable[[Any], str]:
    """A statement of the form that most have."""
    return lambda node: words + _on(node.database) + from_clause(node.sources) + _rest(node)


def measurements(node: s.ShowMeasurementsStatement) -> str:
    return f"SHOW MEASUREMENTS{_of_policy(node)}{_with_measurement(node)}{_rest(node)}"


def tag_keys(node: s.ShowTagKeysStatement) -> str:
    key = ""
    if node.tag_key_op and node.tag_key_expr:
        key = _with_key(node.tag_key_op, node.tag_key_expr)
    counts = count_clause("SLIMIT", node.slimit) + count_clause("SOFFSET", node.soffset)
    return f"SHOW TAG KEYS{_on(node.database)}{from_clause(node.sources)}{key}{_rest(node)}{counts}"


def tag_values(node: s.ShowTagValuesStatement) -> str:
    return (
        f"SHOW TAG VALUES{_on(node.database)}{from_clause(node.sources)}"
        f"{_with_key(node.op, node.tag_key_expr)}{_rest(node)}"
    )


def cardinality(words: str) -> Callable[[Any], str]:
    """A statement that counts."""
    return lambda node: _cardinality(words, node, "")


def tag_values_cardinality(node: s.ShowTagValuesCardinalityStatement) -> str:
    return _cardinality("SHOW TAG VALUES", node, _with_key(node.op, node.tag_key_expr))


def _cardinality(words: str, node: s.ShowCardinalityStatement, key: str) -> str:
    return (
        f"{words}{' EXACT' * node.exact} CARDINALITY{_on(node.database)}"
        f"{from_clause(node.sources)}{key}{where_clause(node.condition)}"
        f"{group_clause(node.dimensions)}{_counts(node)}"
    )


def _rest(node: s.ShowStatement) -> str:
    return where_clause(node.condition) + order_clause(node.sort_fields) + _counts(node)


def _counts(node: s.ShowStatement | s.ShowCardinalityStatement) -> str:
    return count_clause("LIMIT", node.limit) + count_clause("OFFSET", node.offset)


def _on(database: str) -> str:
    return f" ON {quote_ident(database)}" if database else ""


def _of_policy(node: s.ShowMeasurementsStatement) -> str:
    database = "*" if node.wildcard_database else node.database and quote_ident(node.database)
    if not database:
        return ""
    policy = node.retention_policy and quote_ident(node.retention_policy)
    if node.wildcard_retention_policy:
        policy = "*"
    return f" ON {database}{f'.{policy}' if policy else ''}"


def _with_measurement(node: s.ShowMeasurementsStatement) -> str:
    if not node.source:
        return ""
    is_pattern = isinstance(node.source, Measurement) and node.source.regex
    return f" WITH MEASUREMENT {'=~' if is_pattern else '='} {format_source(node.source)}"


def _with_key(operator: Token, key: Expr) -> str:
    text = quote_ident(key.val) if isinstance(key, StringLiteral) else format_expr(key)
    return f" WITH KEY {operator.value} {text}"

"""Which parts of a query are the same at all steps, so that one is worked out for all."""

from muster.promql.ast import Call, Expr, MatrixSelector, Number, Shifted, Text, children

# what such functions give changes with the time of the step
_OF_TIME = frozenset(
    ("days_in_month", "day_of_month", "day_of_week", "day_of_year", "hour", "minute", "month")
) | {"year", "predict_linear", "time", "timestamp"}


def is_invariant(node: Expr) -> bool:
    """Whether all selectors have `@` and nothing asks for the time."""
    if isinstance(node, MatrixSelector):
        return node.vector.is_pinned
    if isinstance(node, Shifted):
        return node.is_pinned
    if isinstance(node, Number | Text):
        return True
    if isinstance(node, Call) and node.function in _OF_TIME:
        return False
    return all(map(is_invariant, children(node)))

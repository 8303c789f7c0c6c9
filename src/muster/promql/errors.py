"""What is wrong with a query, in Prometheus' words, and the kind of error its API names."""

from muster.errors import InputError, MusterError


class PromqlError(InputError):
    """A query or parameter that cannot be read."""

    code = "bad_data"


class QueryParseError(PromqlError):
    """Text that does not follow the grammar. Units: `position` counts characters from 0."""

    def __init__(self, query: str, position: int, text: str) -> None:
        before = query[:position]
        line = before.count("\n") + 1
        column = len(before[before.rfind("\n") + 1 :].encode(errors="replace")) + 1
        super().__init__(f"{line}:{column}: parse error: {text}")


class ExecutionError(MusterError):
    """A query that can be read and has no answer."""

    code = "execution"
    status = 422


class QueryTimeout(MusterError):
    """A query that took longer than it may."""

    code = "timeout"
    status = 503

    def __init__(self) -> None:
        super().__init__("query timed out in expression evaluation")


class TooMuch(ExecutionError):
    """A query that would hold more at once than it may; fewer steps may do."""

    def __init__(self, more: str = "") -> None:
        super().__init__(f"{_TOO_MANY}{more}")


_TOO_MANY = "query processing would load too many samples into memory in query execution"
SAME_LABELS = "vector cannot contain metrics with the same labelset"

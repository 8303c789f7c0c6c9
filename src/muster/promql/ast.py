"""What a query says, as a tree. Units: durations and times in milliseconds, places in characters.

Source: Prometheus 2.42, promql/parser/ast.go
"""

from dataclasses import dataclass, field
from enum import StrEnum

from muster.promql.matchers import Matcher


class Type(StrEnum):
    """What an expression gives. The value is how errors name it."""

    SCALAR = "scalar"
    STRING = "string"
    VECTOR = "instant vector"
    MATRIX = "range vector"


API_TYPES = {Type.VECTOR: "vector", Type.MATRIX: "matrix"}


@dataclass(slots=True, kw_only=True)
class Node:
    """`start` and `end` are where it stands."""

    start: int = 0
    end: int = 0


@dataclass(slots=True)
class Number(Node):
    value: float


@dataclass(slots=True)
class Text(Node):
    value: str


@dataclass(slots=True)
class Paren(Node):
    inner: "Expr"


@dataclass(slots=True)
class Unary(Node):
    operator: str
    inner: "Expr"


@dataclass(slots=True, kw_only=True)
class Shifted(Node):
    """What can have `offset` and `@`. `at_ms`: a time; `at_edge`: `start` or `end` of the query."""

    offset_ms: int = 0
    at_ms: int | None = None
    at_edge: str = ""

    @property
    def is_pinned(self) -> bool:
        return self.at_ms is not None or bool(self.at_edge)


@dataclass(slots=True)
class VectorSelector(Shifted):
    name: str
    matchers: list[Matcher]  # without that of `name`


@dataclass(slots=True)
class MatrixSelector(Node):
    vector: VectorSelector
    range_ms: int


@dataclass(slots=True)
class Subquery(Shifted):
    inner: "Expr"
    range_ms: int
    step_ms: int  # 0: the default


@dataclass(slots=True)
class Call(Node):
    function: str
    arguments: "list[Expr]"


@dataclass(slots=True)
class Aggregation(Node):
    operator: str
    inner: "Expr"
    parameter: "Expr | None" = None
    grouping: list[str] = field(default_factory=list)
    is_without: bool = False


@dataclass(slots=True)
class Matching:
    """How series of two sides find each other. `many`: the side that may have several."""

    labels: list[str] = field(default_factory=list)
    is_on: bool = False
    many: str = ""  # left or right
    include: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Binary(Node):
    operator: str
    left: "Expr"
    right: "Expr"
    matching: Matching
    is_bool: bool = False


Expr = (
    Number
    | Text
    | Paren
    | Unary
    | VectorSelector
    | MatrixSelector
    | Subquery
    | Call
    | Aggregation
    | Binary
)


def bare(node: Expr) -> Expr:
    """What stands in parentheses."""
    while isinstance(node, Paren):
        node = node.inner
    return node


def children(node: Expr) -> "list[Expr]":
    """What a node is made of, in the order of the text but an aggregation's parameter, last."""
    match node:
        case Paren() | Unary() | Subquery():
            return [node.inner]
        case MatrixSelector():
            return [node.vector]
        case Call():
            return node.arguments
        case Aggregation():
            return [node.inner] if node.parameter is None else [node.inner, node.parameter]
        case Binary():
            return [node.left, node.right]
        case _:
            return []

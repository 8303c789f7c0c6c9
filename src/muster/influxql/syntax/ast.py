"""What a query says: expressions, sources and SELECT; all other statements are in statements.py.

Nodes carry the names of InfluxDB's own, fields too (`lhs`, `val`), lists are tuples, durations
are nanoseconds. Nodes are frozen: change one with `msgspec.structs.replace`.
A chain `a OR b OR …` is a tree as deep as it is long (up to limits.MAX_OPERATORS): what goes
through expressions does so by `walk` or `fold`, which do not recurse.
"""

from collections.abc import Callable, Iterator
from enum import IntEnum, StrEnum
from typing import TypeVar

import msgspec

from muster.influxql.syntax.tokens import Token

T = TypeVar("T")


class Node(msgspec.Struct, frozen=True):
    """Anything in a query."""


class Expr(Node, frozen=True):
    """What has a value, or stands where one may stand."""


class Source(Node, frozen=True):
    """What FROM names."""


class Statement(Node, frozen=True):
    """One command."""


class DataType(StrEnum):
    """What a variable is said to be by `name::type`."""

    UNKNOWN = ""
    FLOAT = "float"
    INTEGER = "integer"
    UNSIGNED = "unsigned"
    STRING = "string"
    BOOLEAN = "boolean"
    TAG = "tag"
    ANY_FIELD = "field"


class VarRef(Expr, frozen=True):
    """A field, a tag or `time`; `"rp"."x"` is the one name `rp.x`."""

    val: str
    type: DataType = DataType.UNKNOWN


class Call(Expr, frozen=True):
    """A function's call; its name in lower case."""

    name: str
    args: tuple[Expr, ...] = ()


class Distinct(Expr, frozen=True):
    """`DISTINCT name`, which means `distinct(name)`."""

    val: str


class Wildcard(Expr, frozen=True):
    """`*`, of both or of one kind: DataType.TAG or DataType.ANY_FIELD."""

    type: DataType = DataType.UNKNOWN


class BinaryExpr(Expr, frozen=True):
    """Two operands; `op` is a key of tokens.PRECEDENCE."""

    op: Token
    lhs: Expr
    rhs: Expr


class ParenExpr(Expr, frozen=True):
    expr: Expr


class NumberLiteral(Expr, frozen=True):
    val: float


class IntegerLiteral(Expr, frozen=True):
    val: int  # 64 bit, signed


class UnsignedLiteral(Expr, frozen=True):
    val: int  # over the signed range


class BooleanLiteral(Expr, frozen=True):
    val: bool


class StringLiteral(Expr, frozen=True):
    """Text; in conditions on `time` a time, which times.py reads."""

    val: str


class DurationLiteral(Expr, frozen=True):
    val_ns: int


class RegexLiteral(Expr, frozen=True):
    """A pattern in RE2's syntax, as written; the parser lets no other through."""

    val: str


class ListLiteral(Expr, frozen=True):
    """The names behind `WITH KEY IN`."""

    vals: tuple[str, ...]


class Measurement(Source, frozen=True, kw_only=True):
    """A measurement by name or by pattern, or where INTO writes to.

    `name` is empty for a pattern, and for a target `:MEASUREMENT`, which repeats the source's name.
    """

    database: str = ""
    retention_policy: str = ""
    name: str = ""
    regex: RegexLiteral | None = None
    is_target: bool = False


class Field(Node, frozen=True):
    expr: Expr
    alias: str = ""


class Dimension(Node, frozen=True):
    """One of GROUP BY: a tag, `*`, a pattern or `time(…)`."""

    expr: Expr


class SortField(Node, frozen=True):
    name: str = ""
    ascending: bool = True


class FillOption(IntEnum):
    """What an empty window shows."""

    NULL = 0
    NONE = 1
    NUMBER = 2
    PREVIOUS = 3
    LINEAR = 4


class Target(Node, frozen=True):
    measurement: Measurement


class SelectStatement(Statement, frozen=True, kw_only=True):
    """SELECT. Counts of 0 mean that the clause is not there; `location` is a time zone's name."""

    fields: tuple[Field, ...]
    target: Target | None = None
    sources: tuple[Source, ...] = ()
    condition: Expr | None = None
    dimensions: tuple[Dimension, ...] = ()
    fill: FillOption = FillOption.NULL
    fill_value: float | int | None = None
    sort_fields: tuple[SortField, ...] = ()
    limit: int = 0
    offset: int = 0
    slimit: int = 0
    soffset: int = 0
    location: str = ""
    is_raw_query: bool = False  # no field calls a function


class SubQuery(Source, frozen=True):
    statement: SelectStatement


def children(node: Node) -> tuple[Node, ...]:
    """The nodes right beneath an expression, field or dimension, in the order of the text."""
    match node:
        case BinaryExpr():
            return (node.lhs, node.rhs)
        case Call():
            return node.args
        case ParenExpr() | Field() | Dimension():
            return (node.expr,)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and all beneath it, parents first; subqueries are not entered."""
    pending = [node]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(children(node)))


def fold(node: Node, combine: Callable[[Node, tuple[T, ...]], T]) -> T:
    """One value out of an expression, from the leaves up: `combine(node, values of children)`."""
    results: list[T] = []
    pending: list[tuple[Node, bool]] = [(node, False)]
    while pending:
        node, ready = pending.pop()
        beneath = children(node)
        if not ready and beneath:
            pending.append((node, True))
            pending.extend((child, False) for child in reversed(beneath))
            continue
        first = len(results) - len(beneath)
        values = tuple(results[first:])
        del results[first:]
        results.append(combine(node, values))
    return results[0]

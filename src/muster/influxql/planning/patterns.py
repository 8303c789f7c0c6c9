"""What `*` and patterns among fields and dimensions stand for.

Source: InfluxDB 1.6: in a call it depends on the function.
"""

from collections.abc import Callable, Iterable

import msgspec

from muster.influxql.errors import InfluxqlError
from muster.influxql.printing.expressiontext import tell_expr
from muster.influxql.syntax.ast import (
    BinaryExpr,
    Call,
    DataType,
    Expr,
    Field,
    RegexLiteral,
    VarRef,
    Wildcard,
    walk,
)
from muster.influxql.syntax.regex import compile_pattern
from muster.influxql.values.columns import NUMERIC
from muster.influxql.values.rewriting import field_name

_ANY_KIND = ("count", "first", "last", "distinct", "elapsed", "mode", "sample")
_TRUTHS_TOO = (*_ANY_KIND, "min", "max")
_SIGNED_ONLY = ("holt_winters", "holt_winters_with_fit")


def has_pattern(expr: Expr) -> bool:
    """Whether there is `*` or a pattern in an expression."""
    return any(isinstance(node, Wildcard | RegexLiteral) for node in walk(expr))


def tags_of(dimensions: list[Expr], tags: list[str]) -> Iterable[str]:
    """The tag keys that dimensions stand for."""
    for expr in dimensions:
        match expr:
            case Wildcard():
                yield from tags
            case RegexLiteral():
                pattern = compile_pattern(expr.val)
                yield from (tag for tag in tags if pattern.found_in(tag))
            case VarRef():
                yield expr.val
            case _:
                pass


def fields_of(field: Field, names: list[VarRef]) -> Iterable[Field]:
    """The fields that one stands for."""
    match field.expr:
        case Wildcard(type=wanted):
            for ref in names:
                is_tag = ref.type is DataType.TAG
                if wanted is DataType.UNKNOWN or is_tag == (wanted is DataType.TAG):
                    yield Field(ref)
        case RegexLiteral():
            found = _matcher(field.expr)
            yield from (Field(ref) for ref in names if found(ref.val))
        case Call():
            yield from _calls(field, field.expr, names)
        case BinaryExpr() if has_pattern(field.expr):
            what = (
                "wildcard"
                if any(isinstance(n, Wildcard) for n in walk(field.expr))
                else "regex field"
            )
            raise InfluxqlError(f"unsupported expression with {what}: {tell_expr(field.expr)}")
        case _:
            yield field


def _calls(field: Field, call: Call, names: list[VarRef]) -> Iterable[Field]:
    """A call for each field that the innermost call can take."""
    outer = [call]
    while outer[-1].args and isinstance(outer[-1].args[0], Call):
        outer.append(outer[-1].args[0])
    inner = outer.pop()
    argument = inner.args[0] if inner.args else None
    if not isinstance(argument, Wildcard | RegexLiteral):
        yield field
        return
    if isinstance(argument, Wildcard) and argument.type is DataType.TAG:
        raise InfluxqlError(f"unable to use tag wildcard in {inner.name}()")
    found: Callable[[str], bool] = lambda name: True  # noqa: E731 - one of two
    if isinstance(argument, RegexLiteral):
        found = _matcher(argument)
    taken = _taken(inner.name)
    for ref in names:
        if ref.type in taken and found(ref.val):
            made = msgspec.structs.replace(inner, args=(ref, *inner.args[1:]))
            for wrapper in reversed(outer):
                made = msgspec.structs.replace(wrapper, args=(made, *wrapper.args[1:]))
            yield Field(made, f"{field_name(field)}_{ref.val}")


def _taken(function: str) -> set[DataType]:
    taken = set(NUMERIC)
    if function in _ANY_KIND:
        taken.add(DataType.STRING)
    if function in _TRUTHS_TOO:
        taken.add(DataType.BOOLEAN)
    if function in _SIGNED_ONLY:
        taken.discard(DataType.UNSIGNED)
    return taken


def _matcher(pattern: RegexLiteral) -> Callable[[str], bool]:
    return compile_pattern(pattern.val).found_in

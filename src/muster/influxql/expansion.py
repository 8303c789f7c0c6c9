"""Gives names their kinds, and puts names in the place of `*` and of patterns.

Source: InfluxDB 1.6: what a wildcard in a call stands for depends on the function.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

import msgspec

from muster.influxql.ast import (
    BinaryExpr,
    Call,
    DataType,
    Expr,
    Field,
    Measurement,
    RegexLiteral,
    VarRef,
    Wildcard,
    walk,
)
from muster.influxql.checks import Checked
from muster.influxql.columns import NUMERIC, strongest
from muster.influxql.errors import InfluxqlError
from muster.influxql.plans import Plan
from muster.influxql.printer import format as format_node
from muster.influxql.regex import compile_pattern
from muster.influxql.rewriting import field_name, rewrite
from muster.influxql.source import Place, Source
from muster.influxql.types import kind_of

_ANY_KIND = ("count", "first", "last", "distinct", "elapsed", "mode", "sample")
_TRUTHS_TOO = (*_ANY_KIND, "min", "max")
_SIGNED_ONLY = ("holt_winters", "holt_winters_with_fit")


class Expansion:
    """Knows the names and kinds in a range of times."""

    def __init__(self, source: Source, start_ns: int, end_ns: int) -> None:
        self._source = source
        self._range = (start_ns, end_ns)
        self._fields: dict[Place, dict[str, DataType]] = {}
        self._tags: dict[Place, frozenset[str]] = {}

    def plan(self, checked: Checked) -> Plan:
        """The statement ready. Errors: InfluxqlError for operands that do not go together."""
        sources = tuple(
            self._places(source) if isinstance(source, Measurement) else self.plan(source)
            for source in checked.sources
        )
        plan = Plan(
            statement=checked.statement,
            fields=tuple(self._typed_field(field, sources) for field in checked.fields),
            time_name=checked.time_name,
            sources=sources,
            condition=checked.condition and self._typed(checked.condition, sources),
            range=checked.range,
            interval=checked.interval,
            dimensions=tuple(
                dimension.expr.val
                for dimension in checked.dimensions
                if isinstance(dimension.expr, VarRef)
            ),
            ascending=checked.ascending,
            zone=checked.zone,
            nothing=checked.nothing,
        )
        return self._expanded(plan, [dimension.expr for dimension in checked.dimensions])

    def _places(self, measurement: Measurement) -> tuple[Place, ...]:
        database, policy = measurement.database, measurement.retention_policy
        if measurement.regex is None:
            return (Place(database, policy, measurement.name),)
        pattern = compile_pattern(measurement.regex.val)
        names = self._source.measurements(database, policy)
        return tuple(Place(database, policy, name) for name in names if pattern.found_in(name))

    def _typed_field(self, field: Field, sources: tuple[tuple[Place, ...] | Plan, ...]) -> Field:
        return Field(self._typed(field.expr, sources), field.alias)

    def _typed(self, expr: Expr, sources: tuple[tuple[Place, ...] | Plan, ...]) -> Expr:
        def change(node: Expr) -> Expr:
            if not isinstance(node, VarRef):
                return node
            if node.type not in (DataType.UNKNOWN, DataType.ANY_FIELD):
                return node
            kind = self._kind(node.val, sources)
            if kind is DataType.TAG and node.type is DataType.ANY_FIELD:
                return node
            return VarRef(node.val, kind)

        return rewrite(expr, change)

    def _kind(self, name: str, sources: tuple[tuple[Place, ...] | Plan, ...]) -> DataType:
        kinds = []
        for source in sources:
            if isinstance(source, Plan):
                kinds.append(self._column_kind(name, source))
            else:
                kinds.extend(self._stored_kind(name, place) for place in source)
        return strongest(kinds)

    def _column_kind(self, name: str, plan: Plan) -> DataType:
        """Of a subquery's column: a field's, or that of what it groups by."""
        for field in plan.fields:
            if field_name(field) == name:
                kind = kind_of(field.expr, lambda ref: ref.type)
                if kind is not DataType.UNKNOWN:
                    return kind
                break
        return DataType.TAG if name in plan.dimensions else DataType.UNKNOWN

    def _stored_kind(self, name: str, place: Place) -> DataType:
        kind = self._fields_of(place).get(name)
        if kind is not None:
            return kind
        return DataType.TAG if name in self._tags_of(place) else DataType.UNKNOWN

    def _fields_of(self, place: Place) -> dict[str, DataType]:
        if place not in self._fields:
            fields = self._source.fields(place, *self._range)
            self._fields[place] = {name: strongest(list(kinds)) for name, kinds in fields.items()}
        return self._fields[place]

    def _tags_of(self, place: Place) -> frozenset[str]:
        if place not in self._tags:
            series = self._source.series(place, *self._range)
            self._tags[place] = frozenset(key for each in series for key, _ in each.tags)
        return self._tags[place]

    def _expanded(self, plan: Plan, dimensions: list[Expr]) -> Plan:
        some_fields = any(_has_pattern(field.expr) for field in plan.fields)
        some_tags = any(isinstance(expr, Wildcard | RegexLiteral) for expr in dimensions)
        if some_fields or some_tags:
            fields, tags = self._names(plan)
            names = [VarRef(name, kind) for name, kind in fields.items()]
            if fields and not some_tags:
                names += [VarRef(tag, DataType.TAG) for tag in tags - set(plan.dimensions)]
            names.sort(key=lambda ref: (ref.val, ref.type is DataType.TAG))
            plan = replace(
                plan,
                fields=tuple(new for field in plan.fields for new in _fields(field, names)),
                dimensions=tuple(_tags(dimensions, sorted(tags))),
            )
        for field in plan.fields:
            kind_of(field.expr, lambda ref: ref.type)
        return plan

    def _names(self, plan: Plan) -> tuple[dict[str, DataType], set[str]]:
        """All fields with their kinds, and all tag keys."""
        fields: dict[str, list[DataType]] = {}
        tags: set[str] = set()
        for source in plan.sources:
            if isinstance(source, Plan):
                for field in source.fields:
                    kind = kind_of(field.expr, lambda ref: ref.type)
                    fields.setdefault(field_name(field), []).append(kind)
                tags.update(source.dimensions)
                continue
            for place in source:
                for name, kind in self._fields_of(place).items():
                    fields.setdefault(name, []).append(kind)
                tags.update(self._tags_of(place))
        return {name: strongest(kinds) for name, kinds in fields.items()}, tags


def _has_pattern(expr: Expr) -> bool:
    return any(isinstance(node, Wildcard | RegexLiteral) for node in walk(expr))


def _tags(dimensions: list[Expr], tags: list[str]) -> Iterable[str]:
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


def _fields(field: Field, names: list[VarRef]) -> Iterable[Field]:
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
        case BinaryExpr() if _has_pattern(field.expr):
            what = (
                "wildcard"
                if any(isinstance(n, Wildcard) for n in walk(field.expr))
                else "regex field"
            )
            raise InfluxqlError(f"unsupported expression with {what}: {format_node(field.expr)}")
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

"""Gives names their kinds, and puts names in the place of `*` and of patterns.

Source: InfluxDB 1.6: what a wildcard in a call stands for depends on the function.
"""

from dataclasses import replace

from muster.influxql.checking.checks import Checked
from muster.influxql.errors import InfluxqlError
from muster.influxql.planning.patterns import fields_of, has_pattern, tags_of
from muster.influxql.planning.plans import Plan
from muster.influxql.planning.types import kind_of
from muster.influxql.source import Place, Source
from muster.influxql.syntax.ast import (
    DataType,
    Expr,
    Field,
    Measurement,
    RegexLiteral,
    VarRef,
    Wildcard,
)
from muster.influxql.syntax.regex import compile_pattern
from muster.influxql.values.columns import strongest
from muster.influxql.values.rewriting import field_name, rewrite


class Expansion:
    """Knows the names and kinds in a range of times."""

    def __init__(self, source: Source, start_ns: int, end_ns: int) -> None:
        self._source = source
        self._range = (start_ns, end_ns)
        self._fields: dict[Place, dict[str, DataType]] = {}
        self._tags: dict[Place, frozenset[str]] = {}

    def plan(self, checked: Checked) -> Plan:
        """The statement ready. Errors: InfluxqlError for operands that do not go together.

        As in InfluxDB those of subqueries may: what they come to is nothing.
        """
        plan = self._plan(checked)
        for field in plan.fields:
            _kind_of(field.expr)
        return plan

    def _plan(self, checked: Checked) -> Plan:
        sources = tuple(
            self._places(source) if isinstance(source, Measurement) else self._plan(source)
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
            before=checked.before,
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
                kind = _kind_within(field.expr)
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
        some_fields = any(has_pattern(field.expr) for field in plan.fields)
        some_tags = any(isinstance(expr, Wildcard | RegexLiteral) for expr in dimensions)
        if some_fields or some_tags:
            fields, tags = self._names(plan)
            names = [VarRef(name, kind) for name, kind in fields.items()]
            if fields and not some_tags:
                names += [VarRef(tag, DataType.TAG) for tag in tags - set(plan.dimensions)]
            names.sort(key=lambda ref: (ref.val, ref.type is DataType.TAG))
            plan = replace(
                plan,
                fields=tuple(new for field in plan.fields for new in fields_of(field, names)),
                dimensions=tuple(tags_of(dimensions, sorted(tags))),
            )
        return plan

    def _names(self, plan: Plan) -> tuple[dict[str, DataType], set[str]]:
        """All fields with their kinds, and all tag keys."""
        fields: dict[str, list[DataType]] = {}
        tags: set[str] = set()
        for source in plan.sources:
            if isinstance(source, Plan):
                for field in source.fields:
                    fields.setdefault(field_name(field), []).append(_kind_within(field.expr))
                tags.update(source.dimensions)
                continue
            for place in source:
                for name, kind in self._fields_of(place).items():
                    fields.setdefault(name, []).append(kind)
                tags.update(self._tags_of(place))
        return {name: strongest(kinds) for name, kinds in fields.items()}, tags


def _kind_of(expr: Expr) -> DataType:
    return kind_of(expr, lambda ref: ref.type)


def _kind_within(expr: Expr) -> DataType:
    """Of a subquery's column."""
    try:
        return _kind_of(expr)
    except InfluxqlError:
        return DataType.UNKNOWN

"""A SELECT ready to be answered: names have their kinds, patterns are the names they stand for."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from muster.influxql.checking.conditions import TimeRange
from muster.influxql.source import Place
from muster.influxql.syntax.ast import Expr, Field, SelectStatement
from muster.influxql.values.windows import Interval
from muster.influxql.values.zones import Zone

Memo = dict[Hashable, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """One SELECT.

    Shapes: `sources` are measurements and subqueries in the order of FROM, a pattern being all
            measurements that it is found in; `dimensions` are tag keys.
    """

    statement: SelectStatement
    fields: tuple[Field, ...]
    time_name: str
    sources: "tuple[tuple[Place, ...] | Plan, ...]"
    condition: Expr | None
    range: TimeRange
    interval: Interval
    dimensions: tuple[str, ...]
    ascending: bool
    zone: Zone | None
    nothing: bool
    before: int
    # What was found out for an answer and is good for the next one: see execution.reading.
    memo: Memo = field(default_factory=dict, compare=False)

    def during(self, found: TimeRange, sources: "tuple[tuple[Place, ...] | Plan, ...]") -> "Plan":
        """The same of another range."""
        return Plan(
            self.statement,
            self.fields,
            self.time_name,
            sources,
            self.condition,
            found,
            self.interval,
            self.dimensions,
            self.ascending,
            self.zone,
            self.nothing,
            self.before,
            self.memo,
        )

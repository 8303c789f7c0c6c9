"""The last minutes of every chart, in memory: rows come with each tick, old ones are overwritten.

Bounds: MAX_CHARTS charts, MAX_CELLS numbers altogether; what is beyond is not kept, and counted.
A counter becomes a rate against the row before it; one that went back gives no value.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import nan
from typing import NamedTuple

from muster.agent.netdata.api.chartable import RULES, Rule, instance_id
from muster.clock import SECOND_NS
from muster.model.metric import Block, Kind, Layout, value_of

MAX_CHARTS = 400
MAX_CELLS = 2_000_000  # 16 MB
GONE_S = 60  # a chart without a row for so long is not collected any more
_LAYOUTS = 16


class Chart:
    """One chart: its names, and a ring of rows."""

    def __init__(self, rule: Rule, instance: str, every_s: int, rows: int) -> None:
        self.rule = rule
        self.instance = instance
        self.id = rule.chart.replace("{}", instance_id(instance))
        self.also = rule.chart.replace("{}", instance)  # as people would write it: disk_space./
        self.family = rule.family.replace("{}", instance)
        self.every_s = every_s
        self.width = len(rule.dims)
        self._rows = rows
        self._times = array("q", bytes(8 * rows))  # seconds; 0: empty
        self._values = array("d", bytes(8 * rows * self.width))
        self._before: dict[str, list[tuple[float, int]]] = {}  # instance -> raw value, time
        self.last_s = 0

    @property
    def first_s(self) -> int:
        """Of the oldest row that is kept; 0 for none."""
        return min((time for time in self._times if time), default=0)

    def add(self, time_s: int, values: Sequence[float]) -> None:
        """One row; of two in the same interval the later one counts, or their sum."""
        place = (time_s // self.every_s) % self._rows
        cells = slice(place * self.width, (place + 1) * self.width)
        if self.rule.adds_up and self._times[place] == time_s:
            values = [_sum(a, b) for a, b in zip(self._values[cells], values, strict=True)]
        self._times[place] = time_s
        self._values[cells] = array("d", values)
        self.last_s = max(self.last_s, time_s)

    def rates(self, instance: str, raw: Sequence[float], time_s: int) -> list[float]:
        """Values as the chart shows them, of what was measured."""
        before = self._before.get(instance)
        self._before[instance] = [(value, time_s) for value in raw]
        shown = []
        for index, (dim, value) in enumerate(zip(self.rule.dims, raw, strict=True)):
            if not dim.rate:
                shown.append(value)
                continue
            old, old_s = before[index] if before else (nan, time_s)
            passed = time_s - old_s
            change = value - old
            grows = sum(factor for _, factor in dim.terms) > 0
            wrong = passed <= 0 or ((change < 0) is grows and change != 0)
            shown.append(nan if wrong else change / passed)
        return shown

    def rows(self, after_s: int, before_s: int) -> list[tuple[int, "array[float]"]]:
        """Rows with after < time <= before, oldest first."""
        found = [
            (time, self._values[place * self.width : (place + 1) * self.width])
            for place, time in enumerate(self._times)
            if after_s < time <= before_s
        ]
        return sorted(found, key=lambda row: row[0])

    def latest(self) -> "array[float]":
        """The newest row; NaN where there is no value."""
        rows = self.rows(self.last_s - 1, self.last_s)
        return rows[0][1] if rows else array("d", [nan] * self.width)


class _Cell(NamedTuple):
    """Where in a block one dimension is: columns and factors."""

    terms: tuple[tuple[int, float], ...]


class _Plan(NamedTuple):
    """What of one layout goes to one chart."""

    chart: Chart
    instance: str
    cells: tuple[_Cell, ...]


class Ring:
    """All charts of this machine. `feed` each tick."""

    def __init__(self, history_s: int, intervals: Mapping[str, int] | None = None) -> None:
        """`intervals`: seconds between rows, by measurement; without one: every second."""
        self.history_s = history_s
        self._intervals = intervals or {}
        self.charts: dict[str, Chart] = {}
        self.refused = 0  # charts beyond the bounds, at the last look
        self._cells = 0
        self._look_s = 0
        self._plans: dict[int, tuple[Layout, list[_Plan]]] = {}

    def feed(self, blocks: Iterable[Block]) -> None:
        if self.refused and self.now_s() >= self._look_s:  # there may be room by now
            self._look_s = self.now_s() + GONE_S
            self._plans.clear()
            self.refused = 0
        for block in blocks:
            for plan in self._plan(block.layout):
                self._take(block, plan)

    def living(self) -> Iterator[Chart]:
        """Charts that have rows, in the order in which Netdata shows them."""
        ordered = sorted(self.charts.values(), key=lambda chart: (chart.rule.priority, chart.id))
        return (chart for chart in ordered if chart.last_s)

    @property
    def memory_bytes(self) -> int:
        """Of all rows."""
        return 8 * self._cells

    def now_s(self) -> int:
        """The time of the newest row."""
        return max((chart.last_s for chart in self.charts.values()), default=0)

    def _take(self, block: Block, plan: _Plan) -> None:
        width = len(block.layout.series)
        for row, time_ns in enumerate(block.times):
            start = row * width
            raw = [self._value(block, start, cell) for cell in plan.cells]
            time_s = time_ns // SECOND_NS
            shown = plan.chart.rates(plan.instance, raw, time_s)
            if any(value == value for value in shown):
                plan.chart.add(time_s, shown)

    def _value(self, block: Block, start: int, cell: _Cell) -> float:
        total = 0.0
        for column, factor in cell.terms:
            if column < 0 or (block.present is not None and not block.present[start + column]):
                return nan
            kind = block.layout.series[column].kind
            total += factor * float(value_of(block.values[start + column], kind))
        return total

    def _plan(self, layout: Layout) -> list[_Plan]:
        known = self._plans.get(id(layout))
        if known is None or known[0] is not layout:
            if len(self._plans) >= _LAYOUTS:  # a layout that was left is not kept alive for ever
                self._plans.clear()
            known = (layout, list(self._make_plans(layout)))
            self._plans[id(layout)] = known
        return known[1]

    def _make_plans(self, layout: Layout) -> Iterator[_Plan]:
        groups: dict[tuple[str, tuple[tuple[str, str], ...]], dict[str, int]] = {}
        for column, series in enumerate(layout.series):
            if series.kind is not Kind.STRING:
                groups.setdefault((series.measurement, series.tags), {})[series.field] = column
        for (measurement, tags), columns in groups.items():
            for rule in RULES:
                if rule.measurement == measurement and _fits(rule, dict(tags), columns):
                    instance = dict(tags).get(rule.tag, "")
                    chart = self._chart(rule, instance)
                    if chart is not None:
                        yield _Plan(chart, instance, _cells(rule, columns))

    def _chart(self, rule: Rule, instance: str) -> Chart | None:
        key = rule.chart if rule.adds_up else f"{rule.chart}\0{instance}"
        if key not in self.charts:
            every_s = self._intervals.get(rule.measurement, 1)
            rows = self.history_s // every_s + 2
            cells = rows * (len(rule.dims) + 1)
            if len(self.charts) >= MAX_CHARTS or self._cells + cells > MAX_CELLS:
                self._forget_gone()
            if len(self.charts) >= MAX_CHARTS or self._cells + cells > MAX_CELLS:
                self.refused += 1
                return None
            self._cells += cells
            self.charts[key] = Chart(rule, instance, every_s, rows)
        return self.charts[key]

    def _forget_gone(self) -> None:
        """Charts of what is not there any more make room for those of what has come."""
        limit = self.now_s() - self.history_s
        for key, chart in [*self.charts.items()]:
            if 0 < chart.last_s < limit:
                self._cells -= (self.history_s // chart.every_s + 2) * (chart.width + 1)
                del self.charts[key]
        self._plans.clear()


def _fits(rule: Rule, tags: Mapping[str, str], columns: Mapping[str, int]) -> bool:
    if any(tags.get(name) != value for name, value in rule.where):
        return False
    if rule.tag and (rule.tag not in tags or tags[rule.tag] in rule.unless):
        return False
    return any(all(field in columns for field, _ in dim.terms) for dim in rule.dims)


def _cells(rule: Rule, columns: Mapping[str, int]) -> tuple[_Cell, ...]:
    """A dimension whose fields this machine lacks has a column of -1, and never a value."""
    return tuple(
        _Cell(tuple((columns.get(field, -1), factor) for field, factor in dim.terms))
        for dim in rule.dims
    )


def _sum(one: float, other: float) -> float:
    if one != one:
        return other
    return one if other != other else one + other

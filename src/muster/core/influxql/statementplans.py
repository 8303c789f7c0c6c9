"""Plans of SELECT that are used again, and which statements are short.

A dashboard asks the same every some seconds, of a window that moves: names, kinds and groups of
series are found out once, as long as nothing of them changes. Used on the event loop's thread.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from muster.core.influxql.pointnames import PointNames, State
from muster.influxql.planning.plans import Plan
from muster.influxql.planning.replanning import can_be_used_again, renewed
from muster.influxql.source import Place
from muster.influxql.syntax.ast import Call, SelectStatement, walk
from muster.influxql.values.columns import MAX_TIME_NS, MIN_TIME_NS

_MOST = 256
_SHORT_CELLS = 60_000  # are worked out on the event loop without a pause to notice
_MATRIX_CELLS = 500_000  # likewise, of functions that go once over all of them: 2 to 4 ms
_ALONG_CELLS = 120_000  # likewise, of functions along all rows of these: each may be a window
_SLOW_CELLS = 3_000  # likewise, where Python goes from row to row
FEW_WINDOWS = 5_000  # of an answer on the event loop
_FEW_PLACES = 4
_MATRIX = {"count", "sum", "mean", "min", "max", "first", "last"}
_ALONG = {"derivative", "non_negative_derivative", "difference", "non_negative_difference"}
# Functions that work on all rows at once.
_QUICK = {
    *("count", "sum", "mean", "median", "spread", "stddev", "min", "max", "first", "last"),
    *("percentile", "top", "bottom", "elapsed", "cumulative_sum"),
    *_ALONG,
}


class _Entry(NamedTuple):
    statement: SelectStatement
    state: State
    plan: Plan


class StatementPlans:
    """By what was asked, in which space and database."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[object, ...], _Entry] = OrderedDict()

    def known(
        self, scope: tuple[object, ...], statement: SelectStatement, names: PointNames, now_ns: int
    ) -> Plan | None:
        """The plan, if that of an earlier statement is still good. Errors: InfluxqlError."""
        # Statements that were read from one text but for its times share their fields.
        key = (*scope, id(statement.fields))
        entry = self._known.get(key)
        if entry is None or entry.statement.fields is not statement.fields:
            return None
        plan = renewed(entry.plan, entry.statement, statement, now_ns)
        if plan is None or not entry.state.is_still(_state(plan, names)):
            return None
        self._known.move_to_end(key)
        return plan

    def keep(
        self, scope: tuple[object, ...], statement: SelectStatement, names: PointNames, plan: Plan
    ) -> None:
        """Remember the plan of a statement."""
        if not can_be_used_again(statement):
            return
        key = (*scope, id(statement.fields))
        self._known[key] = _Entry(statement, _state(plan, names), plan)
        self._known.move_to_end(key)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)


class Size(NamedTuple):
    """How many cells may be read on the event loop, for how many windows; 0 for none."""

    cells: int
    windows: int

    def of(self, plan: Plan) -> "Size":
        """Of the same plan with another range."""
        windows = max([_windows(each) for each in _levels(plan)])
        return Size(0, 0) if windows > FEW_WINDOWS else Size(self.cells, windows)


def cells_at_once(plan: Plan) -> Size:
    """What may be answered on the event loop."""
    every = list(_levels(plan))
    windows = max(map(_windows, every))
    places = places_of(plan)
    if windows > FEW_WINDOWS or len(places) > _FEW_PLACES or plan.statement.target is not None:
        return Size(0, 0)
    calls = [call.name for each in every for call in _calls(each)]
    is_quick = calls and _QUICK.issuperset(calls) and not any(each.zone for each in every)
    if not is_quick:
        return Size(_SLOW_CELLS, windows)
    readers = [each for each in every if _places(each)]
    if not all(_goes_once(each, has_windows=each is plan) for each in readers):
        return Size(_SHORT_CELLS, windows)
    return Size(_MATRIX_CELLS if _ALONG.isdisjoint(calls) else _ALONG_CELLS, windows)


def _goes_once(plan: Plan, *, has_windows: bool) -> bool:
    """Whether its functions go once over what is read; what stands around gets few rows of it."""
    calls = _calls(plan)
    is_short = has_windows or not plan.interval.duration_ns
    return bool(calls) and is_short and all(map(_is_of_matrix, calls))


def _is_of_matrix(call: Call) -> bool:
    """Also a function along the few rows of another."""
    return call.name in _MATRIX or (call.name in _ALONG and isinstance(call.args[0], Call))


def _calls(plan: Plan) -> list[Call]:
    nodes = (node for field in plan.fields for node in walk(field.expr))
    return [node for node in nodes if isinstance(node, Call)]


def _windows(plan: Plan) -> int:
    duration = plan.interval.duration_ns
    least, most = plan.range
    if duration <= 0:
        return 1
    if least is None or most is None:
        return FEW_WINDOWS + 1
    return (most - least) // duration + 2


def _levels(plan: Plan) -> Iterator[Plan]:
    """A plan and those of its subqueries."""
    yield plan
    for source in plan.sources:
        if isinstance(source, Plan):
            yield from _levels(source)


def places_of(plan: Plan) -> list[Place]:
    """The measurements of a plan and of its subqueries."""
    return [place for each in _levels(plan) for place in _places(each)]


def _places(plan: Plan) -> Sequence[Place]:
    return [place for each in plan.sources if not isinstance(each, Plan) for place in each]


def _state(plan: Plan, names: PointNames) -> State:
    """Of all that a plan was made of: names and kinds are those of the outermost range."""
    least, most = plan.range
    places = places_of(plan)
    start_ns = MIN_TIME_NS if least is None else least
    return names.state(places, start_ns, MAX_TIME_NS if most is None else most)

"""Moving windows of queries, answered from the head once a second.

A watch gets its whole window first (reset), then only what is new: the last seconds are
restated, because values arrive a little late. It is reset when its series change or when
older values have come in. Windows of several browsers that are the same cost once.
"""

from collections import deque
from typing import NamedTuple

import msgspec

from muster.clock import SECOND_NS, Clock
from muster.core.querying.query import Plan, Queries
from muster.errors import InputError, LimitExceeded
from muster.model.access import Scope
from muster.model.ids import NodeId
from muster.model.metric import Block
from muster.model.query import Frame, Function, Query
from muster.model.steps import fitting_step
from muster.ports.series import Cohort

LATENESS_NS = 5 * SECOND_NS  # how late a value may come and still be restated in passing
AHEAD_NS = 5 * SECOND_NS  # how far a node's clock may be before the hub's
_LONGEST_LAG_NS = 120 * SECOND_NS  # of a node's values behind the hub's clock; more is a reset
_TICKS = 16  # of which lags are remembered
MOST_VALUES = 400_000  # in one window
_PLAN_S = 5.0  # how long a plan is kept before new series are looked for
_UNUSED_S = 60.0
_RESET_EVERY_NS = 5 * SECOND_NS


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """What is watched: a query without its range, and how far back from now."""

    query: Query
    scope: Scope | None  # None: of all there is
    length_ns: int


Key = tuple[bytes, int, Scope | None]  # what is the same for several browsers


class Watch:
    """How far one browser is with a Window."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.key: Key = msgspec.json.encode(window.query), window.length_ns, window.scope
        self.series: tuple[object, ...] | None = None  # of the last frame
        self.values = 0  # that the whole window may hold
        self.sent_ns = 0  # the moment up to which values were sent
        self.tick = 0  # of the last frame
        self.reset_ns = 0  # the moment of the last reset
        self.reset_tick = 0


class Update(NamedTuple):
    """A frame as JSON. `reset` frames replace all before; `partial` ones lack old values."""

    frame: bytes
    reset: bool
    partial: bool


class _Planned(NamedTuple):
    plan: Plan
    values: int
    nodes: frozenset[str]
    made: float
    used: float


class Watches:
    """Evaluates watches; `begin_tick` makes a new moment."""

    def __init__(self, *, queries: Queries, clock: Clock) -> None:
        self._queries = queries
        self._clock = clock
        self._tick = 0
        self._now_ns = clock.now_ns()
        self._plans: dict[Key, _Planned] = {}
        self._frames: dict[tuple[Key, int], tuple[bytes, bool]] = {}
        self._late: dict[str, int] = {}  # node -> last tick at which much older values came
        self._lags: deque[dict[str, int]] = deque([{}], _TICKS)  # per tick: node -> longest

    @property
    def now_ns(self) -> int:
        """The moment of this tick."""
        return self._now_ns

    def begin_tick(self) -> None:
        """A new moment: what was made for the last one serves no more."""
        self._tick += 1
        self._now_ns = self._clock.now_ns()
        self._frames.clear()
        self._lags.append({})
        oldest = self._clock.monotonic() - _UNUSED_S
        self._plans = {key: held for key, held in self._plans.items() if held.used >= oldest}

    def note(self, cohort: Cohort, block: Block) -> None:
        """A sink of core.intake.ingest: notice how far behind now a node's values are."""
        lag_ns = self._now_ns - min(block.times, default=self._now_ns)
        lags = self._lags[-1]
        if lag_ns > _LONGEST_LAG_NS:
            self._late[cohort.node] = self._tick
        elif lag_ns > lags.get(cohort.node, 0):
            lags[cohort.node] = lag_ns

    def forget(self, node: NodeId) -> None:
        """A node was removed."""
        self._late.pop(node, None)

    def window(self, query: Query, scope: Scope | None, length_ns: int) -> Window:
        """A Window whose step does not change while it moves. Errors: InputError."""
        step_ns = 0
        if query.step_ns < 0 or query.width < 0:
            raise InputError("step and width cannot be negative")
        if query.function is not Function.RAW:
            step_ns = fitting_step(0, length_ns, query.step_ns, query.width) or length_ns
        fixed = msgspec.structs.replace(query, step_ns=step_ns, width=0, start_ns=0, end_ns=0)
        return Window(query=fixed, scope=scope, length_ns=length_ns)

    def update(self, watch: Watch, left: int = MOST_VALUES) -> Update | None:
        """What is new for a watch; None when nothing is. `left`: values it may hold.

        Errors: InputError, LimitExceeded as of Queries.plan; LimitExceeded for more values.
        """
        watch.values = 0
        held = self._planned(watch)
        if held.values > left:
            raise LimitExceeded(
                f"a window of {held.values} values, and the page's others leave room for "
                f"{max(left, 0)}: close some, or choose a shorter window or a width",
                too_large=True,
            )
        watch.values = held.values
        series = tuple(held.plan.refs)
        lag_ns = self._lag_ns(watch, held)
        if watch.series != series or lag_ns is None:
            return self._reset(watch, held, series)
        first_ns = self._aligned(watch.window, watch.sent_ns - LATENESS_NS - lag_ns)
        first_ns = max(first_ns, self._start_of(watch.window))
        frame, _ = self._frame(watch, held.plan, first_ns)
        watch.sent_ns, watch.tick = self._now_ns, self._tick
        return Update(frame, reset=False, partial=False) if frame else None

    def question(self, window: Window) -> Query:
        """The whole window of now as a query for head and engine."""
        return self._ranged(window, self._start_of(window))

    def _reset(self, watch: Watch, held: _Planned, series: tuple[object, ...]) -> Update:
        watch.series = series
        watch.sent_ns = watch.reset_ns = self._now_ns
        watch.tick = watch.reset_tick = self._tick
        frame, whole = self._frame(watch, held.plan, self._start_of(watch.window))
        return Update(frame or _EMPTY, reset=True, partial=not whole)

    def _lag_ns(self, watch: Watch, held: _Planned) -> int | None:
        """How old values may be that came since the last frame; None: older than restated."""
        passed = self._tick - watch.tick + 1
        if passed > len(self._lags):
            return None
        late = any(self._late.get(node, -1) >= watch.reset_tick for node in held.nodes)
        if late and self._now_ns - watch.reset_ns >= _RESET_EVERY_NS:
            return None
        return max(
            (lag.get(node, 0) for lag in list(self._lags)[-passed:] for node in held.nodes),
            default=0,
        )

    def _planned(self, watch: Watch) -> _Planned:
        now, key, window = self._clock.monotonic(), watch.key, watch.window
        held = self._plans.get(key)
        if held is None or now - held.made >= _PLAN_S:
            plan = self._queries.plan(self.question(window), window.scope)
            values = _checked_size(window, len(plan.refs))
            nodes = frozenset(dict(ref.series.tags).get("node", "") for ref in plan.refs)
            held = _Planned(plan, values, nodes, now, now)
        self._plans[key] = held = held._replace(used=now)
        return held

    def _frame(self, watch: Watch, plan: Plan, first_ns: int) -> tuple[bytes, bool]:
        """A frame from a time on, empty when it would hold nothing; whether the head has all."""
        known = self._frames.get((watch.key, first_ns))
        if known is None:
            ranged = plan._replace(query=self._ranged(watch.window, first_ns))
            frame = trimmed(self._queries.run_in_head(ranged))
            data = msgspec.json.encode(frame) if frame.times else b""
            known = self._frames[watch.key, first_ns] = data, self._queries.reaches(ranged)
        return known

    def _ranged(self, window: Window, first_ns: int) -> Query:
        end_ns = self._now_ns + AHEAD_NS
        return msgspec.structs.replace(window.query, start_ns=max(first_ns, 0), end_ns=end_ns)

    def _start_of(self, window: Window) -> int:
        return self._aligned(window, self._now_ns - window.length_ns)

    def _aligned(self, window: Window, time_ns: int) -> int:
        step_ns = window.query.step_ns
        return time_ns // step_ns * step_ns if step_ns else time_ns


def _checked_size(window: Window, series: int) -> int:
    # Raw values come once a second, as a rule.
    values = window.length_ns // (window.query.step_ns or SECOND_NS) * series
    if values > MOST_VALUES:
        raise LimitExceeded(
            f"{series} series over {window.length_ns // SECOND_NS} s are {values} values; up to "
            f"{MOST_VALUES} are watched: choose a shorter window, fewer series or a width",
            too_large=True,
        )
    return values


def trimmed(frame: Frame) -> Frame:
    """Without the times at the end at which no series has a value."""
    used = len(frame.times)
    while used and all(column[used - 1] is None for column in frame.values):
        used -= 1
    if used == len(frame.times):
        return frame
    values = [column[:used] for column in frame.values]
    return msgspec.structs.replace(frame, times=frame.times[:used], values=values)


_EMPTY = msgspec.json.encode(Frame(times=[], series=(), values=[]))

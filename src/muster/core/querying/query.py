"""Answers questions about series out of the head and, where it does not reach, the engine.

The head is asked on the event loop, where its answer is one moment's; the engine in a few
threads, whose number bounds what slow questions can take from the hub. What the head has
whole never waits for the engine.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec
import numpy as np

from muster.clock import SECOND_NS
from muster.core.querying.aggregate import WHOLE
from muster.core.querying.frames import Axis, columns_of, grid_of, regular_axis, shared_axis
from muster.core.querying.sides import (
    Engine,
    Side,
    Wanted,
    cells_of_values,
    columns_of_buckets,
    rates_of_side,
)
from muster.core.querying.table import PARTS
from muster.errors import InputError, LimitExceeded, Unavailable
from muster.model.access import Scope
from muster.model.aggregate import answer_kind, rate_gap_ns, require_function
from muster.model.metric import Kind
from muster.model.query import Frame, FrameSeries, Function, Query
from muster.model.steps import fitting_step, steps_in
from muster.ports.head import Head
from muster.ports.series import I64, Catalogue, SeriesRef, SeriesStore

T = TypeVar("T")

_OF_SUMS = {*PARTS, Function.RATE}
_LATEST_NS = 1 << 62
_CLOSE_S = 2.0
_NEAR_NS = 60 * SECOND_NS
_INLINE_VALUES = 300_000  # what the head answers on the event loop without a pause to notice


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of questions, section `query`."""

    timeout: timedelta = timedelta(seconds=20)  # how long one question may take
    # how long a question waits after a start for values that are still in the journal
    starting: timedelta = timedelta(seconds=3)
    threads: int = 2  # questions that the engine answers at once
    waiting: int = 64  # questions that wait for a thread; more are refused
    max_series: int = 100_000  # series in one answer
    max_values: int = 2_000_000  # values in one answer
    # single values that one question may read, where sums do not do: percentiles, raw values
    max_rows: int = 10_000_000
    max_range: timedelta = timedelta(days=3_660)  # the longest range of one question


class Group(NamedTuple):
    """The series of one Kind in an answer."""

    kind: Kind
    places: I64
    refs: Sequence[SeriesRef]


class Plan(NamedTuple):
    """A question whose series are known. It stays good while the catalogue does not change."""

    query: Query
    step_ns: int
    refs: Sequence[SeriesRef]
    groups: Sequence[Group]


class TooSlow(Unavailable):
    """There is no answer within the time that a question has."""


class Replay(Protocol):
    """store.replay.Replay, as far as questions need it."""

    @property
    def is_done(self) -> bool: ...
    async def wait(self, timeout_s: float) -> None:
        """Errors: Starting."""
        ...


class Queries:
    """Runs queries. `close` ends its threads.

    What it answers from and its limits are there for those who ask in other ways.
    `replay` tells whether the engine has what was acknowledged before the hub began to run.
    """

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        head: Head,
        store: SeriesStore,
        replay: Replay | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.catalogue = catalogue
        self.head = head
        self.store = store
        self._replay = replay
        self.settings = settings or Settings()
        self._threads: ThreadPoolExecutor | None = None
        self._beside: ThreadPoolExecutor | None = None  # where those threads ask the engine
        self._running: list[Future[Any]] = []  # an abandoned one still holds its thread

    async def run(self, query: Query, scope: Scope | None) -> Frame:
        """The answer, of what `scope` holds; None: of all there is.

        Errors: InputError for a question that means nothing, LimitExceeded for one that
                asks too much, Unavailable when the engine is away or too slow, Starting
                while it still gets what was acknowledged before the hub began to run.
        """
        plan = self.plan(query, scope)
        if (known := self._last_known(plan)) is not None:
            return _framed(plan, None, known)
        sides = self._sides(plan)
        if self._replay is not None and not self._replay.is_done and _asks_engine(sides):
            await self._replay.wait(self.settings.starting.total_seconds())
            sides = self._sides(plan)
        if _asks_engine(sides) or self._is_large(plan):
            return await self.in_thread(lambda: self._frame(plan, sides, self.engine()))
        return self._frame(plan, sides, None)

    def run_in_head(self, plan: Plan) -> Frame:
        """The answer as far as the head has it, at once."""
        return self._frame(plan, self._head_sides(plan), None)

    def plan(self, query: Query, scope: Scope | None) -> Plan:
        """Check a question and find its series. Errors: InputError, LimitExceeded."""
        step_ns = _checked_step(query, self.settings)
        if query.width and 0 < step_ns < WHOLE:
            start_ns = query.start_ns // step_ns * step_ns
            query = msgspec.structs.replace(query, start_ns=start_ns)
        most = min(query.limit, self.settings.max_series)
        refs = self.catalogue.find(query.select, scope, most)
        places: dict[Kind, list[int]] = {}
        for place, ref in enumerate(refs):
            series = ref.series
            require_function(query.function, series.kind, f"{series.measurement} {series.field}")
            places.setdefault(series.kind, []).append(place)
        groups = [
            # Of one kind it is the same list again, by which the head looks.
            Group(kind, np.array(chosen), refs if len(places) == 1 else [refs[at] for at in chosen])
            for kind, chosen in places.items()
        ]
        self._check_size(query, step_ns, len(refs))
        return Plan(query, step_ns, refs, groups)

    def reaches(self, plan: Plan) -> bool:
        """Whether the head has all of the answer."""
        start_ns = _first_ns(plan)
        return all((self.head.since_all(one.refs) <= start_ns).all() for one in plan.groups)

    def close(self, wait_s: float = _CLOSE_S) -> bool:
        """End the threads. Blocks for what runs; False when some of it runs on."""
        if self._threads is None:
            return True
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._threads = None
        if self._beside is not None:
            self._beside.shutdown(wait=False)
            self._beside = None
        return not wait(self._running, timeout=wait_s).not_done

    def _check_size(self, query: Query, step_ns: int, series: int) -> None:
        if query.function is Function.RAW or step_ns == WHOLE:
            return
        values = steps_in(query.start_ns, query.end_ns, step_ns) * max(series, 1)
        if values > self.settings.max_values:
            raise LimitExceeded(
                f"the answer would have {values} values, at most {self.settings.max_values} "
                "are given: choose a shorter range, a larger step or fewer series",
                too_large=True,
            )

    def _is_large(self, plan: Plan) -> bool:
        seconds = (plan.query.end_ns - plan.query.start_ns) // SECOND_NS
        return len(plan.refs) * min(seconds, 3_600) > _INLINE_VALUES

    def _last_known(self, plan: Plan) -> list[list[Any]] | None:
        """Last values of a whole range that the head knows without reading rows; else None."""
        start_ns, end_ns = plan.query.start_ns, plan.query.end_ns
        if plan.query.function is not Function.LAST or plan.step_ns != WHOLE:
            return None
        columns: list[list[Any]] = [[None] for _ in plan.refs]
        for group in plan.groups:
            if (self.head.since_all(group.refs) > start_ns).any():
                return None
            for place, known in zip(group.places.tolist(), self.head.last(group.refs), strict=True):
                if known is None or known[0] >= end_ns:
                    return None
                if known[0] >= start_ns:
                    columns[place] = [known[1]]
        return columns

    def _sides(self, plan: Plan) -> list[Side]:
        """What the head has, all of one moment, and from when on it is all there is."""
        start_ns = _first_ns(plan)
        return [side for group in plan.groups for side in self._split(plan, group, start_ns)]

    def _head_sides(self, plan: Plan) -> list[Side]:
        """What the head has, as if there were nothing else."""
        start_ns = _first_ns(plan)
        return [self._side(plan, group, start_ns, start_ns) for group in plan.groups]

    def _split(self, plan: Plan, group: Group, start_ns: int) -> list[Side]:
        """Series that the head has whole, and the others with one common cut."""
        since = self.head.since_all(group.refs)
        whole = since <= start_ns
        if whole.all():
            return [self._side(plan, group, start_ns, start_ns)]
        sides = []
        if whole.any():
            sides.append(self._side(plan, _part(group, whole), start_ns, start_ns))
        cut_ns = min(self._cut(plan, group.kind, int(since.max())), plan.query.end_ns)
        sides.append(self._side(plan, _part(group, ~whole), start_ns, cut_ns))
        return sides

    def _cut(self, plan: Plan, kind: Kind, since_ns: int) -> int:
        """Up to where the engine is asked: its sums are less to read than the head's rows."""
        cut_ns = _bucket_end(since_ns, plan.step_ns)
        if plan.step_ns == WHOLE or plan.query.function not in _OF_SUMS:
            return cut_ns
        return self.store.summed_until(kind, cut_ns, plan.step_ns)

    def engine(self) -> Engine:
        """The engine, to be asked beside other work; for what runs `in_thread`."""
        if self._beside is None:
            self._beside = ThreadPoolExecutor(max(self.settings.threads, 1), "engine")
        return Engine(self.store, self._beside)

    def _side(self, plan: Plan, group: Group, start_ns: int, cut_ns: int) -> Side:
        view = self.head.view(group.refs, start_ns, plan.query.end_ns, cut_ns)
        return Side(group.kind, group.places, group.refs, view, start_ns, cut_ns)

    def _frame(self, plan: Plan, sides: Sequence[Side], engine: Engine | None) -> Frame:
        """Put the answer together; blocks when an engine is given."""
        query = plan.query
        whole = plan.step_ns == WHOLE
        axis = Axis(0, WHOLE, 1)
        if plan.step_ns and not whole:
            axis = regular_axis(query.start_ns, query.end_ns, plan.step_ns)
        wanted = Wanted(
            function=query.function,
            axis=axis,
            percent=query.percentile,
            start_ns=query.start_ns,
            gap_ns=_gap_ns(plan),
            most_rows=self.settings.max_rows,
        )
        times, values = self._columns(len(plan.refs), sides, wanted, engine)
        return _framed(plan, None if whole else times, values)

    def _columns(
        self, width: int, sides: Sequence[Side], wanted: Wanted, engine: Engine | None
    ) -> tuple[I64, list[list[Any]]]:
        if wanted.function in PARTS:
            columns: list[list[Any]] = [[]] * width
            for side in sides:
                made = columns_of_buckets(side, wanted, engine)
                for place, column in zip(side.places.tolist(), made, strict=True):
                    columns[place] = column
            return wanted.axis.times, columns
        cells_of = rates_of_side if wanted.function is Function.RATE else cells_of_values
        parts = [cells for side in sides for cells in cells_of(side, wanted, engine)]
        times = shared_axis(parts) if wanted.function is Function.RAW else wanted.axis.times
        return times, columns_of(parts, times, width, self.settings.max_values)

    @property
    def is_ready(self) -> bool:
        """Whether `ready` has nothing to wait for."""
        return self._replay is None or self._replay.is_done

    async def ready(self) -> None:
        """Wait until the engine has what was acknowledged before. Errors: Starting."""
        if self._replay is not None and not self._replay.is_done:
            await self._replay.wait(self.settings.starting.total_seconds())

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Everything that waits for the engine or takes long goes through here.

        Errors: Unavailable when too many wait or it takes too long; it runs on then.
        """
        self._running = [future for future in self._running if not future.done()]
        if len(self._running) >= self.settings.waiting + self.settings.threads:
            raise Unavailable(f"{len(self._running)} questions wait already; ask again later")
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self.settings.threads, "query")
        future = self._threads.submit(work)
        self._running.append(future)
        try:
            async with asyncio.timeout(self.settings.timeout.total_seconds()):
                return await asyncio.wrap_future(future)
        except TimeoutError as error:
            seconds = self.settings.timeout.total_seconds()
            raise TooSlow(
                f"no answer within {seconds:g} s: choose a shorter range or fewer series"
            ) from error


def _asks_engine(sides: Sequence[Side]) -> bool:
    return any(side.asks_engine for side in sides)


def _checked_step(query: Query, settings: Settings) -> int:
    """The step that is used. Errors: InputError, LimitExceeded."""
    start_ns, end_ns = query.start_ns, query.end_ns
    if not 0 <= start_ns < end_ns <= _LATEST_NS:
        raise InputError(f"not a time range: {start_ns} to {end_ns} ns")
    if query.step_ns < 0 or query.width < 0 or query.limit <= 0:
        raise InputError("step, width and limit cannot be negative, and limit not 0")
    if query.function is Function.PERCENTILE and not 0 <= query.percentile <= 100:
        raise InputError(f"percentile must be between 0 and 100, not {query.percentile}")
    if (end_ns - start_ns) / SECOND_NS > settings.max_range.total_seconds():
        raise LimitExceeded(f"at most {settings.max_range.days} days are answered at once")
    if query.function is Function.RAW:
        return 0
    return fitting_step(start_ns, end_ns, query.step_ns, query.width) or WHOLE


def _first_ns(plan: Plan) -> int:
    """The first time that is read: a rate needs the value before its first.

    A range of whole steps is read in whole steps, of which more are known from before.
    """
    start_ns = plan.query.start_ns
    if plan.query.function is not Function.RATE:
        return start_ns
    first_ns = start_ns - _gap_ns(plan)
    return first_ns if start_ns % plan.step_ns else first_ns // plan.step_ns * plan.step_ns


def _gap_ns(plan: Plan) -> int:
    query = plan.query
    return rate_gap_ns(query.end_ns - query.start_ns if plan.step_ns == WHOLE else plan.step_ns)


def _bucket_end(time_ns: int, step_ns: int) -> int:
    """The end of the bucket that is cut at a time, so that one side has it whole.

    Only where that is near: what is new may be in the head alone.
    """
    return -(-time_ns // step_ns) * step_ns if 0 < step_ns <= _NEAR_NS else time_ns


def _part(group: Group, chosen: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Group:
    kept = np.flatnonzero(chosen).tolist()
    return Group(group.kind, group.places[chosen], [group.refs[place] for place in kept])


def _framed(plan: Plan, times: I64 | None, values: list[list[Any]]) -> Frame:
    """The answer; without times it is of the range as a whole."""
    query, listed = plan.query, [plan.query.start_ns]
    grid = None
    if times is not None:
        grid = grid_of(times) if query.grid else None
        listed = [] if grid else times.tolist()
    return Frame(
        times=listed,
        series=tuple(_described(ref, query.function) for ref in plan.refs),
        values=values,
        step_ns=0 if plan.step_ns == WHOLE else plan.step_ns,
        grid=grid or msgspec.UNSET,
    )


def _described(ref: SeriesRef, function: Function) -> FrameSeries:
    series = ref.series
    return FrameSeries(
        measurement=series.measurement,
        field=series.field,
        tags=series.tags,
        kind=answer_kind(function, series.kind),
    )

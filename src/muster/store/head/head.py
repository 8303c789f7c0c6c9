"""The head: recent rows of all series in memory, packed, and the last value of each.

The series of one Layout of one node are a Cohort; its rows are one matrix until they are
sealed. Memory is kept to a budget by dropping the oldest sealed block of all Cohorts, yet
only when its rows are in the engine. As long as all of it is small, hours more stay than the
window asks for: a small hub's questions then need no engine. What the head alone answers begins
at `since`.

Source: docs/formats/head.md; measurements in docs/performance.md
"""

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import msgspec
import numpy as np

from muster.clock import Clock
from muster.model.ids import NodeId
from muster.model.metric import Block, Kind, Value
from muster.ports.head import NewestRow, Numbers
from muster.ports.series import I64, U64, Cohort, Grid, SeriesRef
from muster.store.head.headblocks import Sealed
from muster.store.head.headbudget import Budget
from muster.store.head.headerase import Erasing
from muster.store.head.headplaces import Found, grouped, last_of, latest_of, newest_of, node_of
from muster.store.head.headrows import FAR, CohortRows, codes_of
from muster.store.head.headview import HeadView, Held, Room

_SPARE = 8  # this part of the budget may hold what is older than the window
_FEW_COHORTS = 1_000  # likewise: each is looked through when series are found
_FEWEST_ROWS = 16  # of an open block, however many series there are
_TIDY_S = 10.0  # within which each node is looked at once
_TIDY_SHARE_S = 1.0  # how long not to look at any: at ten thousand at once would take half a second
_IDLE_S = 180.0  # silence after which open rows are sealed and their matrix freed
_REMEMBERED = 200_000  # series of lists that were asked for lately
_REMEMBERED_LISTS = 256
_PATTERNS = np.dtype(np.int64)
_OPEN_OF_STOCK = 1_024  # it is written by many, each of which has layouts of its own
_OPEN_COHORTS = 16  # per node; a node that changes its layout all the time gets no more


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the head, section `head`."""

    # memory for recent rows; 0: the smaller of 512 MB and 1/8 of the machine's, or what is left
    budget_bytes: int = 0
    hub_bytes: int = 704 << 20  # memory of the hub; recent rows get what the rest of it leaves
    window: timedelta = timedelta(minutes=70)  # how long recent rows stay in memory
    # how long rows stay in memory while all of them take at most 1/8 of the budget
    small_window: timedelta = timedelta(hours=13)
    block_rows: int = 120  # rows after which a block is sealed; at most 1024


class HeadState(NamedTuple):
    """How much the head holds, for the hub's own page."""

    cohorts: int
    series: int
    rows_sealed: int
    bytes_sealed: int
    bytes_open: int
    bytes_pinned: int  # over the budget, but not in the engine yet


class _Waiting(NamedTuple):
    """A sealed block in the order in which blocks leave."""

    block: Sealed
    rows: CohortRows
    sealed_at: float


class Head:
    """Implements muster.ports.head.Head."""

    def __init__(
        self,
        *,
        clock: Clock,
        settings: Settings | None = None,
        own_bytes: Callable[[], int] = int,
    ) -> None:
        """`own_bytes` tells the memory of the whole process; 0: unknown."""
        self._clock = clock
        self._settings = settings or Settings()
        given, whole = self._settings.budget_bytes, self._settings.hub_bytes
        self._budget = Budget(given, whole, own_bytes)
        self._window_s = self._settings.window.total_seconds()
        self._small_window_s = max(self._settings.small_window.total_seconds(), self._window_s)
        # Rows of times before this run began may be in the engine alone, whatever order
        # rows come in now.
        self._begun_ns = clock.now_ns() + 1
        self._cohorts: dict[int, CohortRows] = {}
        self._nodes: dict[NodeId, list[CohortRows]] = {}
        # `gone_ns` of cohorts that were dropped, and what was before this run.
        self._floors: dict[NodeId, int] = {}
        self._leaving: deque[_Waiting] = deque()
        self._passing = 0  # blocks among them of which nothing is ever stored
        self._stored = 0
        self._series = 0
        self._sealed_bytes = 0
        self._open_bytes = 0
        self._tidied = 0.0
        self._untidy: list[NodeId] = []  # to be looked at next
        # Where the series of a list are, by the list's identity: each list is asked about
        # several times in a row, those of live pages every second.
        self._room = Room()
        self._located: dict[int, tuple[Sequence[SeriesRef], list[Found]]] = {}
        self._located_size = 0

    def begin(self, newest: Mapping[NodeId, int]) -> None:
        """Before the first row: the newest time each node sent before this run began.

        Rows of earlier runs may be ahead of the clock of now; only the engine has them.
        """
        for node, time_ns in newest.items():
            self._floors[node] = max(self._floors.get(node, self._begun_ns), time_ns + 1)

    def append(self, cohort: Cohort, block: Block, segment: int) -> None:
        if not len(cohort.kinds) or not block.rows:
            return
        now = self._clock.monotonic()
        rows = self._cohorts.get(cohort.number) or self._add(cohort)
        rows.touched = now
        before = rows.open_bytes
        sealed = rows.append(block, segment)
        self._open_bytes += rows.open_bytes - before
        if sealed:
            self._take(rows, sealed, now)
        if now - self._tidied >= _TIDY_SHARE_S:
            self._tidy(now)

    def stored(self, segment: int) -> None:
        self._stored = max(self._stored, segment)
        self._evict(self._clock.monotonic())

    def forget(self, node: NodeId) -> None:
        """Drop everything of a node that was removed."""
        for rows in self._nodes.pop(node, []):
            self._remove(rows)
        self._forget_places()
        self._floors.pop(node, None)
        kept = [waiting for waiting in self._leaving if waiting.rows.cohort.node != node]
        self._wait_for(deque(kept))

    def erase(self, refs: Sequence[SeriesRef], start_ns: int, end_ns: int, through: int) -> None:
        """Drop what segments up to `through` brought of some series for a range of time."""
        now, found = self._clock.monotonic(), self._searched(refs)
        for rows, _, _ in found:
            self._flush(rows, now)
        replaced: dict[Sealed, Sealed | None] = {}
        for rows, _, columns in found:
            replaced |= rows.erase(columns, Erasing(start_ns, end_ns, through))
        leaving = deque[_Waiting]()
        for waiting in self._leaving if replaced else ():
            block = replaced.get(waiting.block, waiting.block)
            if block is not None:
                leaving.append(waiting._replace(block=block))
        if replaced:
            self._wait_for(leaving)

    def _wait_for(self, leaving: deque[_Waiting]) -> None:
        self._leaving = leaving
        self._sealed_bytes = sum(waiting.block.size_bytes for waiting in leaving)
        self._passing = sum(waiting.block.segment <= 0 for waiting in leaving)

    def _add(self, cohort: Cohort) -> CohortRows:
        self._series += len(cohort.kinds)
        limit = self._rows_limit()
        # The first block of each cohort has another height, so that seals spread over time.
        rows = CohortRows(cohort, limit, first_limit=1 + cohort.number * 37 % limit)
        self._cohorts[cohort.number] = rows
        node = self._nodes.setdefault(cohort.node, [])
        node.append(rows)
        self._forget_places()
        return rows

    def _take(self, rows: CohortRows, sealed: list[Sealed], now: float) -> None:
        for block in sealed:
            self._leaving.append(_Waiting(block, rows, now))
            self._sealed_bytes += block.size_bytes
            self._passing += block.segment <= 0
        rows.hold_to(self._rows_limit())
        self._evict(now)

    def _rows_limit(self) -> int:
        """Open blocks may take a quarter of the budget."""
        fitting = self._budget.bytes // 4 // (8 * max(self._series, 1))
        return min(max(fitting, _FEWEST_ROWS), max(self._settings.block_rows, 1), 1024)

    def _evict(self, now: float) -> None:
        while self._leaving:
            waiting = self._leaving[0]
            if now - waiting.sealed_at <= self._stays_s():
                return
            if waiting.block.segment > self._stored:
                return  # pinned: nothing but the journal has it
            self._leaving.popleft()
            self._sealed_bytes -= waiting.block.size_bytes
            self._passing -= waiting.block.segment <= 0
            waiting.rows.drop(waiting.block)

    def _flush(self, rows: CohortRows, now: float) -> None:
        before = rows.open_bytes
        sealed = rows.flush()
        self._open_bytes += rows.open_bytes - before
        self._take(rows, sealed, now)

    def _stays_s(self) -> float:
        """How long a sealed block stays; what is not to be kept, no longer than is said."""
        held = self._sealed_bytes + self._open_bytes
        if held > self._budget.bytes:
            return -1.0
        is_small = held <= self._budget.bytes // _SPARE and len(self._cohorts) <= _FEW_COHORTS
        is_small &= not self._passing
        return self._small_window_s if is_small else self._window_s

    def _tidy(self, now: float) -> None:
        """Look at as many nodes as the time that passed asks for, the next ones in turn."""
        self._budget.look(now, self._sealed_bytes + self._open_bytes)
        share = min(1.0, (now - self._tidied) / _TIDY_S)
        self._tidied = now
        for _ in range(math.ceil(len(self._nodes) * share)):
            self._untidy = self._untidy or list(self._nodes)
            cohorts = self._nodes.get(self._untidy.pop())
            if cohorts is not None:  # it may have been removed
                self._tidy_one(cohorts, now)
        self._evict(now)

    def _tidy_one(self, node: list[CohortRows], now: float) -> None:
        """Seal what is idle, forget layouts that the node has left."""
        active = sorted(node, key=lambda rows: rows.touched, reverse=True)
        for place, rows in enumerate(active):
            rows.hold_to(self._rows_limit())
            most = _OPEN_OF_STOCK if rows.cohort.of_stock else _OPEN_COHORTS
            if rows.open_bytes and (now - rows.touched >= _IDLE_S or place >= most):
                self._flush(rows, now)
        newest = active[0].touched if active else now
        for rows in active[1:]:
            if rows.is_empty and newest - rows.touched >= self._window_s:
                node.remove(rows)
                self._remove(rows)
                self._forget_places()

    def _remove(self, rows: CohortRows) -> None:
        node = rows.cohort.node
        self._floors[node] = max(self._floors.get(node, self._begun_ns), rows.gone_ns)
        self._series -= len(rows.cohort.kinds)
        self._open_bytes -= rows.open_bytes
        del self._cohorts[rows.cohort.number]

    def since(self, ref: SeriesRef) -> int:
        return int(self.since_all([ref])[0])

    def since_all(self, refs: Sequence[SeriesRef]) -> I64:
        located = self._locate(refs)
        is_one = len(located) == 1 and len(located[0].keys) == len(refs)
        since = np.empty(len(refs), np.int64)
        since.fill(FAR)
        for rows, keys, _ in located:
            floor = self._floor(rows)
            if is_one:
                since.fill(floor)
                return since
            known = since[keys]
            since[keys] = np.where(known == FAR, floor, np.maximum(known, floor))
        return since

    def _floor(self, rows: CohortRows) -> int:
        return max(self._floors.get(rows.cohort.node, self._begun_ns), rows.gone_ns)

    def matrix(
        self, refs: Sequence[SeriesRef], span: tuple[int, int], most: int, kind: np.dtype[Any]
    ) -> Numbers | None:
        located = self._locate(refs)
        if len(located) != 1:
            return None
        rows, keys, columns = located[0]
        if len(keys) != len(refs) or self._floor(rows) > span[0]:
            return None
        return rows.matrix(columns, span, most, kind, self._room)

    def grids(
        self, refs: Sequence[SeriesRef], start_ns: int, end_ns: int, most: int
    ) -> list[Grid] | None:
        located = self._locate(refs)
        if sum([len(found.keys) for found in located]) != len(refs):
            return None
        seen = np.zeros(len(refs), np.bool_)
        grids: list[Grid] = []
        for rows, keys, columns in located:
            seen[keys] = True
            is_late, span = self._floor(rows) > start_ns, (start_ns, end_ns)
            found = None if is_late else rows.matrix(columns, span, most, _PATTERNS, self._room)
            if found is None:
                return None
            times, patterns, _ = found
            most -= patterns.size
            grids.append(Grid(keys, times, patterns))
        return grids if seen.all() else None

    def newest_rows(
        self, refs: Sequence[SeriesRef], start_ns: int, end_ns: int
    ) -> list[NewestRow] | None:
        return newest_of(self._locate(refs), len(refs), (start_ns, end_ns), self._floor)

    def view(self, refs: Sequence[SeriesRef], start_ns: int, end_ns: int, cut_ns: int) -> HeadView:
        by_node: dict[NodeId, list[Found]] = {}
        located = self._locate(refs)
        for found in located:
            if len(located) == 1 or found.rows.has_rows(start_ns, end_ns):
                by_node.setdefault(found.rows.cohort.node, []).append(found)
        kind = refs[0].series.kind if refs else Kind.FLOAT
        held = [
            self._hold(keys, group, start_ns, end_ns, cut_ns)
            for cohorts in by_node.values()
            for keys, group in grouped(cohorts)
        ]
        return HeadView(held, kind, (start_ns, end_ns), cut_ns, self._stored)

    def last(self, refs: Sequence[SeriesRef]) -> list[tuple[int, Value] | None]:
        return last_of(self._locate(refs), len(refs))

    def latest(
        self, refs: Sequence[SeriesRef], start_ns: int, end_ns: int
    ) -> list[tuple[int, Value] | None]:
        return latest_of(self._locate(refs), len(refs), (start_ns, end_ns), self._floor)

    def newest_cells(self, refs: Sequence[SeriesRef]) -> tuple[int, bytes] | None:
        located = self._locate(refs)
        if len(located) != 1 or len(located[0].keys) != len(refs):
            return None
        rows, _, columns = located[0]
        found = rows.newest_cells(columns)
        return None if found is None or found[0] < self._floor(rows) else found

    @property
    def state(self) -> HeadState:
        over = self._sealed_bytes + self._open_bytes - self._budget.bytes
        return HeadState(
            cohorts=len(self._cohorts),
            series=self._series,
            rows_sealed=sum(waiting.block.rows for waiting in self._leaving),
            bytes_sealed=self._sealed_bytes,
            bytes_open=self._open_bytes,
            bytes_pinned=max(over, 0),
        )

    def _hold(self, keys: I64, group: list[Found], start_ns: int, end_ns: int, cut_ns: int) -> Held:
        held = Held(keys, [], [])
        for rows, _, columns in group:
            held.pieces.extend(rows.pieces(columns, max(start_ns, cut_ns), end_ns))
            if start_ns < cut_ns:
                old_end_ns = min(end_ns, cut_ns)
                held.unstored.extend(rows.unstored(columns, start_ns, old_end_ns, self._stored))
        return held

    def _locate(self, refs: Sequence[SeriesRef]) -> list[Found]:
        """Where series are: for each cohort that has some of them, which and in which columns."""
        known = self._located.get(id(refs))
        if known is not None and known[0] is refs:
            return known[1]
        found = self._searched(refs)
        self._located_size += len(refs)
        if self._located_size > _REMEMBERED or len(self._located) >= _REMEMBERED_LISTS:
            self._forget_places()
        self._located[id(refs)] = refs, found
        return found

    def _forget_places(self) -> None:
        self._located.clear()
        self._located_size = 0

    def _searched(self, refs: Sequence[SeriesRef]) -> list[Found]:
        found: list[Found] = []
        for node, keys, codes in self._asked(refs):
            for rows in self._nodes[node]:
                columns = rows.columns_of(codes)
                held = np.flatnonzero(columns >= 0)
                if len(held):
                    found.append(Found(rows, keys[held], columns[held]))
        return found

    def _asked(self, refs: Sequence[SeriesRef]) -> list[tuple[NodeId, I64, U64]]:
        places: dict[NodeId, list[int]] = {}
        for place, ref in enumerate(refs):
            node = node_of(ref.series)
            if node in self._nodes:
                places.setdefault(node, []).append(place)
        asked = []
        for node, chosen in places.items():
            tags = np.array([refs[place].tags for place in chosen], np.uint64)
            fields = np.array([refs[place].field for place in chosen], np.uint64)
            kinds = np.array([refs[place].series.kind for place in chosen], np.uint8)
            asked.append((node, np.array(chosen, np.int64), codes_of(tags, fields, kinds)))
        return asked

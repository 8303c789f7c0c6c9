"""SeriesStore on ClickHouse: what is asked and told, wherever the engine is.

Sessions: store/engine/enginesessions.py, of the embedded engine; store/engine/clickhousehttp.py, of
a cluster. Statements: store/engine/statements.py and questions.py; answers: answers.py beside them;
format: docs/formats/engine.md
"""

import logging
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from muster.clock import DAY_NS, SECOND_NS, Clock, SystemClock
from muster.errors import LimitExceeded, MusterError, Unavailable
from muster.model.metric import Kind
from muster.ports.series import Buckets, Grid, Parts, Rows, SeriesRef, Usage
from muster.store.engine import erasure, questions, statements, usage
from muster.store.engine.answers import no_buckets, no_rows, rows_of
from muster.store.engine.arrow import numbers_to_arrow, texts_to_arrow
from muster.store.engine.bucketcache import Asked, BucketCache
from muster.store.engine.bucketreads import BucketReads
from muster.store.engine.enginesessions import EmbeddedSessions, Limits, Sessions, translated
from muster.store.engine.questions import Range
from muster.store.engine.rollups import Rollups
from muster.store.engine.rowcache import RowCache, grids_of
from muster.store.engine.statements import COLUMNS, HOUR_NS, SUMMED
from muster.store.engine.sumfiles import SumFiles

log = logging.getLogger(__name__)

_PATIENCE_NS = 7 * DAY_NS  # a day waits so long to be summed up before its rows go


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of the engine."""

    readers: int = 2  # questions that the engine works on at once
    memory_bytes: int = 2 << 30  # memory that the engine may take for one question
    answer_rows: int = 20_000_000  # rows of one answer of the engine
    # how long the engine may take for one question, its waiting included
    question: timedelta = timedelta(seconds=30)
    start: timedelta = timedelta(seconds=15)  # how long a question waits for the engine to start
    cache_bytes: int = 64 << 20  # memory for buckets that are kept for the next question
    # memory for single values that are kept for the next question of PromQL
    rows_bytes: int = 64 << 20
    # disk for the newest hours' sums, which are read without a statement
    sums_bytes: int = 256 << 20

    @property
    def limits(self) -> Limits:
        """What each session is told."""
        seconds = self.question.total_seconds()
        return Limits(self.readers, self.memory_bytes, self.answer_rows, seconds)


class ClickHouse:
    """See ports.series.SeriesStore. Construction does nothing; `open` first."""

    def __init__(
        self,
        *,
        path: Path,
        settings: Settings,
        clock: Clock | None = None,
        sessions: Sessions | None = None,
    ) -> None:
        """`path` is the embedded engine's folder, unless there are other sessions."""
        self._settings = settings
        self._sessions = sessions or EmbeddedSessions(path, settings.limits)
        self._ready = threading.Event()
        self._write_lock = threading.Lock()
        self._rewritten: frozenset[int] = frozenset()
        self._buckets = BucketCache(settings.cache_bytes)
        self._rows = RowCache(settings.rows_bytes)
        self._sums = SumFiles(path.with_name(path.name + "-sums"), settings.sums_bytes)
        self._rollups = Rollups((clock or SystemClock()).monotonic, self._sums)
        self._reads = BucketReads(
            rollups=self._rollups, sums=self._sums, range_of=self._range, ask=self._ask
        )
        self._closed = False

    @property
    def is_embedded(self) -> bool:
        """Whether all that is stored lies in a folder of this machine."""
        return self._sessions.is_embedded

    def open(self) -> None:
        """Start the engine and make its tables. Blocks for about a second. Errors: Unavailable."""
        with self._write_lock:
            if self._ready.is_set() or self._closed:
                return
            self._sessions.open(statements.create())
            try:
                self._load()
            except OSError as error:
                raise translated(error) from error
            finally:
                if not self._ready.is_set():
                    self._sessions.close()

    def _load(self) -> None:
        days = self._sessions.asked(statements.rewritten())
        self._rollups.load(self._sessions.asked, self._sessions.tell)
        self._rewritten = frozenset(days["day"].to_pylist())
        self._ready.set()

    def close(self) -> None:
        """See ports.series.SeriesStore. Waits a little for running questions."""
        with self._write_lock:
            if not self._closed and self._ready.is_set():
                self._sessions.close()
            self._closed = True

    def append(self, token: str, rows: dict[Kind, Rows], *, rewrites: bool = False) -> None:
        """See ports.series.SeriesStore."""
        self._wait()
        with self._write_lock:
            self._check_open()
            try:
                self._rollups.before_append(rows, self._sessions.tell)
                if rewrites:
                    self._mark(rows)
                for kind, some in sorted(rows.items()):
                    if len(some.times):
                        self._insert(token, kind, some)
            except OSError as error:
                raise translated(error) from error
            finally:
                # Also of a failed one some rows may be in.
                self._rollups.after_append(rows)
                for kind, some in rows.items():
                    self._buckets.written(kind, some.tags, some.times)
                    self._rows.written(kind, some.tags, some.times)

    def select(self, kind: Kind, keys: Sequence[SeriesRef], start_ns: int, end_ns: int) -> Rows:
        """See ports.series.SeriesStore."""
        if not keys or end_ns <= start_ns:
            return no_rows(kind)
        wanted = self._range(kind, keys, start_ns, end_ns)
        table = self._ask(questions.select(wanted))
        return rows_of(kind, table, keys, "ts", "v")

    def grids(
        self, kind: Kind, keys: Sequence[SeriesRef], start_ns: int, end_ns: int, most: int
    ) -> Sequence[Grid]:
        """See ports.series.SeriesStore."""
        if not keys or end_ns <= start_ns:
            return []

        def ask(first_ns: int, last_ns: int) -> Sequence[Grid]:
            self._check_most(kind, keys, (first_ns, last_ns), most)
            return grids_of(self.select(kind, keys, first_ns, last_ns), keys)

        return self._rows.grids(kind, keys, start_ns, end_ns, ask)

    def _check_most(
        self, kind: Kind, keys: Sequence[SeriesRef], span: tuple[int, int], most: int
    ) -> None:
        """Where there may be too many at one a second, they are counted before they are read."""
        if most and len(keys) * (span[1] - span[0]) // SECOND_NS <= most:
            return
        if not most:
            raise LimitExceeded("not all of it is kept")
        counts = self.aggregate(kind, keys, *span, 0, Parts.NONE).counts
        if int(counts.sum()) > most:
            raise LimitExceeded(
                f"{counts.sum()} single values would be read, at most {most} are: choose a"
                " shorter range or fewer series",
                too_large=True,
            )

    def _forget(self) -> None:
        """Rows have gone."""
        self._buckets.forget()
        self._rows.forget()

    def last(self, kind: Kind, keys: Sequence[SeriesRef], since_ns: int) -> Rows:
        """See ports.series.SeriesStore."""
        if not keys:
            return no_rows(kind)
        wanted = self._range(kind, keys, since_ns, np.iinfo(np.int64).max)
        table = self._ask(questions.last(wanted))
        return rows_of(kind, table, keys, "ts_", "v_")

    def aggregate(
        self,
        kind: Kind,
        keys: Sequence[SeriesRef],
        start_ns: int,
        end_ns: int,
        step_ns: int,
        parts: Parts = Parts.ALL,
    ) -> Buckets:
        """See ports.series.SeriesStore."""
        if not keys or end_ns <= start_ns:
            return no_buckets(kind)
        asked = Asked(kind, keys, step_ns, parts)
        return self._buckets.aggregate(
            asked, start_ns, end_ns, lambda first, end: self._read(asked, first, end)
        )

    def _read(self, asked: Asked, start_ns: int, end_ns: int) -> Buckets:
        self._wait()  # before, it is not known which sums there are
        return self._reads.read(asked, start_ns, end_ns)

    def summed_until(self, kind: Kind, since_ns: int, step_ns: int) -> int:
        """See ports.series.SeriesStore."""
        return self._rollups.until(since_ns, step_ns) if kind in SUMMED else since_ns

    def erase(self, keys: Sequence[SeriesRef], start_ns: int, end_ns: int) -> None:
        """See ports.series.SeriesStore."""
        if not keys or end_ns <= start_ns:
            return
        self._wait()
        with self._write_lock:
            self._check_open()
            done, tell = False, self._sessions.tell
            try:
                hours = self._rollups.before_erase(start_ns, end_ns, tell)
                self._erase(keys, start_ns, end_ns, sums=bool(hours))
                done = True
            except OSError as error:
                raise translated(error) from error
            finally:
                self._forget()
                self._after_erase(start_ns, end_ns, done=done)

    def _after_erase(self, start_ns: int, end_ns: int, *, done: bool) -> None:
        try:
            self._rollups.after_erase(start_ns, end_ns, self._sessions.tell, done=done)
        except MusterError as error:  # they stay marked as bad, so that rows answer
            log.warning("sums stay unused until the next start", extra={"error": str(error)})

    def _erase(self, keys: Sequence[SeriesRef], start_ns: int, end_ns: int, *, sums: bool) -> None:
        way = self._sessions
        most = erasure.MOST_KEYS if way.is_embedded else erasure.MOST_KEYS_IN_CLUSTER
        span = start_ns, end_ns
        touched = erasure.erase(way.asked, way.tell, keys, span, sums=sums, most=most)
        if touched and way.is_embedded:
            erasure.sync(way.asked(erasure.places(touched))["place"].to_pylist())

    def settle(self) -> None:
        """See store.writer.Engine."""
        erasure.settle(self._ask)

    def drop(self, before_ns: int, hours_before_ns: int | None = None) -> int:
        """See ports.series.SeriesStore."""
        gone = set()
        hours_end = before_ns if hours_before_ns is None else min(before_ns, hours_before_ns)
        for row in self._ask(statements.partitions(before_ns)).to_pylist():
            day = int(row["partition"])
            keeps_hours = (day + 1) * DAY_NS > hours_end
            if keeps_hours and row["table"] in statements.SUMS[HOUR_NS].values():
                continue
            may_wait = keeps_hours and (day + 1) * DAY_NS > before_ns - _PATIENCE_NS
            if may_wait and self._rollups.is_waiting(day):
                continue
            with self._write_lock:
                self._check_open()
                try:
                    self._rollups.before_drop(day, self._sessions.tell, keeps_hours=keeps_hours)
                    self._sessions.tell(statements.drop(row["table"], day))
                finally:
                    self._forget()
            gone.add(day)
            self._rollups.drop(day)
        self._give_back()
        return len(gone)

    def _give_back(self) -> None:
        """Take deleted rows out of one day that no more rows come to: for the room."""
        with self._write_lock:
            self._check_open()
            days = self._sessions.asked(statements.days())["day"].to_pylist()
            masked = self._sessions.asked(usage.masked(max(days, default=0) - 1))
            for row in masked.to_pylist():
                self._sessions.tell(usage.unmask(row["table"], int(row["day"])))

    def usage(self, day: int) -> Usage:
        """See ports.series.SeriesStore."""
        return usage.usage(self._ask, day)

    def roll(self, now_ns: int) -> bool:
        """See store.writer.Engine."""
        self._wait()
        with self._write_lock:
            self._check_open()
            try:
                way = self._sessions
                return self._rollups.roll(now_ns, self._rewritten, way.asked, way.tell)
            except OSError as error:
                raise translated(error) from error

    def manage(self, statement: str) -> list[str]:
        """Run a statement of store/engine/snapshot.py: its answer's lines. Errors: Unavailable."""
        self._wait()
        with self._write_lock:
            self._check_open()
            return self._sessions.lines(statement)

    def _range(self, kind: Kind, keys: Sequence[SeriesRef], start_ns: int, end_ns: int) -> Range:
        self._wait()  # before, it is not known which days were rewritten
        first, last = start_ns // DAY_NS, (end_ns - 1) // DAY_NS
        final = any(first <= day <= last for day in self._rewritten)
        pairs = sorted({(ref.field, ref.tags) for ref in keys})
        return Range(kind, pairs, start_ns, end_ns, final)

    def _ask(self, statement: str) -> pa.Table:
        self._wait()
        self._check_open()
        return self._sessions.ask(statement)

    def _insert(self, token: str, kind: Kind, rows: Rows) -> None:
        numbers = [numbers_to_arrow(each) for each in (rows.fields, rows.tags, rows.times)]
        arrow = pa.Table.from_arrays(
            [*numbers, _values(kind, rows)], names=["field", "tags", "ts", "v"]
        )
        self._sessions.insert(statements.insert(kind, token), arrow)

    def _mark(self, rows: dict[Kind, Rows]) -> None:
        """Remember days where questions must look for rewritten times: before the rows are in."""
        days = {
            int(day) for some in rows.values() for day in np.unique(some.times // DAY_NS)
        } - self._rewritten
        if days:
            self._sessions.tell(statements.mark_rewritten(sorted(days)))
            self._rewritten |= days

    def _wait(self) -> None:
        if not self._ready.wait(self._settings.start.total_seconds()):
            raise Unavailable("the engine is still starting")

    def _check_open(self) -> None:
        if self._closed:
            raise Unavailable("the engine is closed")


def _values(kind: Kind, rows: Rows) -> pa.Array:
    dtype = COLUMNS[kind].dtype
    if dtype is None:
        return texts_to_arrow(rows.texts or ())
    if kind is Kind.BOOLEAN:
        return numbers_to_arrow((rows.patterns != 0).astype(dtype))
    return numbers_to_arrow(rows.patterns.view(dtype))

"""Stored values summed up hour by hour, so that long ranges read a part of the rows.

By minutes, a sixtieth, and by the whole hour for months and years; the last two days by ten
seconds too, for a first look at half a day.
Sums are made of rows that are in the engine, by the writer's thread, and can be made anew
at any time: they are no part of what an acknowledgement promises, nor of a backup. An hour
whose sums are whole is marked good, after they are on disk. It is summed up in slices of
its series, each about as long as a segment of the journal may wait for the thread. Rows
that are stored late take the marks of all their day away, before they are in; the day's
sums are made anew once no more such rows have come for a while, which no question outlasts.
Format: docs/formats/engine.md
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from muster.clock import DAY_NS, SECOND_NS
from muster.model.metric import Kind
from muster.ports.series import I64, Rows
from muster.store.engine import questions, statements
from muster.store.engine.questions import Range
from muster.store.engine.statements import HOUR_NS, MINUTE_NS, SUMMED, TEN_NS
from muster.store.engine.sumfiles import SumFiles
from muster.store.engine.sumspans import answered_by

Ask = Callable[[str], Any]
"""Runs a statement; an Arrow table."""
Tell = Callable[[str], object]
"""Runs a statement that has no answer."""

_DAY_HOURS = DAY_NS // HOUR_NS
_SETTLING_NS = 600 * SECOND_NS  # an hour is summed up when the engine has later rows than this
_RESTING_NS = 120 * SECOND_NS  # a day is made anew when no late row came for so long
_ALL_FIELDS = 1 << 64
_SLICE_S = 1.0  # longer: the next slice has half as many fields; a quarter: twice as many
_FIRST_SLICES = 64
_MOST_SLICES = 1024
_BAD, _GOOD = 0, 1  # marks of hours
# Added to a good one: with tens of seconds too; with the whole hour; with that alone for good
_FINE, _WIDE, _KEPT = 1, 2, 4
KEPT_ALONE = _GOOD + _WIDE + _KEPT
_FINE_DAYS = 2  # the newest, whose hours are summed up by ten seconds


class _Making(NamedTuple):
    """An hour that is being summed up, and what comes next: fields of a kind from here on."""

    hour: int
    kinds: tuple[Kind, ...]
    field: int
    fine: bool

    @property
    def day(self) -> int:
        return self.hour // _DAY_HOURS


class Rollups:
    """Which hours have sums; their copies in files follow.

    All but `good`, `fine`, `wide`, `spans` and `until` belong to who writes. `monotonic` tells
    seconds.
    """

    def __init__(self, monotonic: Callable[[], float], files: SumFiles) -> None:
        self._monotonic = monotonic
        self._files = files
        self._making: _Making | None = None
        self._widths = dict.fromkeys(SUMMED, _ALL_FIELDS // _FIRST_SLICES)
        self.good: frozenset[int] = frozenset()  # replaced, never changed
        self.fine: frozenset[int] = frozenset()  # of them, those with tens of seconds
        self.wide: frozenset[int] = frozenset()  # of them, those with a sum of all of it
        self._days: set[int] = set()  # with rows
        self._closed: set[int] = set()  # days without rows of which the hours are kept
        self._resting: dict[int, int | None] = {}  # day -> since when; None: not known yet
        self._half_made: set[int] = set()  # days with sums of an hour that was not marked
        self._thinned: dict[int, int] = {}  # day -> since when its tens are no longer asked for
        self._newest_ns = 0
        self._turn = 0  # of the next mark
        self._erasing: dict[int, int] = {}  # the marks that hours had before
        self._done = (0, 0, 0)  # settled hours, days and good hours when nothing was due

    def load(self, ask: Ask, tell: Tell) -> None:
        """Read what is there. Hours that an end in between left half made are not good."""
        marks = ask(statements.sum_marks()).to_pylist()
        found = {mark["hour"]: mark["good"] - _GOOD for mark in marks if mark["good"]}
        self.good = frozenset(found)
        self.fine = frozenset(hour for hour, more in found.items() if more & _FINE)
        self.wide = frozenset(hour for hour, more in found.items() if more & _WIDE)
        self._closed = {hour // _DAY_HOURS for hour, more in found.items() if more & _KEPT}
        self._turn = max((mark["turn"] for mark in marks), default=0) + 1
        self._days = set(ask(statements.days())["day"].to_pylist())
        fine = {hour // _DAY_HOURS for hour in self.fine}
        self._thinned = dict.fromkeys(set(ask(statements.fine_days())["day"].to_pylist()) - fine, 0)
        made = ask(statements.summed_hours())["hour"].to_pylist()
        self._files.load(self.good, self.fine)
        half_made = {hour // _DAY_HOURS for hour in made if hour not in self.good}
        self._spoil(half_made - self._closed, tell)

    def before_append(self, rows: dict[Kind, Rows], tell: Tell) -> None:
        """Rows are about to be stored: hours that they change are good no more."""
        making = self._making
        if making and any(_touches(some.times, making.hour) for some in rows.values()):
            self._making = None  # its day is half made, and will be made anew
        bound = (max(self.good, default=-1) + 1) * HOUR_NS
        days: set[int] = set()
        for some in rows.values():
            if len(some.times) and int(some.times.min()) < bound:  # seldom
                days |= _days_of(some.times[some.times < bound])
        days -= self._closed
        self._spoil({day for day in days if any(one in self.good for one in _hours(day))}, tell)
        for day in days & self._resting.keys():
            self._resting[day] = None

    def after_append(self, rows: dict[Kind, Rows]) -> None:
        """Rows have been stored, or some of them."""
        for some in rows.values():
            if len(some.times):
                self._newest_ns = max(self._newest_ns, int(some.times.max()))
                self._days |= _days_of(some.times)

    def before_erase(self, start_ns: int, end_ns: int, tell: Tell) -> list[int]:
        """Rows are about to be deleted: rows answer for all hours until `after_erase`.

        The hours that have sums; those of them all that must be deleted too. Where the end of
        the process comes in between, they are made anew, but for those that are kept alone: one
        statement deletes of these.
        """
        self._erasing = {}
        first, last = start_ns // HOUR_NS, (end_ns - 1) // HOUR_NS
        hours = sorted(hour for hour in self.good if first <= hour <= last)
        if self._making and first <= self._making.hour <= last:
            self._making = None  # its day is half made, and will be made anew
        open_hours = [hour for hour in hours if hour // _DAY_HOURS not in self._closed]
        self._erasing = {hour: self._mark_of(hour) for hour in open_hours}
        if open_hours:
            self._mark(open_hours, tell, _BAD)
        return hours

    def after_erase(self, start_ns: int, end_ns: int, tell: Tell, *, done: bool) -> None:
        """Rows and sums are deleted, or the deletion failed: then nobody knows what is gone.

        Hours of which a minute is cut are made anew with their days, all others are good again;
        of one that is cut between minutes these answer.
        """
        halved = {time // HOUR_NS for time in (start_ns, end_ns) if time % HOUR_NS}
        cut = {time // DAY_NS for time in (start_ns, end_ns) if time % MINUTE_NS}
        anew = {hour // _DAY_HOURS for hour in self._erasing}
        if done:
            marks = {
                hour: _without(mark, _WIDE) if hour in halved else mark
                for hour, mark in self._erasing.items()
                if hour // _DAY_HOURS not in cut
            }
            self._mark_each(marks, tell)
            anew &= cut
        self._spoil(anew, tell)

    def before_drop(self, day: int, tell: Tell, *, keeps_hours: bool) -> None:
        """A day is about to go, or all of it but its sums of whole hours.

        Nothing can make those anew: they stay as they are, whatever comes late.
        """
        wide = [hour for hour in _hours(day) if hour in self.wide]
        if keeps_hours and wide and day not in self._closed:
            self._mark(wide, tell, KEPT_ALONE)
            self._closed.add(day)
        elif not keeps_hours and day in self._closed:
            self._mark(_hours(day), tell, _BAD)  # what is written again can be summed up again
            self._closed.discard(day)

    def is_waiting(self, day: int) -> bool:
        """Whether rows of a day are still to be summed up: late ones, or those of a copy."""
        return day >= 0 and day in self._days and any(one not in self.good for one in _hours(day))

    def drop(self, day: int) -> None:
        """A day is gone."""
        self._days.discard(day)
        self._files.drop(_hours(day))
        if self._making and self._making.day == day:
            self._making = None
            self._half_made.discard(day)

    def roll(self, now_ns: int, rewritten: frozenset[int], ask: Ask, tell: Tell) -> bool:
        """Sum up a slice of the newest hour that is due; whether there was one.

        `rewritten` are the days of which equal times must be looked for. After a failure
        the day's sums are made anew.
        """
        self._thin(now_ns, tell)
        making, self._making = self._making or self._begin(now_ns, ask, tell), None
        if making is None:
            return False
        if making.kinds:
            making = self._slice(making, rewritten, ask, tell)
        if making.kinds:
            self._making = making
        else:
            self._files.keep(making.hour)
            self._mark([making.hour], tell, _GOOD + _WIDE + (_FINE if making.fine else 0))
            self._half_made.discard(making.day)
        return True

    def _slice(self, making: _Making, rewritten: frozenset[int], ask: Ask, tell: Tell) -> _Making:
        """Sum up some fields of a kind; what comes next."""
        kind, end = making.kinds[0], making.field + self._widths[making.kinds[0]]
        began = self._monotonic()
        self._make(making, min(end, _ALL_FIELDS) - 1, rewritten, ask, tell)
        self._widen(kind, self._monotonic() - began)
        if end < _ALL_FIELDS:
            return making._replace(field=end)
        return making._replace(kinds=making.kinds[1:], field=0)

    def _begin(self, now_ns: int, ask: Ask, tell: Tell) -> _Making | None:
        hour = self._due(now_ns)
        if hour is None:
            return None
        day = hour // _DAY_HOURS
        if day in self._half_made:
            self._spoil({day}, tell)
            self._half_made.discard(day)
            return None
        if not any(one in self.good for one in _hours(day)):
            for table in statements.sum_tables():
                tell(statements.drop(table, day))
        self._resting.pop(day, None)
        self._half_made.add(day)
        self._files.begin()
        span = hour * HOUR_NS, (hour + 1) * HOUR_NS
        kinds = [kind for kind in SUMMED if ask(statements.any_row(kind, *span)).num_rows]
        return _Making(hour, tuple(kinds), 0, self._is_fine(day))

    def _make(
        self, making: _Making, last: int, rewritten: frozenset[int], ask: Ask, tell: Tell
    ) -> None:
        """Sum up a slice: by minutes, of tens of seconds where there are some, and by the hour."""
        span = making.hour * HOUR_NS, (making.hour + 1) * HOUR_NS
        final, fields = making.day in rewritten, (making.field, last)
        source = Range(making.kinds[0], None, *span, final, fields=fields)
        if making.fine:
            tell(questions.make_sums(source, TEN_NS))
            self._files.add(source, TEN_NS, ask)
            source = source._replace(sums=TEN_NS)
        tell(questions.make_sums(source, MINUTE_NS))
        self._files.add(source, MINUTE_NS, ask)
        tell(questions.make_sums(source._replace(sums=MINUTE_NS), HOUR_NS))

    def _is_fine(self, day: int) -> bool:
        return day > self._newest_ns // DAY_NS - _FINE_DAYS and day not in self._thinned

    def _thin(self, now_ns: int, tell: Tell) -> None:
        """Take the tens of seconds of older days away, once no question can be reading them."""
        for day in {hour // _DAY_HOURS for hour in self.fine}:
            if not self._is_fine(day):
                fine = [hour for hour in _hours(day) if hour in self.fine]
                self._mark_each({hour: _without(self._mark_of(hour), _FINE) for hour in fine}, tell)
                self._thinned[day] = now_ns
        for day, since in list(self._thinned.items()):
            if not 0 <= now_ns - since < _RESTING_NS:
                for table in statements.SUMS[TEN_NS].values():
                    tell(statements.drop(table, day))
                del self._thinned[day]

    def _widen(self, kind: Kind, took_s: float) -> None:
        """How much the next slice may be, by how long the last one took."""
        width = self._widths[kind]
        if took_s > _SLICE_S:
            self._widths[kind] = max(width // 2, _ALL_FIELDS // _MOST_SLICES)
        elif took_s < _SLICE_S / 4:
            self._widths[kind] = min(width * 2, _ALL_FIELDS)

    def spans(self, start_ns: int, end_ns: int, step_ns: int) -> list[tuple[int, int, int]]:
        """A range in pieces, each with the width of the sums that answer it; 0: rows do."""
        pieces = [(start_ns, end_ns, 0)]
        for summed_ns, hours in self._sums_for(step_ns):
            pieces = answered_by(summed_ns, hours, pieces, step_ns)
        return pieces

    def until(self, since_ns: int, step_ns: int) -> int:
        """See ports.series.SeriesStore.summed_until."""
        hours = next((hours for _, hours in reversed(self._sums_for(step_ns))), frozenset[int]())
        hour = since_ns // HOUR_NS
        while hour in hours:
            hour += 1
        return max(since_ns, hour * HOUR_NS // step_ns * step_ns) if hours else since_ns

    def _sums_for(self, step_ns: int) -> list[tuple[int, frozenset[int]]]:
        """Sums that make whole steps, the widest first, and the hours that have them."""
        if step_ns and not step_ns % HOUR_NS:
            return [(HOUR_NS, self.wide), (MINUTE_NS, self.good)]
        if step_ns and not step_ns % MINUTE_NS:
            return [(MINUTE_NS, self.good)]
        if step_ns and not step_ns % TEN_NS:
            return [(TEN_NS, self.fine)]
        return []

    def _due(self, now_ns: int) -> int | None:
        for day, since in self._resting.items():
            if since is None or since > now_ns:  # the clock may have been set back
                self._resting[day] = now_ns
        settled = (min(now_ns, self._newest_ns) - _SETTLING_NS) // HOUR_NS
        if not self._resting and self._done == (settled, len(self._days), len(self.good)):
            return None  # asked after every segment: it must cost nothing
        for day in sorted(self._days, reverse=True):
            since = self._resting.get(day)
            # Partitions of days before 1970 are cut otherwise.
            if day < 0 or (since is not None and now_ns - since < _RESTING_NS):
                continue
            for hour in reversed(_hours(day)):
                if hour < settled and hour not in self.good:
                    return hour
        self._done = settled, len(self._days), len(self.good)
        return None

    def _spoil(self, days: set[int], tell: Tell) -> None:
        hours = [hour for day in sorted(days) for hour in _hours(day) if hour in self.good]
        if hours:
            self._mark(hours, tell, _BAD)
        for day in days:
            self._resting[day] = None
        if self._making and self._making.day in days:
            self._making = None

    def _mark_of(self, hour: int) -> int:
        """Of a good hour."""
        return _GOOD + (_FINE if hour in self.fine else 0) + (_WIDE if hour in self.wide else 0)

    def _mark_each(self, marks: Mapping[int, int], tell: Tell) -> None:
        for mark in sorted(set(marks.values())):
            self._mark([hour for hour, each in marks.items() if each == mark], tell, mark)

    def _mark(self, hours: Iterable[int], tell: Tell, mark: int) -> None:
        tell(statements.mark_sums(hours, self._turn, mark))
        self._turn += 1
        more = mark - _GOOD if mark else 0
        self.good = self.good | set(hours) if mark else self.good - set(hours)
        self.fine = self.fine | set(hours) if more & _FINE else self.fine - set(hours)
        self.wide = self.wide | set(hours) if more & _WIDE else self.wide - set(hours)
        if not more & _FINE:
            self._files.drop(hours, TEN_NS if mark else 0)


def _without(mark: int, more: int) -> int:
    return mark - ((mark - _GOOD) & more)


def _days_of(times: I64) -> set[int]:
    first, last = int(times.min()) // DAY_NS, int(times.max()) // DAY_NS
    return {first} if first == last else set(np.unique(times // DAY_NS).tolist())


def _touches(times: I64, hour: int) -> bool:
    """Whether there are rows of an hour; those of later ones are told at a glance."""
    start, end = hour * HOUR_NS, (hour + 1) * HOUR_NS
    if not len(times) or int(times.min()) >= end:
        return False
    return bool(((times >= start) & (times < end)).any())


def _hours(day: int) -> range:
    return range(day * _DAY_HOURS, (day + 1) * _DAY_HOURS)

"""Which points of a write are refused, why, and what is left of it.

A refusal belongs to the shard that its point falls into, because InfluxDB answers for one shard:
the earliest that refused any, with the first of its reasons and the count of its points. Points
beyond their policy fall into none, and are told of when no shard refused.

Source: docs/formats/line-protocol.md. Golden: tests/golden/influx/golden_writes.json
"""

from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, compress

import msgspec

from muster.model.metric import Layout
from muster.wire.goquote import quoted
from muster.wire.lineparsed import TIME, Parsed

BEYOND_RETENTION = "points beyond retention policy"
DISAGREE = "field type conflict"  # of the points of one write, among themselves


class Refusal(msgspec.Struct, frozen=True):
    """Points that were refused for one reason; `shard` is its start, None for those without."""

    reason: str
    points: int
    shard: int | None
    place: int  # of the first of them in the body


class Part(msgspec.Struct, frozen=True):
    """Rows of one layout that fall into one shard, and one of their times."""

    layout: int
    rows: Sequence[int]
    time_ns: int


class Sieve:
    """Takes refusals of a body's rows, which are counted as Parsed has them: by layout.

    What may have no column by its name is refused at once: a tag `time`, and a field `time` that
    is alone. Beside others such a field is left out of what is kept, and nobody is told.
    """

    def __init__(self, parsed: Parsed) -> None:
        self._parsed = parsed
        self._starts = list(accumulate(parsed.rows, initial=0))
        self._reasons = [""]
        self._numbers = {"": 0}
        self._of_row = array("I", [0]) * len(parsed.times)
        self._is_clean = True
        for number in parsed.with_time:
            if reason := _reserved(parsed.layouts[number]):
                self.refuse(self.rows_of(number), reason)

    def rows_of(self, layout: int) -> range:
        """The rows of a layout."""
        return range(self._starts[layout], self._starts[layout + 1])

    def refuse(self, rows: Iterable[int], reason: str) -> None:
        """The first reason stays."""
        number = self._numbers.setdefault(reason, len(self._reasons))
        if number == len(self._reasons):
            self._reasons.append(reason)
        for row in rows:
            self._of_row[row] = self._of_row[row] or number
            self._is_clean = False

    def refuse_outside(self, earliest_ns: int, latest_ns: int) -> None:
        """Points that a policy does not keep."""
        times = self._parsed.times
        if times and (min(times) < earliest_ns or max(times) > latest_ns):
            outside = (not earliest_ns <= time_ns <= latest_ns for time_ns in times)
            self.refuse(compress(range(len(times)), outside), BEYOND_RETENTION)

    def parts(self, span_of: Callable[[int], tuple[int, int]]) -> list[Part]:
        """What is not refused so far, by layout and shard. `span_of` gives a time its shard."""
        times, parts, span = self._parsed.times, [], (0, 0)
        for layout in range(len(self._parsed.layouts)):
            rows: Sequence[int] = self.rows_of(layout)
            first = last = times[rows[0]]
            if len(rows) > 1:
                of_layout = times[rows[0] : rows[-1] + 1]
                first, last = min(of_layout), max(of_layout)
            if not span[0] <= first < span[1]:
                span = span_of(first)
            if self._is_clean and last < span[1]:
                parts.append(Part(layout, rows, first))
            else:
                parts += self._split(layout, span_of)
        return parts

    def _split(self, layout: int, span_of: Callable[[int], tuple[int, int]]) -> list[Part]:
        times, span = self._parsed.times, (0, 0)
        by_shard: dict[int, list[int]] = {}
        for row in self.rows_of(layout):
            if not self._of_row[row]:
                if not span[0] <= times[row] < span[1]:
                    span = span_of(times[row])
                by_shard.setdefault(span[0], []).append(row)
        return [Part(layout, found, times[found[0]]) for found in by_shard.values()]

    def refusals(self, shard_of: Callable[[int], int]) -> list[Refusal]:
        """By shard and reason. `shard_of` gives a time its shard's start."""
        found: dict[tuple[int | None, str], list[int]] = {}
        for row, number in () if self._is_clean else enumerate(self._of_row):
            if number:
                reason = self._reasons[number]
                time_ns = self._parsed.times[row]
                shard = None if reason == BEYOND_RETENTION else shard_of(time_ns)
                found.setdefault((shard, reason), []).append(self._parsed.order[row])
        return [
            Refusal(reason, len(places), shard, min(places))
            for (shard, reason), places in found.items()
        ]

    def kept(self) -> Parsed:
        """What is left, without fields named `time`. Places of points stay as they were."""
        parsed = self._parsed
        if self._is_clean and not parsed.with_time:
            return parsed
        layouts, keys, rows, strings = [], array("I"), array("I"), []
        times, order, values = array("q"), array("I"), array("q")
        row = cell = 0
        columns = zip(parsed.layouts, parsed.keys, parsed.rows, parsed.strings, strict=True)
        for layout, key, count, texts in columns:
            width = len(layout.series)
            wanted = [series.field != TIME for series in layout.series]
            before = len(times)
            for _ in range(count):
                if not self._of_row[row]:
                    times.append(parsed.times[row])
                    order.append(parsed.order[row])
                    values.extend(compress(parsed.values[cell : cell + width], wanted))
                row, cell = row + 1, cell + width
            if len(times) > before:
                layouts.append(Layout(tuple(compress(layout.series, wanted))))
                keys.append(key)
                rows.append(len(times) - before)
                strings.append(texts)
        return msgspec.structs.replace(
            parsed,
            layouts=tuple(layouts),
            keys=keys,
            rows=rows,
            times=times,
            order=order,
            values=values,
            strings=tuple(strings),
            with_time=(),
        )


def _reserved(layout: Layout) -> str:
    """Why points of a layout cannot be stored; empty when they can."""
    first = layout.series[0]
    if any(key == TIME for key, _value in first.tags):
        on = f'"{TIME}" on measurement {quoted(first.measurement)} is invalid'
        return f"invalid tag key: input tag {on}"
    if all(series.field == TIME for series in layout.series):
        on = f'"{TIME}" on measurement {quoted(first.measurement)} is invalid'
        return f"invalid field name: input field {on}"
    return ""

"""Whole queries."""

import pytest

from muster.errors import LimitExceeded
from muster.promql.ast import Type
from muster.promql.errors import PromqlError, TooMuch
from muster.promql.limits import Limits
from muster.promql.parser import parse
from muster.promql.query import instant, over_range
from muster.promql.render import data_of
from muster.testing.prommemory import MemorySource, series_of

SOURCE = MemorySource(
    [series_of({"__name__": "up", "i": i}, [0, 60_000], ["1", "stale" if i == "a" else "2"])
     for i in "ba"]
)  # fmt: skip


def test_a_vector_at_a_moment():
    found = instant(SOURCE, parse("up"), 60_000)

    assert (found.type, found.value.labels) == (Type.VECTOR, [(("__name__", "up"), ("i", "b"))])


def test_the_samples_of_a_range():
    found = instant(SOURCE, parse("up[5m]"), 60_000)

    assert [each.times.tolist() for each in found.series] == [[0], [0, 60_000]]


def test_each_step_of_a_range_sorted_by_labels():
    found = over_range(SOURCE, parse("-up"), 0, 60_000, 60_000)

    assert [each.values.tolist() for each in found.series] == [[-1], [-1, -2]]
    assert over_range(SOURCE, parse("1"), 0, 5, 5).series[0].values.tolist() == [1, 1]


def test_what_has_no_value_at_steps_is_refused():
    with pytest.raises(PromqlError, match='invalid expression type "range vector"'):
        over_range(SOURCE, parse("up[5m]"), 0, 5, 5)


TIMES = list(range(0, 600_001, 30_000))
LONG = MemorySource(
    [series_of({"__name__": "up", "i": i}, TIMES, [str(at) for at in TIMES]) for i in "ab"]
)


@pytest.mark.parametrize("text", ["rate(up[2m])", "sum(up)", "up @ end()", "time()", "topk(1, up)",
                                  "max_over_time(up[3m:30s] offset 1m)"])  # fmt: skip
def test_what_would_hold_too_much_is_worked_out_in_parts(text):
    class Limited:
        """Reads at most 20 values at once."""

        read = asked = 0

        def renew(self):
            self.read = 0

        newest = LONG.newest

        def select(self, matchers, start_ms, end_ms):
            found = LONG.select(matchers, start_ms, end_ms)
            self.asked += 1
            self.read += len(found.values)
            if self.read > 20:
                raise LimitExceeded("too much")
            return found

    source = Limited()
    limits = Limits(lookback_ms=60_000, renew=source.renew)
    whole = over_range(LONG, parse(text), 120_000, 600_000, 40_000, limits)
    parts = over_range(source, parse(text), 120_000, 600_000, 40_000, limits)

    assert data_of(parts) == data_of(whole)
    assert source.asked > 2 or text == "time()" or "@" in text


def test_an_answer_that_is_too_much_in_all_is_refused():
    with pytest.raises(TooMuch):
        over_range(LONG, parse("up"), 0, 600_000, 10_000, Limits(cells=100))
    with pytest.raises(TooMuch):
        over_range(LONG, parse("up"), 0, 0, 10_000, Limits(cells=1))

"""Trees over columns."""

import numpy as np
import pytest

from muster.promql.errors import ExecutionError
from muster.promql.evaluation import Evaluation
from muster.promql.limits import Limits
from muster.promql.parser import parse
from muster.promql.query import instant
from muster.promql.selecting import plain_newest
from muster.promql.source import Newest
from muster.testing.prommemory import STALE_TEXT, MemorySource, series_of

TIMES = list(range(0, 600_001, 30_000))
SOURCE = MemorySource(
    [series_of({"__name__": "up", "i": i}, TIMES, [str(at // 1_000) for at in TIMES]) for i in "ab"]
)
STEPS = np.array([300_000, 600_000])


def evaluation():
    return Evaluation(SOURCE, Limits(), 300_000, 600_000)


def value(text):
    with np.errstate(all="ignore"):
        return evaluation().value(parse(text), STEPS)


def test_all_steps_are_worked_out_at_once():
    assert value("up").values.tolist() == [[300, 600]] * 2
    assert value("sum(up) + 1").values.tolist() == [[601, 1201]]
    assert value("1 + 2").tolist() == [3, 3]


def test_offsets_and_times_move_what_is_seen():
    assert value("up offset 1m").values[0].tolist() == [240, 540]
    assert value("up @ start()").values[0].tolist() == [300, 300]
    assert value("up @ end() offset 5m").values[0].tolist() == [300, 300]


def test_subqueries_stand_at_multiples_of_their_step():
    assert value("count_over_time(up[5m:100s])").values[0].tolist() == [4, 4]
    assert value("max_over_time(sum(up)[2m:])").values.tolist() == [[600, 1200]]


def test_what_is_asked_for_twice_is_read_once():
    class Counting:
        asked = 0

        def select(self, matchers, start_ms, end_ms):
            self.asked += 1
            return SOURCE.select(matchers, start_ms, end_ms)

    source = Counting()
    Evaluation(source, Limits(), 0, 0).value(parse("sum(up) / count(up) + up offset 1m"), STEPS)

    assert source.asked == 2


def test_a_sign_drops_the_name():
    assert value("-up").labels == [(("i", "a"),), (("i", "b"),)]
    assert value("-1").tolist() == [-1, -1]


def test_a_matrix_has_no_value_at_steps():
    with pytest.raises(ExecutionError):
        value("up[5m]")
    with pytest.raises(ExecutionError):
        evaluation().windows(parse("up"), STEPS)


class AtHand(MemorySource):
    """Has the newest samples at hand, and is asked for nothing else."""

    def newest(self, matchers, start_ms, end_ms):
        columns = super().select(matchers, start_ms, end_ms)
        moments = np.array([end_ms], np.int64)
        vector, times = plain_newest(columns, moments, end_ms - start_ms)
        return Newest(vector.labels, vector.values, vector.there, times)

    def select(self, matchers, start_ms, end_ms):
        raise AssertionError("the newest are enough")


@pytest.mark.parametrize(
    "query", ["m", "m offset 5s", "m @ 10", "-m", "timestamp(m)", "sum(m)", "m + m", "absent(m)"]
)
def test_newest_samples_that_are_at_hand_give_the_same(query):
    series = [
        series_of({"__name__": "m", "a": name}, [0, 10_000, 20_000], values)
        for name, values in (("x", ["1", "2", "3"]), ("y", ["4", "5", STALE_TEXT]))
    ]
    node = parse(query)
    found, wanted = (
        instant(source(series), node, 20_000).value for source in (AtHand, MemorySource)
    )

    assert list(found.labels) == list(wanted.labels)
    assert found.values.tolist() == wanted.values.tolist()
    assert found.there.tolist() == wanted.there.tolist()

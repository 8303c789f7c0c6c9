"""What calls give."""

import pytest

from muster.influxql.execution.calls import is_selector
from muster.influxql.syntax.ast import Call
from muster.testing.influxasking import ask, documents
from muster.testing.influxmemory import MemorySource

RANGE = "WHERE time >= 0 AND time < 40s"
LINES = b"""m,h=a v=1,s="x" 0
m,h=a v=4,s="y" 10000000000
m,h=b v=2,s="z" 15000000000
m,h=a v=9,s="w" 30000000000"""


@pytest.fixture(scope="module")
def source():
    memory = MemorySource()
    memory.create("d")
    memory.write("d", "autogen", LINES)
    return memory


def values(source, text):
    _, body = ask(source, f"SELECT {text}", {"db": "d", "epoch": "s"})
    (document,) = documents(body.decode())
    (result,) = document["results"]
    assert "error" not in result, result["error"]
    return [row for series in result.get("series", []) for row in series["values"]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"max(v), s FROM m {RANGE}", [[30, 9, "w"]]),
        (f"max(v), min(v) FROM m {RANGE}", [[0, 9, 1]]),
        (f"count(v) FROM m {RANGE} GROUP BY time(20s)", [[0, 3], [20, 1]]),
        (f"count(v) FROM m {RANGE} AND h = 'b' GROUP BY time(20s)", [[0, 1], [20, 0]]),
        (f"count(distinct(v)) FROM m {RANGE} GROUP BY time(40s)", [[0, 4]]),
        (f"distinct(s) FROM m {RANGE} AND v < 3", [[0, "x"], [0, "z"]]),
        (f"top(v, 2), s FROM m {RANGE}", [[10, 4, "y"], [30, 9, "w"]]),
        (f"top(v, h, 2) FROM m {RANGE}", [[15, 2, "b"], [30, 9, "a"]]),
        (f"percentile(v, 50) FROM m {RANGE} GROUP BY time(20s)", [[0, 2], [20, 9]]),
        (f"derivative(sum(v), 10s) FROM m {RANGE} GROUP BY time(20s)", [[20, 1]]),
        (f"difference(max(v)) FROM m {RANGE} GROUP BY time(20s) fill(0)", [[0, 4], [20, 5]]),
        (f"cumulative_sum(max(v)) FROM m {RANGE} GROUP BY time(20s)", [[0, 4], [20, 13]]),
        (f"elapsed(v, 5s) FROM m {RANGE} AND h = 'a'", [[10, 2], [30, 4]]),
        (f"integral(v) FROM m {RANGE} AND h = 'a'", [[0, 155]]),
        ("mean(v) FROM m ORDER BY time DESC", [[0, 4]]),
        ("elapsed(v, 7s) FROM m WHERE h = 'a' ORDER BY time DESC LIMIT 1", [[10, -2]]),
        # what InfluxDB 1.6.7 leaves out with OFFSET alone, and of what top() is given
        ("v FROM m WHERE h = 'a' OFFSET 1", [[10, 4]]),
        ("top(v, 1) FROM m WHERE h = 'a' LIMIT 1", [[10, 4]]),
        ("count(q) FROM (SELECT stddev(v) AS q FROM m GROUP BY h)", [[0, 2]]),
        ("max(q) FROM (SELECT sqrt(v - 4) AS q FROM m WHERE h = 'a')", [[0, None]]),
        (
            "stddev(q) FROM (SELECT sqrt(v - 4) AS q FROM m WHERE h = 'a')",
            [[0, 1.5811388300841898]],
        ),
        ("sqrt(s), v FROM m WHERE h = 'b'", [[15, None, 2]]),
        ("cumulative_sum(count(s)) FROM m WHERE v > 99 AND time > 0 GROUP BY time(1s)", []),
        ("sum(nope), count(v) FROM m", [[0, None, 4]]),
        ("last(v) FROM m GROUP BY h", [[30, 9], [15, 2]]),
    ],
)
def test_functions_show_what_influxdb_shows(source, text, found):
    assert values(source, text) == found


def test_windows_before_the_range_are_read_for_the_first_change(source):
    text = "difference(max(v)) FROM m WHERE time >= 20s AND time < 40s GROUP BY time(20s)"

    assert values(source, text) == [[20, 5]]


def test_a_sample_has_so_many_rows(source):
    assert len(values(source, "sample(v, 2) FROM m")) == 2


def test_what_picks_points_is_a_selector():
    assert is_selector(Call("max"))
    assert not is_selector(Call("mean"))

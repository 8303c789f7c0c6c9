"""That answers stay the same is tried in test_partials.py, beside a source of points alone."""

import json

import pytest

from muster.influxql.checking.checks import check
from muster.influxql.execution.options import Limits, outermost
from muster.influxql.execution.panels import Panels, fields_of
from muster.influxql.planning.expansion import Expansion
from muster.influxql.source import Place
from muster.influxql.syntax.ast import Call, DataType, VarRef
from muster.influxql.syntax.parser import parse_query
from muster.testing.influxasking import NOW_NS, ask
from muster.testing.influxmemory import MemorySource

PLACE = Place("d", "autogen", "m")
FLOAT, TEXT = DataType.FLOAT, DataType.STRING
RANGE = "WHERE time >= 0 AND time < 40s"
LINES = b"""m,h=a v=1,w=5,s="x" 0
m,h=a v=4 10000000000
m,h=b v=2 15000000000
m,h=a v=9,w=7 30000000000"""


class Counted(MemorySource):
    """Tells how often it is read, and in which way."""

    def __init__(self):
        super().__init__()
        self.create("d")
        self.write("d", "autogen", LINES)
        self.read = []

    def matrices(self, *asked):
        self.read.append("matrices")
        return super().matrices(*asked)

    def latest(self, *asked):
        self.read.append("latest")
        return super().latest(*asked)

    def partials(self, *asked):
        self.read.append("partial")
        return super().partials(*asked)

    def rows(self, *asked):
        if not self.read[-1:] or self.read[-1] not in ("matrices", "latest", "partial"):
            self.read.append("rows")
        return super().rows(*asked)


def read(text, source=None):
    source = source or Counted()
    _, body = ask(source, f"SELECT {text}", {"db": "d", "epoch": "s"})
    (result,) = json.loads(body)["results"]
    rows = [row for series in result.get("series", []) for row in series["values"]]
    return source.read, rows


@pytest.mark.parametrize(
    ("text", "ways", "found"),
    [
        (
            f"mean(v), max(w) FROM m {RANGE} GROUP BY time(20s)",
            ["matrices"],
            [[0, 7 / 3, 5], [20, 9, 7]],
        ),
        (
            f"sum(v) - min(v) FROM m {RANGE} GROUP BY time(20s), h",
            ["matrices"],
            [[0, 4], [20, 0], [0, 0], [20, None]],
        ),
        (
            f"count(w) FROM m {RANGE} GROUP BY time(10s)",
            ["matrices"],
            [[0, 1], [10, 0], [20, 0], [30, 1]],
        ),
        (
            f"median(v) FROM m {RANGE} GROUP BY time(20s), h fill(none)",
            ["matrices"],
            [[0, 2.5], [20, 9], [0, 2]],
        ),
        (
            f"max(w) FROM m {RANGE} AND h = 'a' GROUP BY time(20s) fill(3)",
            ["matrices"],
            [[0, 5], [20, 7]],
        ),
        (
            f"difference(max(v)) FROM m {RANGE} AND h = 'a' GROUP BY time(20s)",
            ["matrices"],
            [[20, 5]],
        ),
        (f"min(v) FROM m {RANGE} GROUP BY time(20s) LIMIT 1", ["matrices"], [[0, 1]]),
        (f"last(v) FROM m {RANGE} GROUP BY h", ["latest"], [[30, 9], [15, 2]]),
        (
            f"mean(v), max(w) FROM m {RANGE} GROUP BY h",
            ["matrices"],
            [[0, 14 / 3, 7], [0, 2, None]],
        ),
        (
            f"top(x, h, 2) FROM (SELECT sum(v) AS x FROM m {RANGE} GROUP BY h)",
            ["matrices"],
            [[0, 14, "a"], [0, 2, "b"]],
        ),
        (f"last(v), last(s) FROM m {RANGE} GROUP BY h", ["latest"], [[0, 9, "x"], [0, 2, None]]),
    ],
)
def test_what_dashboards_ask_for_is_read_once(text, ways, found):
    assert read(text) == (ways, found)


@pytest.mark.parametrize(
    "text",
    [
        f"first(v) FROM m {RANGE} GROUP BY h",  # no windows
        f"last(v) FROM m {RANGE}",  # of several series
        f"first(v) FROM m {RANGE} GROUP BY time(20s)",  # likewise
        f"mean(v) FROM m {RANGE} GROUP BY time(1h)",  # sums of such windows are there
        "mean(v) FROM m WHERE time >= 0 AND time < 3h",  # likewise
        f"max(v) FROM m {RANGE}",  # shows when
        f"mean(v) FROM m {RANGE} AND v > 1 GROUP BY time(20s)",  # a condition on points
        f"mean(v) FROM m {RANGE} GROUP BY time(20s) ORDER BY time DESC",
        f"mean(v) FROM m {RANGE} GROUP BY time(20s) fill(previous)",
        f"mean(v) FROM m {RANGE} GROUP BY time(20s) tz('Europe/Berlin')",
        f"count(s) FROM m {RANGE} GROUP BY time(20s)",  # texts
        "mean(v) FROM m GROUP BY time(15m)",  # since ever
        f"mean(x) FROM (SELECT mean(v) AS x FROM m {RANGE} GROUP BY time(5s), h) {RANGE}",
    ],
)
def test_the_rest_is_made_the_ordinary_way(text):
    ways, rows = read(text)

    assert rows or "15m" in text
    assert "partial" in ways or "rows" in ways


def test_the_last_points_are_not_asked_for_by_each_call_if_they_have_to_be_looked_for():
    class Elsewhere(Counted):
        def latest(self, *asked):
            self.read.append("latest")

    ways, rows = read(f"last(v), last(w) FROM m {RANGE} GROUP BY h", Elsewhere())

    # once for all of them together (lastvalues.py), and once for those of calls
    assert (ways.count("latest"), rows) == (2, [[0, 9, 7], [0, 2, None]])


def test_more_windows_than_are_allowed_are_left_to_be_refused():
    (statement,) = parse_query(f"SELECT max(v) FROM m {RANGE} GROUP BY time(10s)")
    plan = Expansion(Counted(), 0, NOW_NS).plan(check(statement, NOW_NS))
    call = Call("max", (VarRef("v", FLOAT),))
    for most, is_made in ((4, True), (3, False)):
        options = outermost(plan, NOW_NS, Limits(windows=most))
        found = Panels(Counted(), [PLACE], fields_of([call])).stream(call, options, False)
        assert (found is not None) == is_made


def test_a_range_that_ends_before_it_begins_has_no_rows():
    for text in ("max(v)", "difference(max(v))"):
        where = "WHERE time >= 40s AND time <= 5s GROUP BY time(10s)"
        assert read(f"{text} FROM m {where}")[1] == []


def test_a_function_that_was_not_announced_is_not_made():
    (statement,) = parse_query(f"SELECT max(v) FROM m {RANGE} GROUP BY time(10s)")
    plan = Expansion(Counted(), 0, NOW_NS).plan(check(statement, NOW_NS))
    options = outermost(plan, NOW_NS, Limits())
    other = Call("max", (VarRef("w", FLOAT),))

    assert Panels(Counted(), [PLACE], []).stream(other, options, False) is None

"""What is kept of a question for extremes gives, for every range, what its plan gives."""

import pytest

from muster.influxql.answers.render import Style, to_json
from muster.influxql.checking.conditions import TimeRange
from muster.influxql.execution.execute import Request, answer_planned, plan_of, result_of
from muster.influxql.execution.kepttops import kept_tops
from muster.influxql.execution.options import Limits
from muster.influxql.planning.replanning import depth_of_times, moved
from muster.influxql.syntax.parser import parse_query
from muster.testing.influxasking import NOW_NS
from muster.testing.influxmemory import MemorySource
from tests.influxql.execution.keptreads import Reads

STEP_NS = 10 * 10**9
BEGIN_NS = NOW_NS // 10**12 * 10**12
POINTS = 60
RANGES = [(0, 59), (5, 44), (7, 7), (58, 90), (70, 80), (-900, 59)]
WHERE = "WHERE time >= {} AND time <= {}"


@pytest.fixture(scope="module")
def source():
    found = MemorySource()
    found.create("d")
    lines = [
        f'm,h={host},even={host % 2} v={(host * 5 + at) % 7 - 0.5},w={host % 3}i,s="x" '
        f"{BEGIN_NS + at * STEP_NS}"
        for host in range(6)
        for at in range(POINTS)
    ]
    lines += [f"gaps,h={at % 2} v={at} {BEGIN_NS + at * STEP_NS}" for at in range(POINTS)]
    lines += [
        f"large,h={h} v=1e308 {BEGIN_NS + at * STEP_NS}" for h in "ab" for at in range(POINTS)
    ]
    found.write("d", "autogen", "\n".join(lines).encode())
    return found


def planned(source, text, span=(0, 59)):
    """The plan of a text, and which of its levels has the times."""
    (statement,) = parse_query(text.format(*(BEGIN_NS + at * STEP_NS for at in span)))
    request = Request("d", "autogen", NOW_NS, Limits())
    return plan_of(source, statement, request), depth_of_times(statement)


def rows_of(source, plan):
    return kept_tops(source, plan, NOW_NS, Limits(), lambda *asked: Reads(source, *asked))


@pytest.mark.parametrize(
    "text",
    [
        f"SELECT top(a, h, 3) FROM (SELECT mean(v) AS a FROM m {WHERE} GROUP BY h)",
        f"SELECT bottom(a, h, 3) FROM (SELECT mean(v) AS a FROM m {WHERE} GROUP BY h)",
        f"SELECT top(sum, h, 4) FROM (SELECT sum(w) FROM m {WHERE} GROUP BY h)",  # equal ones
        f"SELECT bottom(a, h, 4) FROM (SELECT sum(w) AS a FROM m {WHERE} GROUP BY h)",
        f"SELECT top(a, h, 9) FROM (SELECT count(v) AS a FROM m {WHERE} GROUP BY h)",
        f"SELECT top(a, even, 1) FROM (SELECT mean(v) AS a FROM m {WHERE} GROUP BY even)",
        f"SELECT top(a, even, h, 2) FROM (SELECT mean(v) AS a FROM m {WHERE} GROUP BY h, even)",
        f"SELECT top(a, h, 3) AS b FROM (SELECT sum(v) AS a FROM m {WHERE} AND even = '1'"
        " GROUP BY h)",
        f"SELECT top(a, h, 3) FROM (SELECT mean(v) AS a FROM m GROUP BY h) {WHERE}",
        f"SELECT top(a, none, 3) FROM (SELECT mean(v) AS a FROM m {WHERE} GROUP BY none)",
    ],
)
def test_it_is_what_the_plan_gives(source, text):
    plan, depth = planned(source, text)
    rows = rows_of(source, plan)
    short = 0
    for first, last in RANGES:
        span = TimeRange(BEGIN_NS + first * STEP_NS, BEGIN_NS + last * STEP_NS + 1)
        found = rows(*span)
        ordinary = answer_planned(source, moved(plan, depth, span), NOW_NS, Limits())
        if found is not None:
            short += 1
            for epoch in ("ms", ""):
                told = to_json([result_of(found, plan)], Style(epoch))
                assert told == to_json([ordinary], Style(epoch))

    assert short == 4  # where there are points, and not too many


@pytest.mark.parametrize(
    "text",
    [
        f"SELECT top(a, 3) FROM (SELECT mean(v) AS a FROM m {WHERE} GROUP BY h)",
        f"SELECT top(a, h, 3), a FROM (SELECT mean(v) AS a FROM m {WHERE} GROUP BY h)",
        f"SELECT top(a, h, 3) + 1 FROM (SELECT mean(v) AS a FROM m {WHERE} GROUP BY h)",
        f"SELECT top(a, h, 3) FROM (SELECT mean(v) AS a FROM m {WHERE} GROUP BY h, even)",
        f"SELECT top(a, h, 3) FROM (SELECT mean(v) AS a FROM m {WHERE} GROUP BY even)",
        f"SELECT top(a, h, 3) FROM (SELECT max(v) AS a FROM m {WHERE} GROUP BY h)",
        f"SELECT top(a, h, 3) FROM (SELECT median(v) AS a FROM m {WHERE} GROUP BY h)",
        f"SELECT top(a, h, 3) FROM (SELECT count(s) AS a FROM m {WHERE} GROUP BY h)",
        f"SELECT top(a, h, 3) FROM (SELECT mean(v) * 2 AS a FROM m {WHERE} GROUP BY h)",
        f"SELECT top(a, h, 3) FROM (SELECT mean(v) AS a, sum(v) AS b FROM m {WHERE} GROUP BY h)",
        f"SELECT top(a, h, 3) FROM (SELECT mean(v) AS a FROM m {WHERE} AND v > 1 GROUP BY h)",
        f"SELECT top(a, h, 3) FROM (SELECT mean(v) AS a FROM m {WHERE} GROUP BY time(1m), h)",
        f"SELECT top(a, h, 3) FROM (SELECT mean(v) AS a FROM m {WHERE} GROUP BY h LIMIT 1)",
        f"SELECT top(a, h, 3) FROM (SELECT mean(v) AS a FROM m {WHERE} GROUP BY h) WHERE a > 1",
        f"SELECT top(a, h, 3) FROM (SELECT mean(v) AS a FROM m {WHERE} GROUP BY h) GROUP BY h",
        f"SELECT top(a, h, 3) FROM (SELECT mean(v) AS a FROM m {WHERE} GROUP BY h) LIMIT 5",
        f"SELECT top(a, h, 3) FROM (SELECT mean(v) AS a FROM m {WHERE} GROUP BY h)"
        " ORDER BY time DESC",
        f"SELECT top(b, h, 3) FROM (SELECT mean(v) AS a FROM m {WHERE} GROUP BY h)",
        f"SELECT max(a) FROM (SELECT mean(v) AS a FROM m {WHERE} GROUP BY h)",
        f"SELECT top(a, h, 3) FROM (SELECT mean(v) AS a FROM none {WHERE} GROUP BY h)",
        f"SELECT top(b, h, 3) FROM (SELECT top(a, h, 3) AS b FROM (SELECT mean(v) AS a FROM m"
        f" {WHERE} GROUP BY h))",
    ],
)
def test_nothing_is_kept_of_all_else(source, text):
    assert rows_of(source, planned(source, text)[0]) is None


@pytest.mark.parametrize("measurement", ["gaps", "large"])
def test_groups_without_points_and_numbers_without_bounds_are_left_to_the_plan(source, measurement):
    text = f"SELECT top(a, h, 3) FROM (SELECT sum(v) AS a FROM {measurement} {WHERE} GROUP BY h)"
    rows = rows_of(source, planned(source, text)[0])

    assert rows(BEGIN_NS, BEGIN_NS + 59 * STEP_NS) is None

"""What is kept of a plan gives, for every range, what the plan gives."""

import pytest

from muster.influxql.answers.render import Style, to_json
from muster.influxql.checking.checks import check
from muster.influxql.checking.conditions import TimeRange
from muster.influxql.execution.execute import answer_planned, result_of
from muster.influxql.execution.kept import kept
from muster.influxql.execution.options import Limits
from muster.influxql.planning.expansion import Expansion
from muster.influxql.syntax.parser import parse_query
from muster.testing.influxasking import NOW_NS
from muster.testing.influxmemory import MemorySource
from tests.influxql.execution.keptreads import Reads

STEP_NS = 10 * 10**9
BEGIN_NS = NOW_NS // 10**12 * 10**12
POINTS = 60
LIMITS = Limits()
RANGES = [(0, 59), (5, 44), (7, 7), (58, 90), (30, 20), (70, 80)]
WHERE = "WHERE time >= {} AND time <= {}"


@pytest.fixture(scope="module")
def source():
    found = MemorySource()
    found.create("d")
    lines = [
        f'm,h={host},even={host % 2} v={host * 3 + at % 7 - 0.5},w={at * at}i,s="x{at}" '
        f"{BEGIN_NS + at * STEP_NS}"
        for host in range(4)
        for at in range(POINTS)
    ]
    gaps = [f"gaps,h={at % 2} v={at} {BEGIN_NS + at * STEP_NS}" for at in range(POINTS)]
    found.write("d", "autogen", "\n".join([*lines, *gaps]).encode())
    return found


def plan_of(source, text, span=(0, 59)):
    (statement,) = parse_query(text.format(*(BEGIN_NS + at * STEP_NS for at in span)))
    (measured,) = statement.sources
    measured = type(measured)(database="d", retention_policy="autogen", name=measured.name)
    statement = type(statement)(
        **{**{name: getattr(statement, name) for name in statement.__struct_fields__},
           "sources": (measured,)}
    )  # fmt: skip
    return Expansion(source, BEGIN_NS, NOW_NS).plan(check(statement, NOW_NS))


def rows_of(source, text):
    """What is kept, and its reads."""
    made = []

    def reads_of(*asked):
        made.append(Reads(source, *asked))
        return made[-1]

    return kept(source, plan_of(source, text), NOW_NS, LIMITS, reads_of), made


@pytest.mark.parametrize(
    "text",
    [
        f"SELECT mean(v) FROM m {WHERE} AND h = '1' GROUP BY time(20s)",
        f"SELECT 100 - max(v), sum(v) FROM m {WHERE} GROUP BY time(30s, 5s), h",
        f"SELECT min(v), count(v) FROM m {WHERE} GROUP BY time(20s), even fill(none)",
        f"SELECT count(v) FROM m {WHERE} GROUP BY time(7s)",
        f"SELECT sum(w) FROM m {WHERE} GROUP BY time(3s) fill(5)",
        f"SELECT first(v), last(v) FROM m {WHERE} GROUP BY time(1m), h",
        f"SELECT median(v) FROM m {WHERE} GROUP BY time(40s), h",
        f"SELECT difference(median(v)) FROM m {WHERE} GROUP BY time(40s), h",
        f"SELECT non_negative_derivative(max(w), 1s) FROM m {WHERE} GROUP BY time(20s), h",
        f"SELECT last(v) FROM m {WHERE} AND h = '1'",
        f"SELECT last(v) AS a, last(s) AS b FROM m {WHERE} GROUP BY h",
        f"SELECT last(v), last(w) FROM m {WHERE} GROUP BY h",
        f"SELECT last(v) FROM gaps {WHERE} GROUP BY h",
        f"SELECT v FROM m {WHERE} AND h = '2'",
        f"SELECT v, v * 2 FROM m {WHERE} GROUP BY h",
        f"SELECT difference(max(w)) FROM m {WHERE} GROUP BY time(3s) fill(5)",
        f"SELECT max(w) FROM m {WHERE} GROUP BY time(3s) fill(none)",
        f"SELECT 100 - mean(v), mean(v) / 7, 3 * mean(v) FROM m {WHERE} GROUP BY time(3s), even",
        f"SELECT 5 / max(v), max(v) / 0, max(v) - 0.5 FROM m {WHERE} GROUP BY time(20s), h",
        f"SELECT 1 + max(w), min(w) / 2, count(w) FROM m {WHERE} GROUP BY time(30s), h",
        f"SELECT sum(v) + max(v), 100 - (min(v)) FROM m {WHERE} GROUP BY time(30s), even",
        f"SELECT last(v) % 2, median(v) / 2 FROM m {WHERE} GROUP BY time(20s), h",
        f"SELECT w FROM m {WHERE} AND h = '2'",
    ],
)
@pytest.mark.parametrize("epoch", ["ms", ""])
def test_it_is_what_the_plan_gives(source, text, epoch):
    rows, (reads,) = rows_of(source, text)
    style, plan = Style(epoch), plan_of(source, text)
    short = 0
    for first, last in RANGES:
        span = TimeRange(BEGIN_NS + first * STEP_NS, BEGIN_NS + last * STEP_NS + 1)
        found = rows(*span)
        short += found is not None
        ordinary = answer_planned(source, plan.during(span, plan.sources), NOW_NS, LIMITS)
        if found is not None:
            assert to_json([result_of(found, plan)], style) == to_json([ordinary], style)

    assert short >= 3
    assert reads.count >= short


@pytest.mark.parametrize(
    "text",
    [
        f"SELECT mean(v) FROM m {WHERE} AND v > 1 GROUP BY time(20s)",
        f"SELECT mean(v) FROM m {WHERE} GROUP BY time(20s) LIMIT 2",
        f"SELECT mean(v) FROM m {WHERE} GROUP BY time(20s) ORDER BY time DESC",
        f"SELECT mean(v) FROM m {WHERE} GROUP BY time(20s) fill(previous)",
        f"SELECT mean(v) FROM m {WHERE} GROUP BY time(1h)",
        f"SELECT mean(v), difference(max(v)) FROM m {WHERE} GROUP BY time(20s)",
        f"SELECT count(s) FROM m {WHERE} GROUP BY time(20s)",
        f"SELECT percentile(v, 5) FROM m {WHERE} GROUP BY time(20s)",
        f"SELECT last(v), h FROM m {WHERE} GROUP BY h",
        f"SELECT last(v) FROM m {WHERE}",
        f"SELECT v FROM m {WHERE}",
        f"SELECT s FROM m {WHERE} AND h = '1'",
        f"SELECT v FROM m {WHERE} AND h = '1' LIMIT 3",
        f"SELECT v FROM m {WHERE} AND h = 'none'",
    ],
)
def test_nothing_is_kept_of_all_else(source, text):
    assert rows_of(source, text)[0] is None


def test_what_no_matrix_has_is_left_to_the_plan(source):
    rows, _ = rows_of(source, f"SELECT mean(v) FROM gaps {WHERE} GROUP BY time(20s), h")

    assert rows(BEGIN_NS, BEGIN_NS + 59 * STEP_NS) is None


def test_so_are_fields_of_several_kinds(source):
    rows, _ = rows_of(source, f"SELECT max(v), max(w) FROM m {WHERE} GROUP BY time(20s), h")

    assert rows(BEGIN_NS, BEGIN_NS + 59 * STEP_NS) is None


def test_more_windows_than_are_allowed_are_left_to_be_refused(source):
    plan = plan_of(source, f"SELECT max(v) FROM m {WHERE} GROUP BY time(10s)")
    spans = BEGIN_NS, BEGIN_NS + 3 * STEP_NS
    for most, is_made in ((4, True), (3, False)):
        limits = Limits(windows=most)
        rows = kept(source, plan, NOW_NS, limits, lambda *asked: Reads(source, *asked))
        assert (rows(*spans) is not None) == is_made

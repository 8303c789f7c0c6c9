"""How levels of a query read."""

import pytest
from msgspec.structs import replace

from muster.influxql.checking.checks import check
from muster.influxql.execution.options import Limits, outermost, within
from muster.influxql.planning.expansion import Expansion
from muster.influxql.planning.naming import Naming
from muster.influxql.syntax.ast import FillOption
from muster.influxql.syntax.parser import parse_statement
from muster.influxql.values.columns import MAX_TIME_NS, MIN_TIME_NS
from muster.testing.influxmemory import MemorySource

NOW_NS = 1_000_000_000_000
LIMITS = Limits()


@pytest.fixture(scope="module")
def source():
    memory = MemorySource()
    memory.create("d")
    return memory


def plan(source, text):
    statement = Naming(source, "d", "").select(parse_statement(text))
    return Expansion(source, MIN_TIME_NS, MAX_TIME_NS).plan(check(statement, NOW_NS))


def test_windows_end_now_and_raw_points_never(source):
    raw = outermost(plan(source, "SELECT v FROM m"), NOW_NS, LIMITS)
    windowed = outermost(plan(source, "SELECT max(v) FROM m GROUP BY time(1s)"), NOW_NS, LIMITS)

    assert (raw.start_ns, raw.end_ns) == (MIN_TIME_NS, MAX_TIME_NS)
    assert windowed.end_ns == NOW_NS


def test_what_is_written_is_not_filled_with_nothing(source):
    into = plan(source, "SELECT max(v) INTO n FROM m GROUP BY time(1s)")

    assert outermost(into, NOW_NS, LIMITS).fill.option is FillOption.NONE


def test_a_subquery_takes_over_range_windows_and_tags(source):
    outer = plan(
        source,
        "SELECT max(x) FROM (SELECT v AS x FROM m WHERE time < 9 GROUP BY b) "
        "WHERE time > 3 GROUP BY a, time(1s)",
    )
    options = outermost(outer, NOW_NS, LIMITS)
    inner = within(outer.sources[0], options, NOW_NS)

    assert (inner.start_ns, inner.end_ns) == (4, 8)
    assert inner.interval == options.interval
    assert inner.dimensions == ("a",)
    assert inner.group_by == ("a", "b")


def test_a_subquery_reads_no_more_than_the_query_around_it(source):
    text = (
        "SELECT {} FROM (SELECT difference(max(v)) AS x FROM m GROUP BY time(9s)) WHERE time > 8s"
    )

    def begin(call):
        outer = plan(source, text.format(call) + " AND time < 99s GROUP BY time(1s)")
        options = outermost(outer, NOW_NS, LIMITS)
        inner = within(outer.sources[0], options.looking_back(1), NOW_NS).looking_back(1)
        return inner.within_query().start_ns

    assert begin("max(x)") == 8_000_000_001
    assert begin("difference(max(x))") == 7_000_000_001
    assert begin("moving_average(max(x), 3)") == 5_000_000_001


def test_looking_back_from_the_start_of_all_time_nothing_is_left(source):
    options = outermost(plan(source, "SELECT max(v) FROM m GROUP BY time(1s)"), NOW_NS, LIMITS)
    down = replace(options, ascending=False, end_ns=MAX_TIME_NS)

    assert options.looking_back(3).start_ns > NOW_NS
    assert down.looking_back(3).end_ns == MAX_TIME_NS
    assert options.unlimited().limit == 0

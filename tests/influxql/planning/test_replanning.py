"""Plans that are used again."""

import pytest

from muster.influxql.checking.conditions import TimeRange
from muster.influxql.execution.execute import Request, plan_of
from muster.influxql.planning.replanning import (
    can_be_used_again,
    depth_of_times,
    moved,
    range_at,
    renewed,
)
from muster.influxql.syntax.parser import parse_query
from muster.testing.influxmemory import MemorySource

NOW = 1_800_000_000 * 10**9


def source():
    made = MemorySource()
    made.create("d")
    made.write("d", "autogen", b"m,h=x v=1,w=2i 1000000000\nm,h=y v=3,w=4i 2000000000")
    return made


def planned(text, now_ns=NOW):
    (statement,) = parse_query(text)
    return statement, plan_of(source(), statement, Request("d", "", now_ns))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("SELECT v FROM m WHERE time > 5 AND h = 'x'",
         "SELECT v FROM m WHERE time > 7 AND h = 'x'"),
        ("SELECT v FROM m WHERE (time > 5 OR 9 > time)",
         "SELECT v FROM m WHERE (time > 1 OR 3 > time)"),
        ("SELECT v FROM m WHERE time > now() - 5m", "SELECT v FROM m WHERE time > now() - 9m"),
        (
            "SELECT v FROM m WHERE time > '2027-01-01' tz('Europe/Berlin')",
            "SELECT v FROM m WHERE time > '2027-02-01' tz('Europe/Berlin')",
        ),
        (
            "SELECT sum(a) FROM (SELECT v AS a FROM m WHERE time > 5 AND v > 0) WHERE time < 9",
            "SELECT sum(a) FROM (SELECT v AS a FROM m WHERE time > 6 AND v > 0) WHERE time < 7",
        ),
    ],
)  # fmt: skip
def test_a_renewed_plan_is_the_one_that_would_be_made(first, second):
    before, plan = planned(first)
    statement, expected = planned(second, NOW + 17)

    assert can_be_used_again(before)
    found = renewed(plan, before, statement, NOW + 17)

    assert found.range == expected.range
    assert [getattr(each, "range", each) for each in found.sources] == [
        getattr(each, "range", each) for each in expected.sources
    ]
    assert (found.condition, found.fields) == (expected.condition, expected.fields)


@pytest.mark.parametrize(
    "other",
    [
        "SELECT v FROM m WHERE time > 5 AND h = 'y'",
        "SELECT v FROM m WHERE time > 5 OR h = 'x'",
        "SELECT v FROM m WHERE time > 5",
        "SELECT v FROM m WHERE (time > 5 AND h = 'x')",
        "SELECT v FROM n WHERE time > 5 AND h = 'x'",
        "SELECT v FROM m WHERE time > 5 AND h = 'x' LIMIT 1",
    ],
)
def test_of_another_statement_there_is_no_plan(other):
    before, plan = planned("SELECT v FROM m WHERE time > 5 AND h = 'x'")
    (statement,) = parse_query(other)

    assert renewed(plan, before, statement, NOW) is None


@pytest.mark.parametrize(
    "text",
    [
        "SELECT v FROM /m/",
        "SELECT a FROM (SELECT v AS a FROM /m/)",
        "SELECT v INTO n FROM m",
        "SELECT mean(v) FROM m GROUP BY time(1m, now())",
        "SELECT mean(v) FROM m GROUP BY time(-1m)",
        "SELECT v FROM m WHERE v > now()",
    ],
)
def test_what_depends_on_more_than_ranges_is_planned_each_time(text):
    (statement,) = parse_query(text)

    assert not can_be_used_again(statement)


def test_without_a_time_all_of_it_is_asked_for():
    before, plan = planned("SELECT v FROM m")

    assert renewed(plan, before, before, NOW).range == (None, None)


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("SELECT v FROM m WHERE time > 5", 0),
        ("SELECT v FROM (SELECT v FROM m) WHERE time > 5", 0),
        ("SELECT v FROM (SELECT v FROM (SELECT v FROM m WHERE time > 5))", 2),
        ("SELECT v FROM (SELECT v FROM m WHERE time > 5) WHERE time > 1", None),
        ("SELECT v FROM (SELECT v FROM m WHERE time > 5), m", None),
        ("SELECT v FROM m", None),
    ],
)
def test_one_level_says_what_times_are_asked_for(text, depth):
    (statement,) = parse_query(text)

    assert depth_of_times(statement) == depth


def test_a_plan_is_moved_at_that_level():
    text = "SELECT max(v) FROM (SELECT v FROM m WHERE time > {} AND h = 'x')"
    _, plan = planned(text.format(5))
    _, expected = planned(text.format(8))

    found = moved(plan, 1, range_at(expected, 1))

    assert found.range == expected.range == TimeRange()
    assert [each.range for each in found.sources] == [(9, None)]
    assert found.sources[0].condition == plan.sources[0].condition

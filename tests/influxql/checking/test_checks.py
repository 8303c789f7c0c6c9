"""Whether a SELECT makes sense."""

import pytest

from muster.influxql.checking.checks import check
from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.ast import FillOption
from muster.influxql.syntax.parser import parse_statement
from muster.influxql.values.windows import Interval

NOW_NS = 1_600_000_000_000_000_000
MINUTE_NS = 60_000_000_000


def checked(text):
    return check(parse_statement(text), NOW_NS)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("time FROM m", "at least 1 non-time field must be queried"),
        ("abs('x') FROM m", "field must contain at least one variable"),
        ("abs(/x/) FROM m", "field must contain at least one variable"),
        ("1 FROM m", "field must contain at least one variable"),
        ("v, mean(v) FROM m", "mixing aggregate and non-aggregate queries is not supported"),
        ("max(v), min(v), s FROM m", "mixing multiple selector functions"),
        ("top(v, 1), max(v) FROM m", r"selector function top\(\) cannot be combined"),
        ("distinct(v), v FROM m", r"aggregate function distinct\(\) cannot be combined"),
        ("v FROM m GROUP BY time(1m)", "GROUP BY requires at least one aggregate function"),
        ("v FROM m fill(none)", r"fill\(none\) must be used with a function"),
        ("x FROM (SELECT v AS x FROM m GROUP BY time(1m))", r"fill\(none\) must be used"),
        ("v FROM m WHERE log(v, 2) > 1", "invalid number of arguments for log, expected 1, got 2"),
        ("v FROM m fill(linear)", r"fill\(linear\) must be used with a function"),
        ("mean(v) FROM m GROUP BY time(1m), time(2m)", "multiple time dimensions not allowed"),
        ("mean(v) FROM m GROUP BY time(v)", "time dimension must have duration argument"),
        ("mean(v) FROM m GROUP BY time()", "time dimension expected 1 or 2 arguments"),
        ("mean(v) FROM m GROUP BY time(1m, 2m, 3m)", "time dimension expected 1 or 2"),
        ("mean(v) FROM m GROUP BY time(1m, 'x')", "offset must be duration or now"),
        (
            "mean(v) FROM m GROUP BY time(1m, '2020-01-01')",
            "invalid time dimension offset: '2020-01-01'",
        ),
        ("mean(v) FROM m GROUP BY foo(1m)", r"only time\(\) calls allowed in dimensions"),
        ("mean(v) FROM m GROUP BY time", r"time\(\) is a function"),
        ("mean(v) FROM m GROUP BY v + 1", "only time and tag dimensions allowed"),
        ("* + 1 FROM m", "unable to use wildcard in a binary expression"),
        ("v FROM m WHERE count(v) > 1", r"invalid function call in condition: count\(v\)"),
        ("v FROM m WHERE pow(v) > 1", "invalid number of arguments for pow"),
        (
            "v FROM (SELECT v FROM m ORDER BY time DESC)",
            "subqueries must be ordered in the same direction",
        ),
        ("m FROM (SELECT nofunc(v) AS m FROM m)", r"undefined function nofunc\(\)"),
    ],
)
def test_what_makes_no_sense_is_refused(text, error):
    with pytest.raises(InfluxqlError, match=error):
        checked(f"SELECT {text}")


def test_windows_and_dimensions_are_told_apart():
    found = checked("SELECT mean(v) FROM m GROUP BY host, time(1m, 90s) fill(0)")

    assert found.interval == Interval(MINUTE_NS, MINUTE_NS // 2)
    assert [dimension.expr.val for dimension in found.dimensions] == ["host"]
    assert found.statement.fill is FillOption.NUMBER


def test_the_time_has_the_name_that_it_is_given():
    found = checked("SELECT time AS t, v FROM m")

    assert found.time_name == "t"
    assert len(found.fields) == 1


def test_windows_of_no_length_are_none():
    assert checked("SELECT difference(max(v)) FROM m GROUP BY time(1s)").nothing
    assert not checked("SELECT mean(v) FROM m GROUP BY time(0s)").nothing
    assert not checked("SELECT mean(v) FROM m GROUP BY time(-1m)").nothing


def test_a_subquery_may_read_fields_where_the_windows_are_its_outer_querys():
    found = checked("SELECT max(d) FROM (SELECT difference(v) AS d FROM m) GROUP BY time(1m)")

    assert found.sources[0].interval == Interval()

"""GROUP BY."""

import pytest

from muster.influxql.checking.dimensions import split_dimensions
from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.parser import parse_statement
from muster.influxql.values.reduction import Context
from muster.influxql.values.windows import Interval

SECOND_NS = 1_000_000_000
AROUND = Context(now_ns=1_577_836_805 * SECOND_NS)  # 2020-01-01T00:00:05Z


def split(text):
    return split_dimensions(parse_statement(f"SELECT max(v) FROM m GROUP BY {text}"), AROUND)


@pytest.mark.parametrize(
    ("text", "offset_s"),
    [
        ("time(1m)", 0),
        ("time(1m, 10s)", 10),
        ("time(1m, -70s)", -10),
        ("time(1m, now())", 5),
    ],
)
def test_offsets_are_less_than_a_window(text, offset_s):
    interval, others = split(text)

    assert interval == Interval(60 * SECOND_NS, offset_s * SECOND_NS)
    assert others == ()


def test_tags_and_patterns_are_what_is_left():
    interval, others = split("a, time(1s), *, /b/")

    assert interval == Interval(SECOND_NS)
    assert len(others) == 3


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("time(1s), time(1s)", "multiple time dimensions not allowed"),
        ("time(1s, now(1))", r"now\(\) function requires no arguments"),
        ("time(1s, max(v))", r"offset function must be now\(\)"),
        ("time(1s, 5)", "offset must be duration or now"),
        ("1s", "only time and tag dimensions allowed"),
    ],
)
def test_all_else_is_refused(text, error):
    with pytest.raises(InfluxqlError, match=error):
        split(text)

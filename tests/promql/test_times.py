"""Times and steps of requests."""

import pytest

from muster.promql.errors import PromqlError
from muster.promql.times import MAX_MS, parse_step, parse_time


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("4", 4_000),
        ("1700000000.1234", 1_700_000_000_123),
        ("-1.5", -1_500),
        ("1e3", 1_000_000),
        ("2023-11-14T22:13:20Z", 1_700_000_000_000),
        ("2023-11-14T23:13:20.5+01:00", 1_700_000_000_500),
        ("292277025-08-18T07:12:54.999999999Z", MAX_MS),
        ("1e300", MAX_MS),
    ],
)
def test_times_are_seconds_or_of_the_calendar(text, milliseconds):
    assert parse_time(text) == milliseconds


@pytest.mark.parametrize("text", ["", "abc", "2023-13-01T00:00:00Z", "NaN", "2023-11-14"])
def test_other_times_are_refused(text):
    with pytest.raises(PromqlError, match=r"cannot parse .* to a valid timestamp"):
        parse_time(text)


def test_steps_are_seconds_or_durations():
    assert parse_step("0.5") == 500_000_000
    assert parse_step("1m") == 60_000_000_000
    with pytest.raises(PromqlError, match="overflows"):
        parse_step("1e30")
    with pytest.raises(PromqlError, match="valid duration"):
        parse_step("")

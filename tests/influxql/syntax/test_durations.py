import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.durations import (
    HOUR_NS,
    MINUTE_NS,
    SECOND_NS,
    format_duration,
    parse_duration,
    spell_duration,
)


@pytest.mark.parametrize(
    ("text", "expected_ns"),
    [
        ("10u", 10_000),
        ("10µ", 10_000),
        ("5ns", 5),
        ("1h30m", 90 * MINUTE_NS),
        ("-1h", -HOUR_NS),
        ("1w1d", 8 * 24 * HOUR_NS),
        ("1ms1m", MINUTE_NS + 1_000_000),
    ],
)
def test_units_add_up(text, expected_ns):
    assert parse_duration(text) == expected_ns


@pytest.mark.parametrize("text", ["", "3", "w", "1.2w", "10x", "1h30", "h1", "\uff11h", "+1h"])
def test_another_shape_is_refused(text):
    with pytest.raises(InfluxqlError, match=r"^invalid duration$"):
        parse_duration(text)


def test_more_than_64_bits_are_refused_also_where_they_would_wrap_around():
    for text in ("15251w", "1d15251w", "30501w"):
        with pytest.raises(InfluxqlError, match=r"overflowed duration .*w: choose a smaller"):
            parse_duration(text)
    with pytest.raises(InfluxqlError, match=r"^invalid duration$"):
        parse_duration("9" * 5_000 + "s")


@given(st.integers(-(1 << 63) + 1, (1 << 63) - 1))
def test_what_is_written_is_read_as_the_same(duration_ns):
    assert parse_duration(format_duration(duration_ns)) == duration_ns


@pytest.mark.parametrize(
    ("duration_ns", "text"),
    [
        (0, "0s"),
        (7 * 24 * HOUR_NS, "168h0m0s"),
        (90 * SECOND_NS, "1m30s"),
        (1_500_000_000, "1.5s"),
        (1_500_000, "1.5ms"),
        (1_500, "1.5µs"),
        (15, "15ns"),
        (-HOUR_NS, "-1h0m0s"),
        (61 * SECOND_NS + 1, "1m1.000000001s"),
    ],
)
def test_answers_spell_durations_in_hours_minutes_and_seconds(duration_ns, text):
    assert spell_duration(duration_ns) == text

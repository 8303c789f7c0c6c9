from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.times import looks_like_time, parse_time, zone

DAY_NS = 86_400 * 10**9


@pytest.mark.parametrize(
    ("text", "expected_ns"),
    [
        ("1970-01-02", DAY_NS),
        ("1970-01-01 00:00:01", 10**9),
        ("1970-01-01 1:00:00", 3_600 * 10**9),
        ("1970-01-01 00:00:00.25", 250_000_000),
        ("1970-01-01T00:00:00.123456789Z", 123_456_789),
        ("1970-01-01T00:00:00.1234567899Z", 123_456_789),
        ("1970-01-01T02:00:00+02:00", 0),
        ("1969-12-31T23:59:59.5-00:30", 1_799_500_000_000),
        ("1969-12-31T23:59:59.5Z", -500_000_000),
    ],
)
def test_a_time_is_a_date_a_time_of_day_or_rfc_3339(text, expected_ns):
    assert parse_time(text) == expected_ns


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2020-1-1",
        "2020-02-30",
        "2020-01-01T00:00:00",
        "2020-01-01 00:00:00Z",
        "2020-01-01 24:00:00",
        "2020-01-01 00:00:60",
        "2020-01-01T00:00:00+25:00",
        "2020-01-01T00:00:00.Z",
        "1600-01-01",
        "2300-01-01",
        "0001-01-01T00:00:00+01:00",
        "\uff12020-01-01",
    ],
)
def test_another_text_is_no_time(text):
    with pytest.raises(InfluxqlError, match=r"^invalid timestamp string$"):
        parse_time(text)


def test_what_begins_like_a_date_is_meant_as_a_time():
    assert looks_like_time("2020-01-01")
    assert looks_like_time("2020-01-01 bogus")
    assert not looks_like_time("bogus")


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2020-01-01 12:00:00", "2020-01-01 11:00:00"),
        ("2020-07-01", "2020-06-30 22:00:00"),
        ("2020-03-29 02:30:00", "2020-03-29 01:30:00"),
        ("2020-10-25 02:30:00", "2020-10-25 01:30:00"),
        ("2020-10-25 03:30:00", "2020-10-25 02:30:00"),
    ],
)
def test_a_local_time_is_taken_by_its_zone(local, utc):
    assert parse_time(local, zone("Europe/Berlin")) == parse_time(utc)


def test_an_offset_of_its_own_goes_before_the_zone():
    berlin = zone("Europe/Berlin")

    assert parse_time("1970-01-01T00:00:00Z", berlin) == 0


FIRST, LAST = datetime.fromisoformat("1678-01-01"), datetime.fromisoformat("2262-01-01")


@given(st.datetimes(FIRST, LAST))
def test_every_microsecond_that_64_bits_hold_is_read(moment):
    passed = moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)

    assert (
        parse_time(f"{moment:%Y-%m-%d %H:%M:%S.%f}") == passed // timedelta(microseconds=1) * 1_000
    )


@pytest.mark.parametrize(
    "name", ["Nowhere/X", "../etc/passwd", "/etc/localtime", "Europe", "a\0b", "x" * 10_000]
)
def test_a_zone_that_there_is_not_is_refused(name):
    with pytest.raises(InfluxqlError, match=r"^unable to find time zone "):
        zone(name)

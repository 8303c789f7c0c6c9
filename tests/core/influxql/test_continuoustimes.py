"""When continuous queries run, and over what."""

from datetime import UTC, datetime

import pytest

from muster.core.influxql.continuoustimes import schedule_of
from muster.errors import InputError
from muster.influxql.printing.printer import format

DAY = "2026-11-26"


def ns(text):
    return int(datetime.fromisoformat(f"{DAY}T{text}+00:00").timestamp()) * 10**9


def shown(time_ns):
    return datetime.fromtimestamp(time_ns / 1e9, UTC).strftime("%H:%M:%S")


def query(resample="", group="time(1h)", rest="", where=""):
    return schedule_of(
        f"CREATE CONTINUOUS QUERY q ON d {resample} BEGIN SELECT mean(v) INTO d.r.n FROM d.r.m"
        f" {where} GROUP BY {group} {rest} END"
    )


@pytest.mark.parametrize(
    ("resample", "group", "turn", "following", "start", "end"),
    [
        ("", "time(1h)", "08:00:00", "09:00:00", "07:00:00", "08:00:00"),
        ("", "time(1h, 15m)", "08:15:00", "09:15:00", "07:15:00", "08:15:00"),
        ("", "time(1h, -15m)", "08:45:00", "09:45:00", "07:45:00", "08:45:00"),
        ("RESAMPLE FOR 1h", "time(30m)", "08:00:00", "08:30:00", "07:00:00", "08:00:00"),
        ("RESAMPLE FOR 1h", "time(30m)", "08:30:00", "09:00:00", "07:30:00", "08:30:00"),
        ("RESAMPLE EVERY 2h", "time(1h)", "08:00:00", "10:00:00", "06:00:00", "08:00:00"),
        ("RESAMPLE EVERY 1h FOR 90m", "time(30m)", "08:00:00", "09:00:00", "06:30:00", "08:00:00"),
        # a window that is under way is read too, when the query runs more often than windows end
        ("RESAMPLE EVERY 30m", "time(1h)", "08:30:00", "09:00:00", "07:00:00", "09:00:00"),
        ("RESAMPLE EVERY 30m", "time(1h)", "09:00:00", "09:30:00", "08:00:00", "09:00:00"),
    ],
)
def test_a_query_runs_at_multiples_over_whole_windows(resample, group, turn, following, start, end):
    schedule = query(resample, group)

    assert schedule.start_of_turn(ns(turn) + 1) == ns(turn)
    assert schedule.start_of_turn(ns(turn)) == ns(turn)
    assert shown(schedule.next_turn(ns(turn))) == following
    assert tuple(map(shown, schedule.range(ns(turn)))) == (start, end)


def test_days_begin_at_midnight_of_the_zone():
    schedule = query(group="time(1d)", rest="tz('Europe/Berlin')")

    assert shown(schedule.next_turn(ns("12:00:00"))) == "23:00:00"
    start, end = schedule.range(ns("23:00:00"))
    assert (shown(start), end - start) == ("23:00:00", 86_400 * 10**9)


def test_the_range_takes_the_place_of_what_the_query_says_of_time():
    schedule = query(where="WHERE (a = 'x' OR b = 'y') AND time > now() - 5m")

    assert format(schedule.statement(10, 20)) == (
        "SELECT mean(v) INTO d.r.n FROM d.r.m WHERE (a = 'x' OR b = 'y')"
        " AND (time >= 10 AND time < 20) GROUP BY time(1h)"
    )


@pytest.mark.parametrize(
    "text",
    [
        "SELECT v FROM m",
        "CREATE CONTINUOUS QUERY q ON d BEGIN SELECT v INTO d.r.n FROM d.r.m END",
        "CREATE CONTINUOUS QUERY q ON d BEGIN SELECT mean(v) INTO n FROM m GROUP BY time(0s) END",
    ],
)
def test_what_cannot_run_again_and_again_is_refused(text):
    with pytest.raises(InputError):
        schedule_of(text)

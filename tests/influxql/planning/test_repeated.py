"""Texts that differ in their times alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.influxql.errors import InfluxqlError
from muster.influxql.planning.repeated import Repeated
from muster.influxql.syntax.parser import parse_query

_WITH_TIMES = (
    "SELECT v FROM m WHERE time >= {}ms AND time < {}ms",
    "SELECT mean(v) FROM (SELECT v FROM m WHERE time > {}) WHERE h = 'x' AND (time<={}s OR time=9)",
    "SELECT v FROM m WHERE time > {}; SELECT w FROM m WHERE time > {} GROUP BY time(1m)",
    "SELECT v FROM m WHERE x = 'time > {}' AND time > {}",
    'SELECT v FROM m WHERE "time" > {} AND x =~ /time > {}/',
    "SELECT v FROM m WHERE time > {} -- time > {}",
    "SELECT v FROM m WHERE time > {}m30s AND x = {}",
    "SHOW TAG VALUES FROM m WITH KEY = a WHERE time > {} AND time < {}",
)
_NUMBERS = st.integers(0, 1 << 65)


@given(st.sampled_from(_WITH_TIMES), st.lists(st.tuples(_NUMBERS, _NUMBERS), min_size=1))
def test_a_text_is_read_as_if_there_had_been_no_other(form, numbers):
    repeated = Repeated()
    for pair in numbers:
        text = form.format(*pair)
        try:
            expected = parse_query(text)
        except InfluxqlError as error:
            with pytest.raises(InfluxqlError) as found:
                repeated.parse(text)

            assert str(found.value) == str(error)
        else:
            assert repeated.parse(text) == expected


def test_other_times_leave_all_other_parts_the_same_objects():
    repeated = Repeated()
    (first,) = repeated.parse("SELECT mean(v) FROM m WHERE time > 100ms GROUP BY time(1m)")
    (second,) = repeated.parse("SELECT mean(v) FROM m WHERE time > 99ms GROUP BY time(1m)")

    assert second.fields is first.fields
    assert second.condition != first.condition


def test_a_text_in_which_digits_mean_something_else_is_read_each_time():
    repeated = Repeated()
    text = "SELECT v FROM m WHERE x = 'time > 1' AND time > {}"
    (first,) = repeated.parse(text.format(5))
    (second,) = repeated.parse(text.format(6))

    assert second.fields is not first.fields


def test_what_may_hold_a_password_is_not_remembered():
    repeated = Repeated()

    repeated.parse("CREATE USER u WITH PASSWORD 'secret'")

    assert not repeated._known


def test_the_texts_used_last_are_remembered():
    repeated = Repeated(most=2)
    (first,) = repeated.parse("SELECT a FROM m")
    repeated.parse("SELECT b FROM m")
    (again,) = repeated.parse("SELECT a FROM m")
    repeated.parse("SELECT c FROM m")

    assert again is first
    assert repeated.parse("SELECT a FROM m") == [first]
    assert len(repeated._known) == 2


def template_of(text):
    repeated = Repeated()
    repeated.parse(text)
    return repeated.template(text)


def test_a_template_makes_the_statements_of_other_times():
    text = "SELECT v FROM m WHERE time >= {} AND a = '1' AND time < {}ms"
    found = template_of(text.format(1, 2))

    assert found.statements(["30", "40"]) == parse_query(text.format(30, 40))
    assert found.range([30, 40]) == (30, 39_999_999)
    assert found.digits(text.format(7, 8)) == ["7", "8"]
    assert found.is_of(text.format(7, 8))
    assert not found.is_of(text.format(7, 8).replace("ms", "s"))
    assert not found.is_of(text.format(7, 8).replace("'1'", "'2'"))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT v FROM m WHERE time > 5 AND time < now()",
        "SELECT v FROM (SELECT v FROM m WHERE time > 5 AND time < now())",
        "SELECT v FROM (SELECT v FROM m WHERE time > 5) WHERE time > 5",
        "SELECT v FROM (SELECT v FROM m WHERE time > 5), m",
        "SELECT v FROM m WHERE time > 5; SELECT v FROM m",
        "SELECT v FROM m",
        "SHOW SERIES WHERE time > now() - 1h",
    ],
)
def test_a_range_that_other_things_decide_is_not_told(text):
    found = template_of(text)

    assert found.range([6] * len(found.units)) is None
    assert found.statements(["6"] * len(found.units)) == parse_query(text.replace("5", "6"))


@pytest.mark.parametrize("first", ["time >= {}s AND time <= {}s", "time <= {1}s AND time >= {0}s"])
def test_a_range_may_be_given_with_both_ends_in_it(first):
    found = template_of(f"SELECT v FROM m WHERE {first}".format(1, 2))

    times = [30, 40] if first.startswith("time >=") else [40, 30]
    assert found.range(times) == (30 * 10**9, 40 * 10**9)


def test_a_range_may_be_that_of_a_subquery():
    found = template_of("SELECT top(v, 2) FROM (SELECT max(v) AS v FROM m WHERE time > 5)")

    assert found.range([6]) == (7, None)


def test_names_without_a_condition_are_those_of_all_times():
    assert template_of("SHOW SERIES FROM m").range([]) == (None, None)


def test_what_is_read_each_time_has_no_template():
    assert template_of("SELECT v FROM m WHERE x = 'time > 1' AND time > 5") is None
    assert template_of("DROP SERIES FROM m") is None


def test_a_time_that_is_too_far_away_is_told():
    found = template_of("SELECT v FROM m WHERE time > 5")

    with pytest.raises(InfluxqlError):
        found.range([9999999999999999999])

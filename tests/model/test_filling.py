"""What queries of dashboards have in common, whatever their language."""

import pytest

from muster.clock import SECOND_NS
from muster.errors import InputError
from muster.model.filling import (
    MAX_CHARS,
    Filled,
    Range,
    built_in,
    duration_text,
    interval_of,
    with_values,
)

SPAN = Range(1_000 * SECOND_NS, 4_600 * SECOND_NS, 10 * SECOND_NS)


@pytest.mark.parametrize(
    ("seconds", "width", "least", "becomes"),
    [
        (3 * 3600, 640, 1, "30s"),
        (3600, 3600, 1, "1s"),
        (60, 1000, 10, "10s"),
        (86400 * 7, 100, 1, "2h"),
    ],
)
def test_an_interval_is_round_and_fits(seconds, width, least, becomes):
    found = interval_of(0, seconds * SECOND_NS, width, least * SECOND_NS)

    assert duration_text(found) == becomes


def test_short_ranges_have_intervals_below_a_second():
    assert duration_text(interval_of(0, SECOND_NS, 4, 1)) == "500ms"


def test_titles_have_values_as_they_are():
    assert with_values("Linux $host $x", {"host": ("a", "b")}) == "Linux a, b $x"


def test_a_title_names_the_first_few():
    assert with_values("$v", {"v": ["a"] * 5_000}).count("a") == 10


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("__interval", "10s"),
        ("__interval_ms", "10000"),
        ("__from", "1000000"),
        ("__to", "4600000"),
        ("__range", "3600s"),
        ("__range_s", "3600"),
        ("__range_ms", "3600000"),
        ("host", None),
    ],
)
def test_the_range_has_names(name, text):
    assert built_in(name, SPAN) == text


def test_a_text_grows_only_so_far():
    filled = Filled()
    filled.add("x" * MAX_CHARS)

    with pytest.raises(InputError):
        filled.add("x")

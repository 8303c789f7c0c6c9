"""Numbers and durations of a query."""

import pytest

from muster.promql.cursor import Cursor
from muster.promql.errors import QueryParseError
from muster.promql.literals import duration, number, rounded


@pytest.mark.parametrize(
    ("text", "value"), [("0x1F", 31), ("017", 15), ("08", 8), ("1e3", 1000), (".5", 0.5)]
)
def test_numbers_are_decimal_hexadecimal_or_octal(text, value):
    cursor = Cursor(text)

    assert number(cursor, cursor.take()) == value


def test_a_number_without_digits_is_refused():
    cursor = Cursor("0x")
    with pytest.raises(QueryParseError, match='parsing "0x": invalid syntax'):
        number(cursor, cursor.take())


def test_a_number_that_no_float_holds_is_refused():
    cursor = Cursor("1e999")
    with pytest.raises(QueryParseError, match='parsing "1e999": value out of range'):
        number(cursor, cursor.take())


def test_a_duration_of_nothing_is_refused():
    with pytest.raises(QueryParseError, match="greater than 0"):
        duration(Cursor("0s"))
    assert duration(Cursor("1m")) == 60_000


def test_halves_are_rounded_away_from_zero():
    assert [rounded(each) for each in (0.5, 1.4, -0.5, -1.6)] == [1, 1, -1, -2]

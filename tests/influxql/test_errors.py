from muster.errors import InputError
from muster.influxql.errors import InfluxqlError, Position, UnexpectedToken, at, shortened


def test_places_count_from_one():
    assert at("wrong", Position(2, 7)) == "wrong at line 3, char 8"


def test_a_token_that_is_not_expected_is_told_with_what_is():
    error = UnexpectedToken("X", ("FROM", "WHERE"), Position())

    assert str(error) == "found X, expected FROM, WHERE at line 1, char 1"
    assert isinstance(error, InfluxqlError)
    assert isinstance(error, InputError)


def test_a_message_quotes_no_more_than_somebody_reads():
    assert shortened("a" * 1_000) == "a" * 1_000
    assert shortened("a" * 1_000_000) == "a" * 1_000 + "…"

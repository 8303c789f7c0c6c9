"""One token ahead."""

import pytest

from muster.promql.cursor import MAX_CHARS, MAX_DEPTH, Cursor
from muster.promql.errors import PromqlError, QueryParseError


def test_a_token_is_looked_at_before_it_is_taken():
    cursor = Cursor("up + 1")

    assert (cursor.kind, cursor.take().text, cursor.kind) == ("identifier", "up", "+")
    assert cursor.end == 2


def test_within_aggregations_errors_say_so():
    cursor = Cursor(")")
    with pytest.raises(QueryParseError, match="unexpected right parenthesis"):
        cursor.expect("(")
    cursor = Cursor("1")
    cursor.aggregations = 1

    assert 'unexpected number "1" in aggregation' in str(cursor.unexpected())


def test_depth_and_length_have_bounds():
    with pytest.raises(QueryParseError, match="levels"):
        Cursor("1").check_depth(MAX_DEPTH + 1)
    with pytest.raises(PromqlError, match="characters"):
        Cursor("1" * (MAX_CHARS + 1))

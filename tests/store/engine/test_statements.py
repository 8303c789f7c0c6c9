"""The engine's SQL: only numbers and names of its own get in."""

import pytest

from muster.model.metric import Kind
from muster.store.engine import statements


@pytest.mark.parametrize("evil", ["1); drop table x", None, "x"])
def test_what_is_no_number_does_not_get_in(evil):
    with pytest.raises((TypeError, ValueError)):
        statements.drop("floats", evil)


@pytest.mark.parametrize("evil", ["a'b", "a b", "a;b", "a\\"])
def test_a_token_is_letters_digits_colons_and_dashes(evil):
    with pytest.raises(ValueError, match="not a token"):
        statements.insert(Kind.FLOAT, evil)

    assert "'6a8d-1:2:ff:0'" in statements.insert(Kind.FLOAT, "6a8d-1:2:ff:0")


def test_only_tables_of_series_are_dropped_from():
    with pytest.raises(ValueError, match="not a table"):
        statements.drop("rewritten", 1)


def test_every_kind_has_its_table():
    assert set(statements.COLUMNS) == set(Kind)
    assert len(statements.create()) == len(Kind) + len(statements.sum_tables()) + 3

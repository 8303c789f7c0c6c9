import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.influxql.syntax.ast import StringLiteral, VarRef
from muster.influxql.syntax.parser import parse_expression
from muster.influxql.syntax.quoting import needs_quotes, quote_ident, quote_idents, quote_string

TEXTS = st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=20)


@pytest.mark.parametrize("name", ["", "select", "Tag", "1a", "a b", "a.b", "é", 'a"b'])
def test_names_that_would_be_read_as_something_else_need_quotes(name):
    assert needs_quotes(name)
    assert quote_ident(name).startswith('"')


@pytest.mark.parametrize("name", ["a", "_1", "time", "Fill"])
def test_plain_names_need_none(name):
    assert quote_ident(name) == name


def test_all_names_of_a_path_but_its_last_are_quoted():
    assert quote_idents("a", "", "b") == '"a"..b'


@given(TEXTS)
def test_strings_and_names_come_back(text):
    assert parse_expression(quote_string(text)) == StringLiteral(text)
    assert parse_expression(quote_ident(text)) == VarRef(text)

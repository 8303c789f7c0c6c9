import sys

import pytest

from muster.influxql.errors import InfluxqlError
from muster.influxql.limits import MAX_NESTING, MAX_OPERATORS, MAX_STATEMENTS
from muster.influxql.printing.printer import format
from muster.influxql.syntax.parser import parse_query

DEEP = 10_000


@pytest.mark.parametrize(
    "text",
    [
        "SELECT v FROM m WHERE " + "(" * DEEP + "a" + ")" * DEEP,
        "SELECT " + "f(" * DEEP + "v" + ")" * DEEP + " FROM m",
        "SELECT " + "-(" * DEEP + "v" + ")" * DEEP + " FROM m",
        "SELECT v FROM " + "(SELECT v FROM " * DEEP + "m" + ")" * DEEP,
    ],
)
def test_what_is_nested_ten_thousand_deep_is_refused_before_it_is_read(text):
    with pytest.raises(InfluxqlError, match=f"more than {MAX_NESTING} levels at line 1, char"):
        parse_query(text)


def nested(depth):
    return "SELECT v FROM " + "(SELECT -(v) FROM " * depth + "m" + ")" * depth


def test_what_is_nested_as_deep_as_allowed_is_read_and_written_well_below_python_s_own_limit():
    limit = sys.getrecursionlimit()
    (statement,) = parse_query(nested(MAX_NESTING - 1))

    assert limit <= 1_000
    assert format(parse_query(format(statement))[0]) == format(statement)


def test_a_chain_as_long_as_allowed_is_read_and_written():
    chain = " OR ".join(["host = 'x'"] * (MAX_OPERATORS // 2))
    (statement,) = parse_query(f"SELECT v FROM m WHERE {chain}")

    assert format(statement) == f"SELECT v FROM m WHERE {chain}"


def test_a_longer_chain_is_refused():
    with pytest.raises(InfluxqlError, match=f"too many operators: more than {MAX_OPERATORS}"):
        parse_query("SELECT v FROM m WHERE " + "a + " * MAX_OPERATORS + "b + c")


def test_more_statements_than_allowed_are_refused():
    assert len(parse_query("SHOW USERS;" * MAX_STATEMENTS)) == MAX_STATEMENTS
    with pytest.raises(InfluxqlError, match=f"more than {MAX_STATEMENTS} statements"):
        parse_query("SHOW USERS;" * (MAX_STATEMENTS + 1))

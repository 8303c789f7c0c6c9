"""Statements one after the other."""

import pytest

from muster.influxql.answers.results import listing
from muster.influxql.errors import InfluxqlError
from muster.influxql.execution.execute import NOT_EXECUTED, Request, answer, execute
from muster.influxql.execution.options import Limits
from muster.influxql.syntax.ast import DataType
from muster.influxql.syntax.parser import parse_query, parse_statement
from muster.testing.influxmemory import MemorySource

REQUEST = Request("d", "", 1_000_000_000)


@pytest.fixture
def source():
    memory = MemorySource()
    memory.create("d")
    memory.write("d", "autogen", b"m,h=a v=1 1\nm,h=a v=3 2")
    return memory


def test_after_one_that_fails_none_is_executed(source):
    results = execute(
        source, parse_query("SELECT v FROM m; SELECT x(v) FROM m; SHOW SERIES"), REQUEST
    )

    assert [result.statement_id for result in results] == [0, 1, 2]
    assert [result.error for result in results] == ["", "undefined function x()", NOT_EXECUTED]


def test_other_statements_are_answered_by_others(source):
    statement = parse_statement("SHOW USERS")
    asked = Request("d", "", 0, others=lambda statement: [listing("users", ("user",), [["u"]])])

    assert answer(source, statement, asked).series[0].name == "users"
    assert "is not answered here" in answer(source, statement, REQUEST).error


def test_what_is_selected_into_is_written(source):
    asked = Request("d", "", 0, into=source.insert)

    (count,) = answer(
        source, parse_statement("SELECT max(v) INTO n FROM m GROUP BY h"), asked
    ).series
    (found,) = answer(source, parse_statement("SELECT max, h FROM n"), asked).series

    assert count.cells == ([1],)
    assert [cell.cells() for cell in found.cells] == [[3.0], ["a"]]
    assert found.cells[0].kind is DataType.FLOAT


def test_without_a_way_to_write_nothing_is_selected_into(source):
    assert (
        "not answered here"
        in answer(source, parse_statement("SELECT v INTO n FROM m"), REQUEST).error
    )


def test_explain_tells_and_analyze_counts(source):
    plan = answer(source, parse_statement("EXPLAIN SELECT max(v) FROM m"), REQUEST)
    counted = answer(source, parse_statement("EXPLAIN ANALYZE SELECT v FROM m"), REQUEST)

    assert plan.series[0].cells[0][0] == "EXPRESSION: max(v::float)"
    assert "  rows: 2" in counted.series[0].cells[0]


def test_windows_are_limited(source):
    asked = Request("d", "", 10, Limits(windows=3))
    text = "SELECT max(v) FROM m WHERE time >= 0 AND time < 9 GROUP BY time(1ns)"

    assert answer(source, parse_statement(text), asked).error.startswith("max-select-buckets limit")


def test_other_errors_are_not_hidden(source):
    def broken(statement):
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError):
        answer(source, parse_statement("SHOW USERS"), Request("d", "", 0, others=broken))
    assert issubclass(InfluxqlError, Exception)

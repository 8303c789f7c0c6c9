"""What SHOW statements are about."""

import pytest

from muster.influxql.errors import InfluxqlError
from muster.influxql.planning.naming import Naming
from muster.influxql.showing.scopes import (
    Scopes,
    key_test,
    name_test,
    refuse_times,
    require_tag_condition,
)
from muster.influxql.source import Policy
from muster.influxql.syntax.ast import Measurement, RegexLiteral
from muster.influxql.syntax.parser import parse_expression, parse_statement
from muster.testing.influxmemory import MemorySource

HOUR_NS = 3_600_000_000_000


@pytest.fixture
def scopes():
    memory = MemorySource()
    memory.create("d", Policy("one", 0, HOUR_NS, 1, True), Policy("two", 0, HOUR_NS, 1, False))
    memory.write("d", "one", b"m,t=a v=1 1")
    memory.write("d", "two", b"m,t=b v=1 1\nn v=1 1")
    return Scopes(memory, Naming(memory, "d", ""), 0)


def test_everywhere_is_in_all_policies(scopes):
    found = list(scopes.everywhere("d", (), None))

    assert [(scope.measurement, len(scope.tags)) for scope in found] == [("m", 2), ("n", 1)]


def test_named_is_in_the_default_or_the_named_policy(scopes):
    two = Measurement(retention_policy="two", regex=RegexLiteral("."))

    assert [scope.measurement for scope in scopes.named("", (), None)] == ["m"]
    assert [scope.measurement for scope in scopes.named("d", (two,), None)] == ["m", "n"]


def test_series_are_those_that_fulfil_the_condition(scopes):
    condition = parse_expression("t = 'b'")

    assert [scope.tags for scope in scopes.everywhere("d", (), condition)] == [{(("t", "b"),)}]


def test_names_and_keys_are_tested_by_text_and_pattern():
    statement = parse_statement("SHOW TAG VALUES FROM cpu, /^m/ WITH KEY !~ /x/")
    named = name_test(statement.sources)
    wanted = key_test(statement.op, statement.tag_key_expr)

    assert named("cpu")
    assert named("mem")
    assert not named("disk")
    assert wanted("host")
    assert not wanted("x1")
    assert key_test(None, None)("any")


def test_operators_of_numbers_are_refused():
    require_tag_condition(parse_expression("a = 'b' AND c =~ /d/"))
    with pytest.raises(InfluxqlError, match="invalid tag comparison operator"):
        require_tag_condition(parse_expression("a = 'b' OR c > 1"))


def test_times_are_refused_where_they_say_nothing():
    with pytest.raises(InfluxqlError, match="SHOW X doesn't support time in WHERE clause"):
        refuse_times("SHOW X", parse_expression("a = 'b' AND TIME > 1"))

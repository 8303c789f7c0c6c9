"""What names and patterns stand for."""

import pytest

from muster.influxql.checking.checks import check
from muster.influxql.errors import InfluxqlError
from muster.influxql.planning.expansion import Expansion
from muster.influxql.planning.naming import Naming
from muster.influxql.printing.printer import format as format_node
from muster.influxql.syntax.parser import parse_statement
from muster.influxql.values.columns import MAX_TIME_NS, MIN_TIME_NS
from muster.testing.influxmemory import MemorySource

LINES = b"""m,host=a,v=tagged f=1,i=2i,s="x",b=true,v=1 5
n,rack=r f=1i,other=2 5"""


@pytest.fixture(scope="module")
def source():
    memory = MemorySource()
    memory.create("d")
    memory.write("d", "autogen", LINES)
    return memory


def planned(source, text):
    statement = Naming(source, "d", "").select(parse_statement(text))
    return Expansion(source, MIN_TIME_NS, MAX_TIME_NS).plan(check(statement, 0))


def fields(source, text):
    return [format_node(field.expr) for field in planned(source, text).fields]


def test_a_wildcard_is_all_fields_and_tags_by_name(source):
    assert fields(source, "SELECT * FROM m") == [
        "b::boolean",
        "f::float",
        "host::tag",
        "i::integer",
        "s::string",
        "v::float",
        "v::tag",
    ]
    assert fields(source, "SELECT *::field FROM n") == ["f::integer", "other::float"]
    assert fields(source, "SELECT *::tag FROM n") == ["rack::tag"]


def test_what_is_grouped_by_is_no_column(source):
    assert "host::tag" not in fields(source, "SELECT * FROM m GROUP BY host")
    assert fields(source, "SELECT * FROM n GROUP BY *") == ["f::integer", "other::float"]


def test_a_wildcard_in_a_call_is_the_fields_that_it_can_take(source):
    assert fields(source, "SELECT mean(*) FROM m") == [
        "mean(f::float)",
        "mean(i::integer)",
        "mean(v::float)",
    ]
    assert len(fields(source, "SELECT count(*) FROM m")) == 5
    assert len(fields(source, "SELECT max(*) FROM m")) == 4
    found = planned(source, "SELECT mean(/^[fi]$/) FROM m")
    assert [field.alias for field in found.fields] == ["mean_f", "mean_i"]


def test_a_pattern_of_dimensions_is_the_tags_that_have_it(source):
    assert planned(source, "SELECT f FROM m GROUP BY /o/").dimensions == ("host",)


def test_of_several_sources_a_field_has_the_strongest_kind(source):
    assert fields(source, "SELECT f FROM m, n") == ["f::float"]
    assert fields(source, "SELECT nope FROM m") == ["nope"]


def test_a_pattern_of_measurements_is_those_that_have_it(source):
    (places,) = planned(source, "SELECT f FROM /./").sources

    assert [place.measurement for place in places] == ["m", "n"]


def test_what_does_not_go_together_in_a_subquery_has_no_kind(source):
    text = "SELECT x, y FROM (SELECT f & 1 AS x, i AS y FROM m)"

    assert fields(source, text) == ["x", "y::integer"]
    assert fields(source, text.replace("x, y", "*", 1)) == ["x", "y::integer"]


def test_a_subquerys_columns_are_fields_and_its_dimensions_tags(source):
    text = "SELECT x, host FROM (SELECT max(i) AS x FROM m GROUP BY host)"

    assert fields(source, text) == ["x::integer", "host::tag"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("SELECT s + 1 FROM m", "incompatible types: string and integer"),
        ("SELECT mean(*::tag) FROM m", r"unable to use tag wildcard in mean\(\)"),
    ],
)
def test_what_does_not_go_together_is_refused(source, text, error):
    with pytest.raises(InfluxqlError, match=error):
        planned(source, text)

"""What patterns stand for."""

import pytest

from muster.influxql.errors import InfluxqlError
from muster.influxql.planning.patterns import fields_of, has_pattern, tags_of
from muster.influxql.printing.printer import format as format_node
from muster.influxql.syntax.ast import DataType, Field, VarRef
from muster.influxql.syntax.parser import parse_expression, parse_statement

NAMES = [
    VarRef("b", DataType.BOOLEAN),
    VarRef("f", DataType.FLOAT),
    VarRef("host", DataType.TAG),
    VarRef("s", DataType.STRING),
]


def fields(text):
    (field,) = parse_statement(f"SELECT {text} FROM m").fields
    return [(format_node(each.expr), each.alias) for each in fields_of(field, NAMES)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("*", ["b", "f", "host", "s"]),
        ("*::tag", ["host"]),
        ("*::field", ["b", "f", "s"]),
        ("/^[bs]$/", ["b", "s"]),
        ("f", ["f"]),
    ],
)
def test_names_are_those_that_fit(text, names):
    assert [shown.partition("::")[0] for shown, _ in fields(text)] == names


def test_calls_are_made_for_the_fields_that_they_take():
    assert fields("mean(*)") == [("mean(f::float)", "mean_f")]
    assert [alias for _, alias in fields("last(*)")] == ["last_b", "last_f", "last_s"]
    assert fields("difference(max(/f/))") == [("difference(max(f::float))", "difference_f")]
    assert fields("top(*, 2)") == [("top(f::float, 2)", "top_f")]


def test_patterns_of_tags_are_the_keys_that_have_them():
    exprs = [
        parse_expression("x"),
        parse_statement("SELECT v FROM m GROUP BY /h/").dimensions[0].expr,
    ]

    assert list(tags_of(exprs, ["host", "rack"])) == ["x", "host"]


def test_tags_are_no_arguments():
    assert has_pattern(parse_statement("SELECT max(*) FROM m").fields[0].expr)
    assert not has_pattern(VarRef("v"))
    with pytest.raises(InfluxqlError, match="unable to use tag wildcard"):
        fields("max(*::tag)")


def test_a_field_that_is_none_of_these_stays():
    assert list(fields_of(Field(VarRef("v"), "x"), NAMES)) == [Field(VarRef("v"), "x")]

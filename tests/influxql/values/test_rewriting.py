"""Changes of expressions."""

from muster.influxql.syntax.ast import Call, Field, IntegerLiteral, VarRef
from muster.influxql.syntax.parser import parse_expression, parse_statement
from muster.influxql.values.rewriting import (
    extra_arguments,
    field_name,
    is_math,
    operands,
    rewrite,
    with_distinct_calls,
)


def test_each_node_is_changed_after_those_beneath_it():
    def change(node):
        return IntegerLiteral(1) if isinstance(node, VarRef) else node

    assert rewrite(parse_expression("(a + f(b))"), change) == parse_expression("(1 + f(1))")


def test_distinct_is_a_call():
    field = parse_statement("SELECT DISTINCT v FROM m").fields[0]

    assert with_distinct_calls(field.expr) == Call("distinct", (VarRef("v"),))


def test_operands_are_calls_over_points_and_variables_outside_of_them():
    found = list(operands(parse_expression("abs(max(v)) + w * 2")))

    assert found == [Call("max", (VarRef("v"),)), VarRef("w")]
    assert is_math(parse_expression("abs(v)"))
    assert not is_math(parse_expression("max(v)"))


def test_a_field_is_named_by_what_is_in_it():
    names = {
        "v": "v",
        "max(v)": "max",
        "(max(v))": "max",
        "max(v) - min(v)": "max_min",
        "v * 2": "v",
        "-v": "v",
    }

    for text, name in names.items():
        assert field_name(Field(parse_expression(text))) == name
    assert field_name(Field(VarRef("v"), "x")) == "x"


def test_top_shows_the_tags_that_it_names():
    assert extra_arguments(parse_expression("top(v, host, 2)")) == (VarRef("host"),)
    assert extra_arguments(parse_expression("max(v)")) == ()

import pytest

from muster.influxql.printing.selecttext import format_select, format_sort_field, format_target
from muster.influxql.syntax.ast import FillOption, Measurement, SortField, Target
from muster.influxql.syntax.parser import parse_statement


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ('select v AS "a b" from M', 'SELECT v AS "a b" FROM M'),
        ('SELECT v INTO "d"."r".:measurement FROM /a/', "SELECT v INTO d.r.:MEASUREMENT FROM /a/"),
        ('SELECT v INTO "" FROM ""', 'SELECT v INTO "" FROM ""'),
        ('SELECT v FROM "select"."a b"', 'SELECT v FROM "select"."a b"'),
        (
            "SELECT f(v) FROM m GROUP BY time(60s) fill(0.00001)",
            "SELECT f(v) FROM m GROUP BY time(1m) fill(0.00001)",
        ),
        ("SELECT v FROM m fill(2.0)", "SELECT v FROM m fill(2)"),
        ("SELECT v FROM m ORDER BY time", "SELECT v FROM m ORDER BY time ASC"),
        ("SELECT v FROM m LIMIT 0 OFFSET 1", "SELECT v FROM m OFFSET 1"),
        ("SELECT v FROM ( SELECT v FROM m )", "SELECT v FROM (SELECT v FROM m)"),
    ],
)
def test_a_select_has_its_normal_form(text, normal):
    statement = parse_statement(text)

    assert format_select(statement) == normal
    assert format_select(parse_statement(normal)) == normal


@pytest.mark.parametrize("fill", [FillOption.NONE, FillOption.PREVIOUS, FillOption.LINEAR])
def test_fill_is_told_by_its_name_unless_it_is_null(fill):
    name = fill.name.lower()

    assert format_select(parse_statement(f"SELECT v FROM m fill({name})")).endswith(f"fill({name})")
    assert "fill" not in format_select(parse_statement("SELECT v FROM m fill(null)"))


def test_a_target_without_a_name_repeats_the_source():
    into = Measurement(database="d", is_target=True)

    assert format_target(Target(into)) == "d..:MEASUREMENT"


def test_an_order_may_name_nothing():
    assert format_sort_field(SortField(ascending=False)) == "DESC"

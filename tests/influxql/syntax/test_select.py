import pytest

from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.ast import (
    DataType,
    FillOption,
    Measurement,
    RegexLiteral,
    SortField,
    SubQuery,
    VarRef,
)
from muster.influxql.syntax.parser import parse_statement
from muster.influxql.syntax.select import group_by_interval


def select(rest):
    return parse_statement(f"SELECT v FROM {rest}")


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("m", Measurement(name="m")),
        ("rp.m", Measurement(retention_policy="rp", name="m")),
        ("d..m", Measurement(database="d", name="m")),
        ("d.rp.m", Measurement(database="d", retention_policy="rp", name="m")),
        ("/x/", Measurement(regex=RegexLiteral("x"))),
        ("rp./x/", Measurement(retention_policy="rp", regex=RegexLiteral("x"))),
        ("d../x/", Measurement(database="d", regex=RegexLiteral("x"))),
        ("(SELECT v FROM m)", SubQuery(select("m"))),
    ],
)
def test_a_source_is_a_measurement_a_pattern_or_a_query(text, source):
    assert select(f"a, {text}").sources == (Measurement(name="a"), source)


def test_the_clauses_are_kept():
    statement = select(
        "m WHERE v > 1 GROUP BY *, /x/, h ORDER BY time DESC "
        "LIMIT 1 OFFSET 2 SLIMIT 3 SOFFSET 4 tz('Europe/Berlin')"
    )

    counts = statement.limit, statement.offset, statement.slimit, statement.soffset
    assert counts == (1, 2, 3, 4)
    assert len(statement.dimensions) == 3
    assert statement.sort_fields == (SortField("time", False),)
    assert statement.location == "Europe/Berlin"
    assert statement.is_raw_query


def test_a_query_that_calls_a_function_anywhere_is_not_raw():
    assert not parse_statement("SELECT 1 + (-max(v)) FROM m").is_raw_query
    assert parse_statement("SELECT DISTINCT v FROM m").is_raw_query


@pytest.mark.parametrize(
    ("text", "fill", "value"),
    [
        ("null", FillOption.NULL, None),
        ("none", FillOption.NONE, None),
        ("previous", FillOption.PREVIOUS, None),
        ("linear", FillOption.LINEAR, None),
        ("0", FillOption.NUMBER, 0),
        ("-1.5", FillOption.NUMBER, -1.5),
    ],
)
def test_an_empty_window_shows_what_fill_says(text, fill, value):
    statement = select(f"m GROUP BY time(1m) FILL({text})")

    assert (statement.fill, statement.fill_value) == (fill, value)


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("m fill", "fill must be a function call"),
        ("m fill()", "fill requires an argument, e.g.: 0, null, none, previous, linear"),
        ("m fill(bogus)", "expected number argument in fill()"),
        ("m tz", "tz must be a function call"),
        ("m tz()", "tz requires exactly one argument"),
        ("m tz(1)", "expected string argument in tz()"),
        ("m ORDER BY 1", "found 1, expected identifier, ASC, DESC at line 1, char 26"),
        ("m GROUP h", "found h, expected BY at line 1, char 23"),
        ("(m)", "found m, expected SELECT at line 1, char 16"),
        ("(SELECT v FROM m", "found EOF, expected ) at line 1, char 32"),
    ],
)
def test_a_wrong_clause_is_refused(rest, message):
    with pytest.raises(InfluxqlError) as refused:
        select(rest)

    assert str(refused.value) == message


def test_a_target_may_repeat_the_name_of_the_source():
    target = parse_statement("SELECT v INTO d.rp.:MEASUREMENT FROM /x/").target

    assert target.measurement == Measurement(database="d", retention_policy="rp", is_target=True)


@pytest.mark.parametrize("op", ["=", "!=", "<", ">=", "AND", "OR"])
def test_a_field_is_no_condition(op):
    with pytest.raises(InfluxqlError, match=f"invalid operator {op} in SELECT clause at line 1, c"):
        parse_statement(f"SELECT a {op} b FROM m")


def test_an_alias_belongs_to_its_field():
    fields = parse_statement('SELECT a AS "b c", d::field FROM m').fields

    assert fields[0].alias == "b c"
    assert fields[1].expr == VarRef("d", DataType.ANY_FIELD)


def test_the_window_is_the_first_argument_of_time():
    assert group_by_interval(select("m GROUP BY h, time(1m, 5s)")) == 60_000_000_000
    assert group_by_interval(select("m GROUP BY h")) == 0
    with pytest.raises(InfluxqlError, match="time dimension must have duration argument"):
        group_by_interval(select("m GROUP BY time('1m')"))
    with pytest.raises(InfluxqlError, match="time dimension expected 1 or 2 arguments"):
        group_by_interval(select("m GROUP BY time(1m, 1s, 1s)"))

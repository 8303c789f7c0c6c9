import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.influxql.printing.printer import _STATEMENTS, format, format_query
from muster.influxql.syntax import ast, statements
from muster.influxql.syntax.ast import (
    Dimension,
    Field,
    FillOption,
    IntegerLiteral,
    Measurement,
    RegexLiteral,
    SelectStatement,
    SortField,
    SubQuery,
    Target,
    VarRef,
)
from muster.influxql.syntax.parser import parse_query, parse_statement

NAMES = st.text("ab _\"\\'\n.é", max_size=4)
COUNTS = st.integers(0, (1 << 63) - 1)
VALUES = st.one_of(
    st.builds(VarRef, NAMES),
    st.builds(IntegerLiteral, st.integers(-(1 << 63), (1 << 63) - 1)),
)
MEASUREMENTS = st.one_of(
    st.builds(Measurement, database=NAMES, retention_policy=NAMES, name=NAMES),
    st.builds(Measurement, retention_policy=NAMES, regex=st.just(RegexLiteral("a/b"))),
)
FILLS = st.one_of(
    st.tuples(st.sampled_from(sorted(set(FillOption) - {FillOption.NUMBER})), st.none()),
    st.tuples(
        st.just(FillOption.NUMBER),
        st.integers(-(1 << 63), (1 << 63) - 1) | st.floats(allow_nan=False, allow_infinity=False),
    ),
)


def select(sources):
    return st.builds(
        lambda fill, **parts: SelectStatement(fill=fill[0], fill_value=fill[1], **parts),
        fill=FILLS,
        fields=st.lists(st.builds(Field, VALUES, NAMES), min_size=1, max_size=3).map(tuple),
        target=st.none() | st.builds(Target, st.builds(Measurement, name=NAMES)),
        sources=st.lists(sources, min_size=1, max_size=3).map(tuple),
        condition=st.none() | VALUES,
        dimensions=st.lists(st.builds(Dimension, VALUES), max_size=3).map(tuple),
        sort_fields=st.sampled_from([(), (SortField("time"),), (SortField("", False),)]),
        limit=COUNTS,
        offset=COUNTS,
        slimit=COUNTS,
        soffset=COUNTS,
        location=st.sampled_from(["", "UTC", "Europe/Berlin"]),
    )


SELECTS = select(st.recursive(MEASUREMENTS, lambda each: st.builds(SubQuery, select(each))))


@given(st.lists(SELECTS, min_size=1, max_size=2))
def test_what_is_written_is_read_and_written_as_the_same(queries):
    text = format_query(queries)
    again = parse_query(text)

    assert format_query(again) == text
    assert parse_query(format_query(again)) == again


def test_every_kind_of_statement_has_a_text():
    kinds = {
        kind
        for kind in vars(statements).values()
        if isinstance(kind, type) and issubclass(kind, ast.Statement)
    }
    shared = {ast.Statement, SelectStatement}
    shared |= {statements.ShowStatement, statements.ShowCardinalityStatement}

    assert kinds - shared == set(_STATEMENTS)


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (lambda query: query.fields[0], "max(v) AS a"),
        (lambda query: query.fields[0].expr, "max(v)"),
        (lambda query: query.target, "INTO t"),
        (lambda query: query.sources[0], "r.m"),
        (lambda query: query.dimensions[0], "time(1m)"),
        (lambda query: query.sort_fields[0], "time DESC"),
    ],
)
def test_parts_of_a_statement_have_a_text_too(part, text):
    query = "SELECT max(v) AS a INTO t FROM r.m GROUP BY time(1m) ORDER BY time DESC"

    assert format(part(parse_statement(query))) == text

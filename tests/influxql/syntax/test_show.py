import pytest

from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.ast import (
    ListLiteral,
    Measurement,
    RegexLiteral,
    SortField,
    StringLiteral,
)
from muster.influxql.syntax.parser import parse_statement
from muster.influxql.syntax.statements import (
    ShowDiagnosticsStatement,
    ShowFieldKeyCardinalityStatement,
    ShowFieldKeysStatement,
    ShowGrantsForUserStatement,
    ShowMeasurementCardinalityStatement,
    ShowMeasurementsStatement,
    ShowRetentionPoliciesStatement,
    ShowSeriesCardinalityStatement,
    ShowSeriesStatement,
    ShowStatsStatement,
    ShowTagKeyCardinalityStatement,
    ShowTagKeysStatement,
    ShowTagValuesCardinalityStatement,
    ShowTagValuesStatement,
)
from muster.influxql.syntax.tokens import Token

M = (Measurement(name="m"),)
KEY = {"op": Token.EQ, "tag_key_expr": StringLiteral("k")}


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("SHOW GRANTS FOR u", ShowGrantsForUserStatement("u")),
        ("SHOW RETENTION POLICIES", ShowRetentionPoliciesStatement()),
        ("SHOW STATS FOR 'm'", ShowStatsStatement("m")),
        ("SHOW DIAGNOSTICS", ShowDiagnosticsStatement()),
        ("SHOW SERIES ON d FROM m", ShowSeriesStatement(database="d", sources=M)),
        (
            "SHOW FIELD KEYS FROM m ORDER BY DESC LIMIT 1 OFFSET 2",
            ShowFieldKeysStatement(
                sources=M, sort_fields=(SortField(ascending=False),), limit=1, offset=2
            ),
        ),
        (
            "SHOW TAG KEYS FROM m WITH KEY IN (a, b) SLIMIT 3",
            ShowTagKeysStatement(
                sources=M, tag_key_op=Token.IN, tag_key_expr=ListLiteral(("a", "b")), slimit=3
            ),
        ),
        ("SHOW TAG VALUES WITH KEY = k", ShowTagValuesStatement(**KEY)),
        (
            "SHOW TAG VALUES WITH KEY !~ /k/",
            ShowTagValuesStatement(op=Token.NEQREGEX, tag_key_expr=RegexLiteral("k")),
        ),
        (
            "SHOW MEASUREMENTS ON d.* WITH MEASUREMENT = m",
            ShowMeasurementsStatement(database="d", wildcard_retention_policy=True, source=M[0]),
        ),
        ("SHOW SERIES CARDINALITY", ShowSeriesCardinalityStatement()),
        ("SHOW MEASUREMENT EXACT CARDINALITY", ShowMeasurementCardinalityStatement(exact=True)),
        ("SHOW TAG KEY CARDINALITY ON d", ShowTagKeyCardinalityStatement(database="d")),
        ("SHOW FIELD KEY EXACT CARDINALITY", ShowFieldKeyCardinalityStatement(exact=True)),
        (
            "SHOW TAG VALUES EXACT CARDINALITY FROM m WITH KEY = k",
            ShowTagValuesCardinalityStatement(exact=True, sources=M, **KEY),
        ),
    ],
)
def test_what_is_shown_is_named(text, statement):
    assert parse_statement(text) == statement


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SHOW TAG VALUES", "found EOF, expected WITH at line 1, char 17"),
        ("SHOW TAG VALUES WITH KEY k", "found k, expected IN, =, =~ at line 1, char 26"),
        ("SHOW TAG VALUES WITH KEY IN k", "found k, expected ( at line 1, char 29"),
        ("SHOW TAG VALUES WITH KEY =~ k", "found k, expected regex at line 1, char 29"),
        ("SHOW TAG VALUES EXACT k", "found k, expected CARDINALITY at line 1, char 23"),
        ("SHOW TAG KEY k", "found k, expected EXACT, CARDINALITY at line 1, char 14"),
        ("SHOW FIELD KEY EXACT k", "found k, expected CARDINALITY at line 1, char 22"),
        ("SHOW MEASUREMENTS ON 1", "found 1, expected identifier or * at line 1, char 22"),
        ("SHOW MEASUREMENTS WITH MEASUREMENT m", "found m, expected =, =~ at line 1, char 36"),
        ("SHOW TAG", "found EOF, expected KEY, KEYS, VALUES at line 1, char 10"),
    ],
)
def test_a_wrong_word_is_told_with_those_that_could_stand_there(text, message):
    with pytest.raises(InfluxqlError) as refused:
        parse_statement(text)

    assert str(refused.value) == message

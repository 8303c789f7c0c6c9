import pytest

from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.ast import BinaryExpr, Measurement, StringLiteral, VarRef
from muster.influxql.syntax.parser import parse_statement
from muster.influxql.syntax.statements import (
    DeleteSeriesStatement,
    DropMeasurementStatement,
    DropSeriesStatement,
    DropShardStatement,
)
from muster.influxql.syntax.tokens import Token

CONDITION = BinaryExpr(Token.EQ, VarRef("h"), StringLiteral("a"))


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("DELETE FROM m", DeleteSeriesStatement(sources=(Measurement(name="m"),))),
        ("DELETE WHERE h = 'a'", DeleteSeriesStatement(condition=CONDITION)),
        (
            "DELETE FROM r.m",
            DeleteSeriesStatement(sources=(Measurement(retention_policy="r", name="m"),)),
        ),
        (
            "DROP SERIES FROM a, b WHERE h = 'a'",
            DropSeriesStatement(
                sources=(Measurement(name="a"), Measurement(name="b")), condition=CONDITION
            ),
        ),
        ("DROP MEASUREMENT m", DropMeasurementStatement("m")),
        ("DROP SHARD 7", DropShardStatement(7)),
    ],
)
def test_what_is_removed_is_named(text, statement):
    assert parse_statement(text) == statement


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("DELETE", "found EOF, expected FROM, WHERE at line 1, char 8"),
        ("DELETE FROM d.r.m", "database not supported at line 1, char 1"),
        ("DROP SERIES FROM d.r.m", "retention policy not supported at line 1, char 1"),
        ("DROP SERIES FROM d..m", "database not supported at line 1, char 1"),
        ("DELETE FROM (SELECT v FROM m)", "found (, expected identifier at line 1, char 13"),
    ],
)
def test_what_is_not_said_or_lies_elsewhere_is_not_removed(text, message):
    with pytest.raises(InfluxqlError) as refused:
        parse_statement(text)

    assert str(refused.value) == message

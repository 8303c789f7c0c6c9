import pytest

from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.durations import HOUR_NS
from muster.influxql.syntax.parser import parse_statement
from muster.influxql.syntax.statements import (
    AlterRetentionPolicyStatement,
    CreateDatabaseStatement,
    CreateRetentionPolicyStatement,
    DropDatabaseStatement,
    DropRetentionPolicyStatement,
)


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("CREATE DATABASE d", CreateDatabaseStatement(name="d")),
        (
            "CREATE DATABASE d WITH DURATION INF SHARD DURATION 1h NAME r",
            CreateDatabaseStatement(
                name="d",
                retention_policy_create=True,
                retention_policy_duration_ns=0,
                retention_policy_shard_group_duration_ns=HOUR_NS,
                retention_policy_name="r",
            ),
        ),
        ("DROP DATABASE d", DropDatabaseStatement("d")),
        (
            "CREATE RETENTION POLICY r ON d DURATION 1h REPLICATION 2 DEFAULT PAST LIMIT 2h",
            CreateRetentionPolicyStatement(
                name="r",
                database="d",
                duration_ns=HOUR_NS,
                replication=2,
                default=True,
                past_write_limit_ns=2 * HOUR_NS,
            ),
        ),
        (
            "ALTER RETENTION POLICY default ON d REPLICATION 1 SHARD DURATION 1h",
            AlterRetentionPolicyStatement(
                name="default", database="d", replication=1, shard_group_duration_ns=HOUR_NS
            ),
        ),
        ("DROP RETENTION POLICY r ON d", DropRetentionPolicyStatement(name="r", database="d")),
    ],
)
def test_databases_and_policies_are_read(text, statement):
    assert parse_statement(text) == statement


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "ALTER RETENTION POLICY r ON d DEFAULT DEFAULT",
            "found duplicate DEFAULT option at line 1, char 39",
        ),
        (
            "CREATE RETENTION POLICY r ON d DURATION 1h REPLICATION 0",
            "invalid value 0: must be 1 <= n <= 2147483647 at line 1, char 56",
        ),
        (
            "CREATE RETENTION POLICY r ON d DURATION 1h",
            "found EOF, expected REPLICATION at line 1, char 43",
        ),
        ("CREATE DATABASE d WITH SHARD 1h", "found 1h, expected DURATION at line 1, char 30"),
        ("CREATE DATABASE d WITH PAST 1h", "found 1h, expected LIMIT at line 1, char 29"),
        ("ALTER RETENTION POLICY 1 ON d", "found 1, expected identifier at line 1, char 24"),
    ],
)
def test_a_wrong_option_is_refused(text, message):
    with pytest.raises(InfluxqlError) as refused:
        parse_statement(text)

    assert str(refused.value) == message

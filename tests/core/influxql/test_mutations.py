"""What changes something is known, and warned of in InfluxDB's words."""

import pytest

from muster.core.influxql.mutations import is_mutation, refuse_policies, warning
from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.parser import parse_statement


@pytest.mark.parametrize(
    "text",
    [
        "CREATE DATABASE viaget",
        "DROP DATABASE viaget",
        "CREATE RETENTION POLICY p ON d DURATION 1h REPLICATION 1",
        "ALTER RETENTION POLICY p ON d DEFAULT",
        "DROP RETENTION POLICY p ON d",
        "DROP SERIES FROM m",
        "DROP MEASUREMENT m",
        "DROP SHARD 3",
        "SELECT v INTO n FROM m",
        "GRANT READ ON d TO u",
        "REVOKE ALL PRIVILEGES FROM u",
        "DROP USER u",
        "DROP SUBSCRIPTION s ON d.rp",
        "DROP CONTINUOUS QUERY q ON d",
    ],
)
def test_a_get_that_changes_something_is_warned_of(text):
    statement = parse_statement(text)

    assert is_mutation(statement)
    assert warning(statement) == (
        f"deprecated use of '{text}' in a read only context, please use a POST request instead"
    )


def test_no_warning_shows_a_password():
    statement = parse_statement("CREATE USER u WITH PASSWORD 'secret'")

    assert "CREATE USER u WITH PASSWORD [REDACTED]'" in warning(statement)


@pytest.mark.parametrize("text", ["DELETE FROM m", "KILL QUERY 4"])
def test_some_changes_are_not_warned_of(text):
    statement = parse_statement(text)

    assert is_mutation(statement)
    assert warning(statement) == ""


@pytest.mark.parametrize("text", ["SELECT v FROM m", "SHOW DATABASES", "EXPLAIN SELECT v FROM m"])
def test_what_only_reads_is_neither(text):
    statement = parse_statement(text)

    assert not is_mutation(statement)
    assert warning(statement) == ""


def test_a_policy_that_delete_would_not_keep_to_is_refused():
    refuse_policies([parse_statement("DELETE FROM m"), parse_statement("DROP SERIES FROM m")])

    with pytest.raises(InfluxqlError, match=r"^retention policy not supported at line 1, char 1$"):
        refuse_policies([parse_statement("DELETE FROM m, r.m")])

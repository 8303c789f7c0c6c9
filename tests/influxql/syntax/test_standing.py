import pytest

from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.durations import MINUTE_NS
from muster.influxql.syntax.parser import parse_statement
from muster.influxql.syntax.statements import (
    CreateSubscriptionStatement,
    DropContinuousQueryStatement,
    DropSubscriptionStatement,
)


def continuous(query, resample=""):
    when = f"{resample} " if resample else ""
    return parse_statement(f"CREATE CONTINUOUS QUERY q ON d {when}BEGIN {query} END")


def test_a_continuous_query_keeps_its_select_and_when_it_runs():
    statement = continuous(
        "SELECT mean(v) INTO t FROM m GROUP BY time(5m)", "RESAMPLE EVERY 1m FOR 10m"
    )

    assert (statement.name, statement.database) == ("q", "d")
    assert statement.resample_every_ns == MINUTE_NS
    assert statement.resample_for_ns == 10 * MINUTE_NS
    assert statement.source.target.measurement.name == "t"


@pytest.mark.parametrize(
    ("query", "resample", "message"),
    [
        ("SELECT v FROM m", "", "found FROM, expected INTO at line 1, char 47"),
        (
            "SELECT mean(v) INTO t FROM m",
            "",
            "found m, expected GROUP BY time(...) at line 1, char 65",
        ),
        (
            "SELECT mean(v) INTO t FROM m GROUP BY time('1m')",
            "",
            "found ), expected GROUP BY time(...), time dimension must have duration argument "
            "at line 1, char 85",
        ),
        ("SELECT v INTO t FROM m", "RESAMPLE", "found BEGIN, expected EVERY, FOR at line 1, "),
        ("SELECT v INTO t FROM m", "RESAMPLE EVERY INF", "found INF, expected duration at line 1"),
        (
            "SELECT mean(v) INTO t FROM m GROUP BY time(1m)",
            "RESAMPLE EVERY 5m FOR 2m",
            "FOR duration must be >= GROUP BY time duration: must be a minimum of 5m, got 2m",
        ),
    ],
)
def test_a_continuous_query_says_where_to_and_over_which_windows(query, resample, message):
    with pytest.raises(InfluxqlError) as refused:
        continuous(query, resample)

    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        (
            "DROP CONTINUOUS QUERY q ON d",
            DropContinuousQueryStatement(name="q", database="d"),
        ),
        (
            "CREATE SUBSCRIPTION s ON d.r DESTINATIONS ALL 'udp://h:1', 'http://h:2'",
            CreateSubscriptionStatement(
                name="s",
                database="d",
                retention_policy="r",
                mode="ALL",
                destinations=("udp://h:1", "http://h:2"),
            ),
        ),
        (
            "DROP SUBSCRIPTION s ON d.r",
            DropSubscriptionStatement(name="s", database="d", retention_policy="r"),
        ),
    ],
)
def test_subscriptions_and_the_end_of_queries_are_read(text, statement):
    assert parse_statement(text) == statement


def test_a_subscription_names_its_policy():
    with pytest.raises(InfluxqlError, match=r"found EOF, expected \. at line 1, char 26"):
        parse_statement("DROP SUBSCRIPTION s ON d")

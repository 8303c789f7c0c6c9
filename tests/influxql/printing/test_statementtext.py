import pytest

from muster.influxql.printing.printer import format
from muster.influxql.syntax.parser import parse_statement


@pytest.mark.parametrize(
    "text",
    [
        "EXPLAIN ANALYZE SELECT v FROM m",
        "DELETE FROM m WHERE time > 1h",
        "DROP SERIES WHERE h = 'a'",
        'DROP MEASUREMENT "a b"',
        "DROP SHARD 7",
        "CREATE DATABASE d WITH DURATION 168h0m0s REPLICATION 1 SHARD DURATION 1h0m0s NAME r",
        "CREATE DATABASE d WITH SHARD DURATION INF",
        "CREATE DATABASE d WITH DURATION 1500ms",
        "CREATE RETENTION POLICY r ON d DURATION 0s REPLICATION 1 SHARD DURATION 1d DEFAULT",
        "ALTER RETENTION POLICY r ON d FUTURE LIMIT 0s",
        "DROP RETENTION POLICY r ON d",
        "CREATE CONTINUOUS QUERY q ON d RESAMPLE EVERY 1m FOR 1h BEGIN SELECT v INTO t FROM m END",
        "DROP CONTINUOUS QUERY q ON d",
        "CREATE SUBSCRIPTION s ON d.r DESTINATIONS ALL 'udp://h:1', 'it\\'s'",
        "DROP SUBSCRIPTION s ON d.r",
        'DROP USER "select"',
        "GRANT WRITE ON d TO u",
        "GRANT ALL PRIVILEGES TO u",
        "REVOKE ALL PRIVILEGES ON d FROM u",
        "REVOKE ALL PRIVILEGES FROM u",
        "KILL QUERY 7 ON h",
        "SHOW STATS FOR 'a'",
    ],
)
def test_the_normal_form_is_read_as_itself(text):
    assert format(parse_statement(text)) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "CREATE USER u WITH PASSWORD 'secret' WITH ALL PRIVILEGES",
            "CREATE USER u WITH PASSWORD [REDACTED] WITH ALL PRIVILEGES",
        ),
        ("SET PASSWORD FOR u = 'secret'", "SET PASSWORD FOR u = [REDACTED]"),
    ],
)
def test_passwords_are_not_shown(text, shown):
    assert format(parse_statement(text)) == shown

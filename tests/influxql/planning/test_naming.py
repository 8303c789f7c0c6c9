"""Which database and policy a measurement is of."""

import pytest

from muster.influxql.errors import InfluxqlError
from muster.influxql.planning.naming import Naming
from muster.influxql.source import Policy
from muster.influxql.syntax.ast import Measurement
from muster.influxql.syntax.parser import parse_statement
from muster.testing.influxmemory import MemorySource

HOUR_NS = 3_600_000_000_000


@pytest.fixture
def source():
    memory = MemorySource()
    memory.create("d", Policy("short", 0, HOUR_NS, 1, False), Policy("long", 0, HOUR_NS, 1, True))
    memory.create("loose", Policy("short", 0, HOUR_NS, 1, False))
    return memory


def test_what_is_not_said_is_the_requests_or_the_default(source):
    m = Measurement(name="m")

    assert Naming(source, "d", "").measurement(m).retention_policy == "long"
    assert Naming(source, "d", "short").measurement(m).retention_policy == "short"


def test_a_default_policy_that_was_dropped_is_not_found(source, monkeypatch):
    monkeypatch.setattr(source, "default_policy", lambda database: "gone")
    naming = Naming(source, "loose", "")
    whole = naming.measurement(Measurement(name="m"))

    assert whole.retention_policy == "gone"
    with pytest.raises(InfluxqlError, match=r"^retention policy not found: gone$"):
        naming.require_policy(whole)


@pytest.mark.parametrize(
    ("database", "text", "error"),
    [
        ("", "SELECT v FROM m", "database name required"),
        ("x", "SELECT v FROM m", "database not found: x"),
        ("d", "SELECT v FROM x..m", "database not found: x"),
        ("d", "SELECT v FROM (SELECT v FROM x..m)", "database not found: x"),
        ("loose", "SELECT v FROM m", "default retention policy not set for: loose"),
        ("d", "SELECT v FROM d.nope.m", "retention policy not found: nope"),
        ("d", "SELECT v INTO x..n FROM m", "database not found: x"),
    ],
)
def test_what_is_not_there_is_named(source, database, text, error):
    naming = Naming(source, database, "")

    with pytest.raises(InfluxqlError, match=error):
        naming.require_policies(naming.select(parse_statement(text)))

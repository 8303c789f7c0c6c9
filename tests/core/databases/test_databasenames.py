"""Every source and target of a statement gets its database and policy."""

import pytest

from muster.core.databases.databasebook import DatabaseNotFound
from muster.core.databases.databasenames import Defaults, measurements, named, require_policies
from muster.core.databases.retention import PolicySpec, new_database
from muster.errors import InputError, NotFound
from muster.influxql.printing.printer import format
from muster.influxql.syntax.ast import SelectStatement
from muster.influxql.syntax.parser import parse_statement
from muster.model.influx import Database

KNOWN = {
    "d1": new_database("home", "d1", 0, PolicySpec()),
    "d2": new_database("home", "d2", 0, PolicySpec(name="rp2")),
    "bare": Database(space="home", name="bare", default_policy=""),
}


def select(text):
    statement = parse_statement(text)
    assert isinstance(statement, SelectStatement)
    return statement


def whole(text, database="d1", policy=""):
    return format(named(select(text), Defaults(database, policy), KNOWN.get))


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("SELECT v FROM m", "SELECT v FROM d1.autogen.m"),
        ("SELECT v FROM p.m", "SELECT v FROM d1.p.m"),
        ("SELECT v FROM d2..m", "SELECT v FROM d2.rp2.m"),
        ("SELECT v FROM /[cg]pu/, n", "SELECT v FROM d1.autogen./[cg]pu/, d1.autogen.n"),
        ("SELECT v INTO n FROM m", "SELECT v INTO d1.autogen.n FROM d1.autogen.m"),
        (
            "SELECT v INTO d2..:MEASUREMENT FROM m",
            "SELECT v INTO d2.rp2.:MEASUREMENT FROM d1.autogen.m",
        ),
        (
            "SELECT v FROM (SELECT v FROM m), (SELECT v FROM (SELECT v FROM d2..m))",
            "SELECT v FROM (SELECT v FROM d1.autogen.m), (SELECT v FROM (SELECT v FROM d2.rp2.m))",
        ),
    ],
)
def test_names_are_made_whole(text, result):
    assert whole(text) == result


def test_the_policy_of_a_request_stands_before_the_default_one():
    assert whole("SELECT v FROM m", policy="p") == "SELECT v FROM d1.p.m"
    assert whole("SELECT v FROM q.m", policy="p") == "SELECT v FROM d1.q.m"


@pytest.mark.parametrize(
    ("text", "database", "refusal", "kind"),
    [
        ("SELECT v FROM m", "", "database name required", InputError),
        ("SELECT v FROM m", "nodb", "database not found: nodb", DatabaseNotFound),
        ("SELECT v INTO nodb..n FROM m", "d1", "database not found: nodb", DatabaseNotFound),
        ("SELECT v FROM (SELECT v FROM nodb..m)", "d1", "database not found: nodb", NotFound),
        ("SELECT v FROM m", "bare", "default retention policy not set for: bare", InputError),
    ],
)
def test_what_cannot_be_made_whole_is_told(text, database, refusal, kind):
    with pytest.raises(kind) as told:
        whole(text, database)
    assert str(told.value) == refusal


def test_target_and_sources_are_listed_with_those_of_subqueries():
    statement = select("SELECT v INTO a FROM b, (SELECT v FROM c)")

    assert [each.name for each in measurements(statement)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("SELECT v FROM d1.autogen.m", ""),
        ("SELECT v FROM d1.nope.m", "retention policy not found: d1.nope"),
        ("SELECT v FROM nodb.a.m", "database not found: nodb"),
    ],
)
def test_policies_are_looked_up_when_asked(text, refusal):
    if not refusal:
        require_policies(select(text), KNOWN.get)
        return
    with pytest.raises(NotFound) as told:
        require_policies(select(text), KNOWN.get)
    assert str(told.value) == refusal

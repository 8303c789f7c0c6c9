"""Queries of dashboards are read before they are kept."""

import msgspec
import pytest

from muster.core.dashboards.dashboardchecks import check_queries, fault_of, query_of
from muster.model.dashboard import Dashboard, Language, PanelQuery, Variable, VariableKind
from muster.model.dashboardrules import DashboardError

LIST = Variable(name="f", kind=VariableKind.LIST, values=("mean",))


def board(text="SELECT v FROM m", query="SHOW MEASUREMENTS", **panel):
    document = {
        "id": "a",
        "title": "A",
        "variables": [{"name": "x", "query": query}],
        "panels": [{"id": "p", "queries": [{"text": text}], **panel}],
    }
    return msgspec.convert(document, Dashboard)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT $x(v) FROM m WHERE $timeFilter GROUP BY time($__interval), $x LIMIT 5",
        "SELECT v FROM m LIMIT $x",
        "SELECT mean(v) FROM m GROUP BY time($x)",
        "SELECT v FROM m WHERE h =~ /^$x$/ AND i = '$x';",
        "SHOW TAG KEYS",
    ],
)
def test_a_query_may_be_completed_by_its_variables(text):
    check_queries(board(text))


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"text": "SELECT FROM"}, "panels[0].queries[0].text"),
        ({"text": "SELECT v INTO n FROM m"}, "panels[0].queries[0].text"),
        ({"text": "DROP DATABASE d"}, "panels[0].queries[0].text"),
        ({"query": "SHOW"}, "variables[0].query"),
    ],
)
def test_what_cannot_be_read_or_changes_something_is_named(given, key):
    with pytest.raises(DashboardError) as told:
        check_queries(board(**given))

    assert told.value.key == key


def test_values_that_are_known_are_tried():
    assert fault_of(PanelQuery(text="SELECT $f(v) FROM m"), (LIST,)) == ""
    assert "found" in fault_of(PanelQuery(text="SELECT $f( FROM m"), (LIST,))


@pytest.mark.parametrize(
    ("text", "instant", "fault"),
    [
        ('sum by ($f) (rate(x{a=~"$f"}[$__rate_interval]))', False, ""),
        ("x[5m]", True, ""),
        ("x[5m]", False, "range query"),
        ("sum(", False, "parse error"),
        ("SELECT v FROM m", False, "parse error"),
    ],
)
def test_promql_is_read_as_promql(text, instant, fault):
    query = PanelQuery(text=text, language=Language.PROMQL, instant=instant)
    found = fault_of(query, (LIST,))

    assert fault in found and bool(found) is bool(fault)


def test_a_variable_in_promql_asks_for_a_list():
    good = Variable(name="x", language=Language.PROMQL, query='label_values(up{a=~"$f"}, b)')
    bad = Variable(name="x", language=Language.PROMQL, query="up")

    assert fault_of(query_of(good), (LIST,), is_listing=True) == ""
    assert "label_values" in fault_of(query_of(bad), (LIST,), is_listing=True)

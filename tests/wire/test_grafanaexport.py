"""Our dashboards as Grafana's."""

import json

import msgspec
import pytest

from muster.model.dashboard import Dashboard
from muster.store.dashboardfiles import BUILT_IN
from muster.wire.dashboardfile import parse_dashboard
from muster.wire.grafanaexport import export_grafana
from muster.wire.grafanaimport import import_grafana

BOARDS = {
    path.stem: parse_dashboard(path.read_text(), path.name) for path in BUILT_IN.glob("*.toml")
}


def exported(**parts):
    board = msgspec.convert({"id": "a", "title": "A", **parts}, Dashboard)
    text, notes = export_grafana(board)
    return json.loads(text), notes


@pytest.mark.parametrize("name", sorted(BOARDS))
def test_what_is_exported_and_imported_again_has_the_same_queries_and_places(name):
    board = BOARDS[name]
    text, _ = export_grafana(board)
    back, notes = import_grafana(text)

    assert notes == ["variable 'datasource': queries go to the databases of this hub"]
    assert [each.query for each in back.variables] == [each.query for each in board.variables]
    assert [each.repeat for each in back.sections] == [each.repeat for each in board.sections]
    ours = {(p.title, p.grid.x, p.grid.y, p.queries, p.repeat) for p in board.panels}
    assert {(p.title, p.grid.x, p.grid.y, p.queries, p.repeat) for p in back.panels} == ours


def test_panels_of_sections_follow_their_rows():
    document, _ = exported(
        sections=[{"id": "s", "title": "S"}, {"id": "c", "collapsed": True}],
        panels=[
            {"id": "top", "grid": {"h": 4}},
            {"id": "in", "section": "s", "grid": {"y": 2, "h": 3}},
            {"id": "hidden", "section": "c"},
        ],
    )
    rows = [(each["type"], each["gridPos"]["y"]) for each in document["panels"]]

    assert rows == [("timeseries", 0), ("row", 4), ("timeseries", 7), ("row", 10)]
    assert [each["gridPos"]["y"] for each in document["panels"][3]["panels"]] == [11]


def test_what_grafana_has_no_place_for_is_noted():
    document, notes = exported(
        variables=[
            {"name": "n", "kind": "node"},
            {"name": "r", "kind": "room"},
            {"name": "w", "kind": "interval", "values": ["auto", "1m"]},
            {"name": "l", "kind": "list", "values": ["a,b", "c"], "multi": True, "default": ["c"]},
            {"name": "t", "kind": "text", "default": ["x"]},
        ],
        panels=[{"id": "p", "title": "P", "kind": "bar", "options": {"shape": "squares"}}],
    )
    by_name = {each["name"]: each for each in document["templating"]["list"]}

    assert notes == [
        "variable 'n' offers hosts, not nodes of rooms",
        "variable 'r': Grafana knows no rooms",
        "panel 'P': its squares became bars",
    ]
    assert by_name["w"] | {"query": "1m", "auto": True} == by_name["w"]
    assert by_name["l"]["query"] == r"a\,b,c"
    assert by_name["l"]["current"] == {"text": ["c"], "value": ["c"]}


def test_looks_are_said_in_grafanas_words():
    document, _ = exported(
        time={"start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z"},
        panels=[
            {
                "id": "p",
                "kind": "timeseries",
                "unit": "parsec",
                "queries": [{"text": "x", "min_interval": "1m", "policy": "year"}],
                "thresholds": [{"color": "cyan", "value": 3}],
                "mappings": [
                    {"text": "a", "value": "1", "color": "red"},
                    {"text": "b", "empty": True},
                    {"text": "c", "low": 1, "high": 2},
                    {"text": "d", "pattern": "(?i)^ok"},
                ],
                "overrides": [{"pattern": "^x", "unit": "us", "paint": "value", "hide": True}],
                "options": {"draw": "bars", "legend": "none", "empty": "-"},
            },
            {"id": "t", "kind": "text", "options": {"text": "# Hi"}},
            {"id": "g", "kind": "gauge", "options": {"calculation": "distinct"}},
        ],
    )
    chart, text, gauge = document["panels"]
    defaults = chart["fieldConfig"]["defaults"]

    assert document["time"]["from"] == "2026-01-01T00:00:00Z"
    assert (chart["interval"], chart["targets"][0]["policy"]) == ("1m", "year")
    assert (defaults["unit"], defaults["noValue"]) == ("suffix:parsec", "-")
    assert defaults["thresholds"]["steps"] == [
        {"color": "transparent", "value": None},
        {"color": "#00ffff", "value": 3.0},
    ]
    assert [each["type"] for each in defaults["mappings"]] == [
        "value",
        "special",
        "range",
        "regex",
    ]
    assert defaults["mappings"][3]["options"]["pattern"] == "/^ok/i"
    assert chart["options"]["legend"]["showLegend"] is False
    assert chart["fieldConfig"]["overrides"][0]["matcher"] == {"id": "byRegexp", "options": "/^x/"}
    assert text["options"]["content"] == "# Hi"
    assert gauge["options"]["reduceOptions"]["calcs"] == ["distinctCount"]

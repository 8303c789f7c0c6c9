"""What dashboards have to keep to."""

import msgspec
import pytest

from muster.model.dashboard import Dashboard
from muster.model.dashboardrules import DashboardError, check_dashboard

QUERY = {"text": "SELECT 1"}
HOST = {"name": "host", "query": "SHOW MEASUREMENTS"}


def board(**parts):
    return msgspec.convert({"id": "a", "title": "A", **parts}, Dashboard)


def panel(**parts):
    return {"panels": [{"id": "p", **parts}]}


def test_a_whole_one_passes():
    check_dashboard(
        board(
            time={"start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00+01:00"},
            refresh="30s",
            variables=[
                HOST,
                {"name": "room", "kind": "room", "multi": True},
                {"name": "node", "kind": "node", "query": "room", "all": True},
                {"name": "w", "kind": "interval", "values": ["auto", "1m"]},
            ],
            sections=[{"id": "s", "repeat": "host"}],
            **panel(
                section="s",
                repeat="node",
                queries=[QUERY, {"text": "up", "language": "promql", "instant": True}],
                thresholds=[{"color": "red"}, {"color": "green", "value": 3}],
                mappings=[
                    {"low": 0, "high": 1, "text": "grid"},
                    {"empty": True, "text": "none"},
                    {"pattern": "(?i)^ok", "text": "well"},
                ],
            ),
        )
    )


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        ({"panels": [{"id": "p"}, {"id": "p"}]}, "panels[1].id"),
        ({"sections": [{"id": "s"}, {"id": "s"}]}, "sections[1].id"),
        ({"variables": [HOST, HOST]}, "variables[1].name"),
        ({"variables": [{**HOST, "name": "timeFilter"}]}, "variables[0].name"),
        ({"variables": [{"name": "x"}]}, "variables[0].query"),
        ({"variables": [{"name": "x", "kind": "list"}]}, "variables[0].values"),
        (
            {"variables": [{"name": "x", "kind": "interval", "values": ["1m", "soon"]}]},
            "variables[0].values[1]",
        ),
        ({"variables": [{"name": "x", "kind": "node", "query": "y"}]}, "variables[0].query"),
        ({"variables": [{"name": "x", "kind": "text", "multi": True}]}, "variables[0].multi"),
        ({"variables": [{"name": "x", "kind": "space", "all": True}]}, "variables[0].all"),
        ({"time": {"last": ""}}, "time.last"),
        ({"time": {"last": "99999d"}}, "time.last"),
        ({"time": {"start": "2026-01-01T00:00:00Z"}}, "time"),
        ({"time": {"start": "yesterday", "end": "now"}}, "time.start"),
        (
            {"time": {"start": "2026-01-01T00:00:00", "end": "2026-01-02T00:00:00Z"}},
            "time.start",
        ),
        (
            {"time": {"start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"}},
            "time.end",
        ),
        ({"refresh": "0s"}, "refresh"),
        ({"refresh_choices": ["1s", "999999999w"]}, "refresh_choices[1]"),
        ({"sections": [{"id": "s", "repeat": "x"}]}, "sections[0].repeat"),
        (panel(section="s"), "panels[0].section"),
        (panel(repeat="x"), "panels[0].repeat"),
        (panel(grid={"x": 13, "w": 12}), "panels[0].grid.w"),
        (panel(kind="text", queries=[QUERY]), "panels[0].queries"),
        (panel(queries=[{"text": " "}]), "panels[0].queries[0].text"),
        (panel(options={"min": 2, "max": 1}), "panels[0].options.max"),
        (panel(options={"bucket_size": 0}), "panels[0].options.bucket_size"),
        (panel(overrides=[{}]), "panels[0].overrides[0]"),
        (panel(overrides=[{"field": "a", "pattern": "b"}]), "panels[0].overrides[0]"),
        (
            panel(thresholds=[{"color": "red", "value": 1}, {"color": "red"}]),
            "panels[0].thresholds[1]",
        ),
        (
            panel(thresholds=[{"color": "red", "value": 2}, {"color": "red", "value": 1}]),
            "panels[0].thresholds",
        ),
        (panel(mappings=[{"text": "x"}]), "panels[0].mappings[0]"),
        (panel(mappings=[{"low": 2, "high": 1}]), "panels[0].mappings[0].high"),
        (panel(mappings=[{"pattern": "["}]), "panels[0].mappings[0].pattern"),
        (panel(mappings=[{"pattern": "a", "value": "a"}]), "panels[0].mappings[0]"),
        (panel(queries=[{**QUERY, "instant": True}]), "panels[0].queries[0].instant"),
        (
            {"variables": [{"name": "x", "kind": "room", "language": "promql"}]},
            "variables[0].language",
        ),
    ],
)
def test_each_fault_names_its_key(parts, key):
    with pytest.raises(DashboardError) as told:
        check_dashboard(board(**parts))

    assert told.value.key == key

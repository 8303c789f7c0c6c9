"""Panels of Grafana."""

import pytest

from muster.wire.grafanajson import Notes, Part
from muster.wire.grafanapanel import panel_document

RAW = {"rawQuery": True, "query": "SELECT v FROM m"}


def made(**panel):
    notes = Notes()
    document = panel_document(Part({"title": "P", "targets": [RAW], **panel}), notes)
    return document, notes.all()


def test_an_old_graph_keeps_its_looks():
    document, notes = made(
        type="graph",
        linewidth=2,
        fill=3,
        stack=True,
        bars=True,
        nullPointMode="connected",
        decimals=0,
        legend={"show": True, "rightSide": True, "values": True, "current": True, "hideZero": True},
        yaxes=[{"format": "ms", "max": "100", "min": None}, {"format": "percent", "min": "0"}],
        seriesOverrides=[{"alias": "code", "yaxis": 2}],
    )

    assert notes == []
    assert (document["kind"], document["unit"], document["decimals"]) == ("timeseries", "ms", 0)
    assert document["options"] == {
        "line_px": 2.0,
        "fill_percent": 30,
        "stack": True,
        "connect_gaps": True,
        "draw": "bars",
        "legend": "right",
        "legend_values": ["last_value"],
        "hide_zero": True,
        "max": 100.0,
    }
    assert document["overrides"] == [
        {"field": "code", "axis": "right", "unit": "percent", "min": 0.0}
    ]


def test_an_old_graph_by_value_is_a_histogram():
    document, notes = made(
        type="graph",
        xaxis={"mode": "histogram"},
        legend={},
        points=True,
        percentage=True,
        thresholds=[{"value": 1}],
        yaxes=[{"logBase": 10}],
    )

    assert (document["kind"], document["options"]["legend"]) == ("histogram", "none")
    assert document["options"]["draw"] == "points"
    assert notes == [
        "panel 'P': a logarithmic axis",
        "panel 'P': the lines of its thresholds",
        "panel 'P': stacking in percent",
    ]


def test_a_new_chart_keeps_its_looks():
    custom = {"lineWidth": 3, "fillOpacity": 20, "spanNulls": True, "drawStyle": "points"}
    document, _ = made(
        type="timeseries",
        interval=">30s",
        fieldConfig={"defaults": {"min": 0, "custom": {**custom, "stacking": {"mode": "normal"}}}},
        options={"legend": {"placement": "right", "calcs": ["mean"]}},
    )

    assert document["options"] == {
        "min": 0.0,
        "legend": "right",
        "legend_values": ["mean"],
        "line_px": 3.0,
        "fill_percent": 20,
        "connect_gaps": True,
        "stack": True,
        "draw": "points",
    }
    assert document["queries"] == [{"text": "SELECT v FROM m", "legend": "", "min_interval": "30s"}]
    hidden, _ = made(type="histogram", options={"bucketSize": 5, "legend": {"showLegend": False}})
    assert (hidden["options"]["legend"], hidden["options"]["bucket_size"]) == ("none", 5.0)


def test_a_tile_shows_one_of_two_queries():
    document, notes = made(
        type="stat",
        targets=[{**RAW, "alias": "memlast"}, {**RAW, "alias": "memtotal"}],
        options={
            "colorMode": "background",
            "graphMode": "area",
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "/^memlast$/"},
        },
        fieldConfig={"defaults": {"noValue": "NO UPS"}},
    )

    assert notes == []
    assert document["overrides"] == [{"field": "memtotal", "hide": True}]
    assert document["options"] == {
        "empty": "NO UPS",
        "calculation": "last_value",
        "paint": "background",
        "sparkline": True,
    }


def test_a_single_stat_of_long_ago_is_a_tile():
    document, notes = made(
        type="singlestat",
        valueName="avg",
        format="percent",
        thresholds="10,80",
        colors=["green", "yellow", "red"],
        colorBackground=True,
        sparkline={"show": True},
        postfix="!",
    )

    assert document["thresholds"] == [
        {"color": "green"},
        {"color": "yellow", "value": 10.0},
        {"color": "red", "value": 80.0},
    ]
    assert (document["unit"], document["options"]["calculation"]) == ("percent", "mean")
    assert notes == ["panel 'P': its postfix"]


def test_squares_of_the_plug_in_are_squares():
    document, _ = made(
        type="grafana-polystat-panel",
        targets=[{**RAW, "alias": "CPU"}],
        polystat={
            "globalUnitFormat": "percent",
            "globalOperatorName": "current",
            "hexagonSortByField": "name",
            "displayLimit": 100,
            "globalThresholds": [{"color": "red", "value": 80}, {"color": "green", "value": 0}],
        },
    )

    assert document["options"]["shape"] == "squares"
    assert [each["value"] for each in document["thresholds"]] == [0.0, 80.0]
    assert document["queries"][0]["legend"] == ""


def test_a_table_keeps_its_columns():
    organize = {
        "id": "organize",
        "options": {
            "excludeByName": {"Time": True, "x": True, "y": False},
            "renameByName": {"used": "Used", "path": ""},
        },
    }
    document, notes = made(
        type="table",
        options={"sortBy": [{"displayName": "server", "desc": True}]},
        transformations=[organize, {"id": "merge"}],
    )

    assert document["options"] == {"sort_by": "server", "descending": True, "hide_time": True}
    assert document["overrides"] == [
        {"field": "x", "hide": True},
        {"field": "used", "label": "Used"},
    ]
    assert notes == ["panel 'P': transformation 'merge'"]


@pytest.mark.parametrize(
    "panel",
    [
        {"mode": "html", "content": "<center>One<br/>Two</center><script>x()</script>"},
        {"options": {"mode": "html", "content": "<p>One</p>Two"}},
    ],
)
def test_html_becomes_plain_text(panel):
    document, notes = made(type="text", **panel)

    assert "<" not in document["options"]["text"]
    assert document["options"]["text"].split()[0] == "One"
    assert notes == ["panel 'P': its HTML became plain text"]


def test_markdown_stays():
    assert made(type="text", options={"content": "# One"})[0]["options"] == {"text": "# One"}


def test_what_has_no_place_is_noted():
    document, notes = made(
        type="timeseries",
        targets=[{**RAW, "datasource": {"type": "loki"}}, *[RAW] * 22],
        alert={"name": "x"},
        timeShift="1h",
        links=[{"url": "x"}],
    )
    gone, told = made(type="geomap")

    assert len(document["queries"]) == 20
    assert notes == [
        "panel 'P': its alert",
        "panel 'P': its links",
        "panel 'P': its shift in time",
        "panel 'P': a query of another language (loki)",
        "panel 'P': 2 of its queries",
    ]
    assert gone is None
    assert told == ["panel 'P': there is no panel of the kind 'geomap'"]


def test_a_target_of_prometheus_is_promql():
    source = {"datasource": {"type": "prometheus", "uid": "x"}, "interval": ">30s"}
    targets = [
        {"expr": "up", "legendFormat": "{{job}}", "interval": "1m"},
        {"expr": "up", "legendFormat": "__auto", "instant": True, "hide": True},
        {"expr": "x", "instant": True, "range": True, "format": "heatmap"},
        {"expr": ""},
        {"expr": "rate(x[5m])", "datasource": {"type": "loki"}},
    ]
    document, notes = made(type="timeseries", targets=targets, **source)
    first, second, third = document["queries"]

    assert (first["language"], first["legend"], first["min_interval"]) == (
        "promql",
        "{{job}}",
        "1m",
    )
    assert (second["instant"], second["legend"], second["hide"]) == (True, "", True)
    assert (second["min_interval"], third["instant"]) == ("30s", False)
    assert notes == [
        "panel 'P': a heatmap of a histogram's buckets",
        "panel 'P': a query of another language (loki)",
    ]

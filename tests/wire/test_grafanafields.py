"""Fields of Grafana."""

import pytest

from muster.wire.grafanafields import (
    field_document,
    mappings_of,
    overrides_of,
    series_overrides_of,
    thresholds_of,
)
from muster.wire.grafanajson import Notes, Part


def test_thresholds_are_put_in_order():
    steps = [
        {"color": "dark-red", "value": 10},
        {"color": "green", "value": None},
        {"color": "yellow", "value": 1.5},
    ]
    found, mode = thresholds_of(Part({"mode": "percentage", "steps": steps}))

    assert mode == "percent"
    assert found == [
        {"color": "green"},
        {"color": "yellow", "value": 1.5},
        {"color": "red", "value": 10.0},
    ]


@pytest.mark.parametrize(
    ("mapping", "found"),
    [
        ({"type": 1, "value": "null", "text": "NO"}, [{"text": "NO", "empty": True}]),
        ({"type": 1, "value": "3", "text": "three"}, [{"text": "three", "value": "3"}]),
        (
            {"type": 2, "from": "0", "to": "1", "text": "GRID"},
            [{"text": "GRID", "low": 0.0, "high": 1.0}],
        ),
        ({"type": 2, "from": "null", "to": "null", "text": "N/A"}, []),
        (
            {"type": "value", "options": {"1": {"text": "up", "color": "green"}}},
            [{"text": "up", "color": "green", "value": "1"}],
        ),
        (
            {"type": "range", "options": {"from": 5, "to": 1, "result": {"text": "x"}}},
            [{"text": "x", "color": "", "low": 1.0, "high": 5.0}],
        ),
        (
            {"type": "special", "options": {"match": "null", "result": {"text": "none"}}},
            [{"text": "none", "color": "", "empty": True}],
        ),
    ],
)
def test_mappings_of_both_forms_are_read(mapping, found):
    assert mappings_of([Part(mapping)], Notes()) == found


def test_a_mapping_by_pattern_is_ours_unless_it_may_take_long():
    notes = Notes()
    result = {"text": "well", "color": "green"}
    patterns = ("/^ok$/i", "up", "", "/(a)\\1/")
    parts = [
        Part({"type": "regex", "options": {"pattern": pattern, "result": result}})
        for pattern in patterns
    ]
    found = mappings_of(parts, notes)

    assert [(each["pattern"], each["text"]) for each in found] == [
        ("(?i)^ok$", "well"),
        ("up", "well"),
    ]
    assert len(notes.all()) == 1


def test_overrides_say_which_field_and_what():
    properties = [
        {"id": "unit", "value": "percent"},
        {"id": "decimals", "value": 1},
        {"id": "custom.width", "value": 90},
        {"id": "custom.displayMode", "value": "color-background"},
        {"id": "color", "value": {"mode": "fixed", "fixedColor": "red"}},
        {"id": "custom.axisPlacement", "value": "right"},
        {"id": "custom.hideFrom", "value": {"viz": True}},
        {"id": "custom.lineWidth", "value": 900},
        {"id": "links", "value": []},
    ]
    config = {
        "overrides": [
            {"matcher": {"id": "byName", "options": "used"}, "properties": properties},
            {
                "matcher": {"id": "byRegexp", "options": "/^a/"},
                "properties": [{"id": "custom.cellOptions", "value": {"type": "color-text"}}],
            },
            {"matcher": {"id": "byType", "options": "number"}, "properties": properties},
            {"matcher": {"id": "byName", "options": "empty"}, "properties": []},
        ]
    }
    notes = Notes()

    assert overrides_of(Part(config), notes) == [
        {
            "field": "used",
            "unit": "percent",
            "decimals": 1,
            "width_px": 90,
            "paint": "background",
            "color": "red",
            "axis": "right",
            "hide": True,
        },
        {"pattern": "^a", "paint": "value"},
    ]
    assert notes.all() == ["override of 'links'", "overrides for fields chosen 'byType'"]


def test_overrides_of_older_graphs_are_read():
    panel = {
        "seriesOverrides": [
            {"alias": "CPU", "color": "#E02F44", "linewidth": 3, "yaxis": 2, "dashes": True},
            {"alias": "/^x/", "bars": True},
            {},
        ],
        "aliasColors": {"RAM": "green"},
    }
    notes = Notes()

    assert series_overrides_of(Part(panel), notes) == [
        {"field": "CPU", "color": "#e02f44", "line_px": 3.0, "axis": "right"},
        {"pattern": "^x", "draw": "bars"},
        {"field": "RAM", "color": "green"},
    ]
    assert notes.all() == ["override of 'dashes'"]


def test_what_holds_for_all_fields_is_read():
    found = field_document(Part({"unit": "bytes", "decimals": 99}), Notes())

    assert found == {
        "unit": "bytes",
        "thresholds": [],
        "threshold_mode": "absolute",
        "mappings": [],
    }

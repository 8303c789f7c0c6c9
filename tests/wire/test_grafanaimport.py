"""Dashboards of Grafana become ours."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import InputError
from muster.model.dashboard import Dashboard
from muster.wire.dashboardfile import format_dashboard, parse_dashboard
from muster.wire.grafanaimport import import_grafana, slug

STAT = {"type": "stat", "title": "Up", "targets": [{"rawQuery": True, "query": "SELECT v FROM m"}]}


def at(x, y, w=12, h=8):
    return {"gridPos": {"x": x, "y": y, "w": w, "h": h}}


BOARD = {
    "title": "Ma_Sys.ma Few Systems",
    "uid": "qsRMQfkgz",
    "tags": ["linux"],
    "refresh": "30s",
    "time": {"from": "now-3h", "to": "now"},
    "timezone": "utc",
    "timepicker": {"refresh_intervals": ["10s", "never"]},
    "templating": {"list": [{"name": "host", "type": "query", "query": "SHOW X", "multi": True}]},
    "annotations": {"list": [{"builtIn": 1}, {"name": "deploys"}]},
    "links": [{"url": "x"}],
    "panels": [
        {**STAT, **at(0, 0)},
        {"type": "row", "title": "Host $host", "repeat": "host", **at(0, 8, 24, 1)},
        {**STAT, **at(2, 11), "repeat": "host", "repeatDirection": "v"},
        {**STAT, **at(30, 9, 40, 900)},
        {"type": "row", "title": "Host $host", "repeatPanelId": 2, **at(0, 20, 24, 1)},
        {**STAT, **at(0, 21), "repeatPanelId": 3},
        {
            "type": "row",
            "title": "More",
            "collapsed": True,
            "repeat": "none",
            "panels": [{**STAT, **at(0, 31), "repeat": "none"}],
            **at(0, 30, 24, 1),
        },
        {"type": "geomap", **at(0, 40)},
    ],
}


def imported(**more):
    return import_grafana(json.dumps({**BOARD, **more}))


def test_a_dashboard_keeps_what_it_is_about():
    board, notes = imported()

    assert (board.id, board.title) == ("ma-sys-ma-few-systems", "Ma_Sys.ma Few Systems")
    assert (board.time.last, board.time.zone, board.refresh) == ("3h", "UTC", "30s")
    assert board.refresh_choices == ("10s",)
    assert notes == [
        "row 'More': repeating by 'none'",
        "panel 'Up': repeating by 'none'",
        "panel 'number ': there is no panel of the kind 'geomap'",
        "1 annotations",
        "links to other dashboards",
    ]


def test_rows_are_sections_and_copies_of_repeated_panels_are_left_out():
    board, _ = imported()

    assert [(s.id, s.title, s.repeat, s.collapsed) for s in board.sections] == [
        ("host-host", "Host $host", "host", False),
        ("more", "More", "", True),
    ]
    assert [(p.id, p.section, p.grid.x, p.grid.y, p.grid.w, p.grid.h) for p in board.panels] == [
        ("up", "", 0, 0, 12, 8),
        ("up-2", "host-host", 23, 0, 1, 200),
        ("up-3", "host-host", 2, 2, 12, 8),
        ("up-4", "more", 0, 0, 12, 8),
    ]
    assert board.panels[2].repeat_direction == "down"


@pytest.mark.parametrize(
    ("time", "last"),
    [
        ({"from": "now-7d", "to": "now"}, "7d"),
        ({"from": "now-1M", "to": "now"}, "30d"),
        ({"from": "now-1y", "to": "now"}, "365d"),
        ({"from": "now/d", "to": "now/d"}, "3h"),
        ({}, "3h"),
    ],
)
def test_a_range_is_the_last_while(time, last):
    assert imported(time=time)[0].time.last == last


def test_a_fixed_range_stays():
    time = {"from": "2026-01-01T00:00:00.000Z", "to": "2026-01-02T00:00:00.000Z"}

    assert imported(time=time)[0].time.start == time["from"]


def test_an_export_by_the_interface_is_unpacked():
    board, _ = import_grafana(json.dumps({"meta": {}, "dashboard": BOARD}))

    assert board.id == "ma-sys-ma-few-systems"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("{}", "it has a list 'panels'"),
        ('{"rows": [1]}', "before Grafana 5"),
        (json.dumps({**BOARD, "time": {"from": "2026-13-01", "to": "2026-01-01"}}), "time.start"),
    ],
)
def test_what_is_no_dashboard_is_refused(text, reason):
    with pytest.raises(InputError, match=reason):
        import_grafana(text)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=5,
)


def keys_in(value):
    if isinstance(value, dict):
        return {*value, *(key for each in value.values() for key in keys_in(each))}
    return {key for each in value for key in keys_in(each)} if isinstance(value, list) else set()


def changed(value, key, new):
    if isinstance(value, dict):
        return {name: new if name == key else changed(own, key, new) for name, own in value.items()}
    return [changed(each, key, new) for each in value] if isinstance(value, list) else value


@given(st.sampled_from(sorted(keys_in(BOARD))), anything)
def test_whatever_stands_there_ends_in_a_dashboard_or_a_refusal(key, new):
    try:
        board, _ = import_grafana(json.dumps(changed(BOARD, key, new)))
    except InputError:
        return

    assert isinstance(board, Dashboard)
    assert parse_dashboard(format_dashboard(board)) == board


def test_an_id_is_plain():
    assert slug("Ünïcode & more!") == "n-code-more"
    assert slug("---") == ""
    assert len(slug("a" * 200)) == 63

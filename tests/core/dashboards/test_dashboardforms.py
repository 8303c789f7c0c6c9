"""Dashboards that come from elsewhere and go there."""

import json

import msgspec
import pytest

from muster.core.dashboards.dashboardforms import export_dashboard, import_dashboard
from muster.errors import InputError
from muster.model.dashboard import Dashboard, Panel, PanelQuery

BOARD = Dashboard(
    id="disks",
    title="Disks",
    panels=(Panel(id="p", queries=(PanelQuery(text="SELECT v FROM m"),)),),
)


@pytest.mark.parametrize(("form", "name"), [("toml", "disks.toml"), ("grafana", "disks.json")])
def test_what_goes_out_comes_back(form, name):
    made = export_dashboard(BOARD, form)
    back = import_dashboard(made.text)

    assert (made.name, made.not_carried) == (name, [])
    assert [panel.queries for panel in back.dashboard.panels] == [BOARD.panels[0].queries]


def raw(text):
    return {"rawQuery": True, "query": text}


def test_a_query_that_cannot_be_read_is_left_out_and_told():
    document = {
        "title": "X",
        "templating": {
            "list": [
                {"name": "good", "type": "query", "query": "SHOW MEASUREMENTS"},
                {"name": "bad", "type": "query", "query": "label_values(up{)"},
            ]
        },
        "panels": [
            {"type": "row", "title": "R", "repeat": "bad", "gridPos": {"y": 0}},
            {
                "type": "stat",
                "title": "P",
                "repeat": "bad",
                "gridPos": {"y": 1},
                "targets": [raw("SELECT $good(v) FROM m"), raw("from(bucket: 1)"), raw("DROP")],
            },
        ],
    }
    read = import_dashboard(json.dumps(document))
    (panel,), (section,) = read.dashboard.panels, read.dashboard.sections

    assert [query.text for query in panel.queries] == ["SELECT $good(v) FROM m"]
    assert [each.name for each in read.dashboard.variables] == ["good"]
    assert (panel.repeat, section.repeat) == ("", "")
    assert [note.split(":")[0] for note in read.not_carried] == [
        "variable 'bad'",
        "panel 'P'",
        "panel 'P'",
    ]


@pytest.mark.parametrize("text", ["", "{", 'id = "a"', '{"panels": 1}'])
def test_what_is_no_dashboard_is_refused(text):
    with pytest.raises(InputError):
        import_dashboard(text)


def test_an_imported_file_of_ours_is_as_it_was():
    text = export_dashboard(BOARD, "toml").text

    assert msgspec.to_builtins(import_dashboard(text).dashboard) == msgspec.to_builtins(BOARD)

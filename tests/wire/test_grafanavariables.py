"""Template variables of Grafana."""

import pytest

from muster.wire.grafanajson import Notes, Part
from muster.wire.grafanavariables import variable_documents


def made(**variable):
    notes = Notes()
    given = {"name": "x", **variable}
    return variable_documents(Part({"list": [given]}), notes), notes.all()


def test_a_query_keeps_its_order_choice_and_pattern():
    (document,), notes = made(
        type="query",
        label="Host",
        query="SHOW MEASUREMENTS",
        sort=1,
        multi=True,
        includeAll=True,
        regex="/^a/",
        hide=2,
        current={"value": ["a", "b"]},
    )

    assert notes == []
    assert document == {
        "name": "x",
        "label": "Host",
        "kind": "query",
        "hide": True,
        "multi": True,
        "all": True,
        "default": ["a", "b"],
        "query": "SHOW MEASUREMENTS",
        "regex": "/^a/",
        "sort": "ascending",
    }


@pytest.mark.parametrize(
    ("variable", "part"),
    [
        ({"type": "query", "query": {"query": "SHOW X"}}, {"query": "SHOW X"}),
        ({"type": "query", "definition": "SHOW Y"}, {"query": "SHOW Y"}),
        ({"type": "query", "query": "q", "current": {"value": "$__all"}}, {"default": []}),
        ({"type": "custom", "query": r"a, b : 1,c\,d,a"}, {"values": ["a", "1", "c,d"]}),
        ({"type": "interval", "query": "1m,x,1h", "auto": True}, {"values": ["auto", "1m", "1h"]}),
        ({"type": "textbox", "query": "hi"}, {"kind": "text", "default": ["hi"]}),
        ({"type": "constant", "query": "c"}, {"values": ["c"], "hide": True}),
    ],
)
def test_each_kind_has_its_place(variable, part):
    (document,), _ = made(**variable)

    assert {key: document[key] for key in part} == part


@pytest.mark.parametrize(
    ("variable", "note"),
    [
        ({"type": "datasource"}, "variable 'x': queries go to the databases of this hub"),
        ({"type": "adhoc"}, "variable 'x' of the kind 'adhoc'"),
        ({"type": "query"}, "variable 'x' without a query"),
        ({"type": "custom"}, "variable 'x' without values"),
        ({"type": "custom", "name": "a-b", "query": "a"}, "variable 'a-b' of the kind 'custom'"),
    ],
)
def test_what_has_no_place_is_noted(variable, note):
    assert made(**variable) == ([], [note])


def test_what_is_nearly_the_same_is_noted():
    _, notes = made(type="query", query="q", sort=4, allValue=".*")

    assert notes == [
        "variable 'x': its own value for all",
        "variable 'x': sorted upwards by number",
    ]


def test_variables_of_prometheus_are_in_promql():
    listed = [
        {"name": "a", "type": "query", "query": "label_values(up, job)"},
        {"name": "b", "type": "query", "query": {"query": "metrics(x)", "refId": "P"}},
        {"name": "c", "type": "query", "query": "up", "datasource": {"type": "prometheus"}},
        {"name": "d", "type": "query", "query": "SHOW MEASUREMENTS"},
    ]
    found = variable_documents(Part({"list": listed}), Notes())

    assert [each.get("language") for each in found] == ["promql", "promql", "promql", None]
    assert found[1]["query"] == "metrics(x)"

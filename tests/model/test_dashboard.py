"""Dashboards as values."""

import msgspec
import pytest

from muster.model.dashboard import Dashboard, Panel, Variable


def test_panels_and_variables_are_found_by_their_names():
    board = Dashboard(
        id="a", title="A", panels=(Panel(id="p"),), variables=(Variable(name="host"),)
    )

    assert board.panel("p") is board.panels[0]
    assert board.variable("host") is board.variables[0]
    assert board.panel("q") is board.variable("q") is None


@pytest.mark.parametrize(
    "document",
    [
        {"id": "../etc", "title": "x"},
        {"id": "A", "title": "x"},
        {"id": "a", "title": ""},
        {"id": "a", "title": "x", "refresh": "soon"},
        {"id": "a", "title": "x", "colour": "red"},
        {"id": "a", "title": "x", "panels": [{"id": "p", "queries": [{"text": "x" * 20_000}]}]},
        {"id": "a", "title": "x", "variables": [{"name": "a-b"}]},
        {"id": "a", "title": "x", "panels": [{"id": "p", "thresholds": [{"color": "url(x)"}]}]},
        {"id": "a", "title": "x", "panels": [{"id": "p", "options": {"max": float("nan")}}]},
    ],
)
def test_what_is_no_value_of_its_type_is_refused(document):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(document, Dashboard)

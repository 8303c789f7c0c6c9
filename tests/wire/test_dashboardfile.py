"""Dashboards as files."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.model import dashboard as board
from muster.model.dashboard import Dashboard, Panel, PanelQuery, Threshold, Variable
from muster.model.dashboardrules import DashboardError
from muster.wire.dashboardfile import (
    MAX_FILE,
    DashboardFileError,
    dashboard_of,
    format_dashboard,
    parse_dashboard,
)
from muster.wire.tomltext import format_toml

SMALL = """id = "disks"
title = "Disks"

[[panels]]
id = "used"
grid = { x = 0, w = 30 }
"""


def test_a_refusal_names_file_line_and_key():
    with pytest.raises(DashboardFileError) as told:
        parse_dashboard(SMALL, "disks.toml")

    text = "disks.toml:6: panels[0].grid.w: expected `int` <= 24"
    assert (str(told.value), told.value.line) == (text, 6)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("id = ", "d.toml:1: not TOML"),
        ('title = "x"', "d.toml: object missing required field `id`"),
        ('id = "x"\ntitle = "x"\ncolour = 1', "d.toml:3: colour: no such key is known"),
        ('id = "x"\ntitle = "x"\n[[panels]]\nid="a"\nkind="pie"', "d.toml:5: panels[0].kind: inv"),
        ('id = "x"\ntitle = "x"\n[[panels]]\nid="a"\nsection="b"', "d.toml:5: panels[0].section"),
        ("#" * (MAX_FILE + 1), "d.toml: more than"),
        ("a=" + "[" * 100_000, "d.toml"),
    ],
)
def test_whatever_is_wrong_with_a_file_is_told_alike(text, told):
    with pytest.raises(DashboardFileError) as error:
        parse_dashboard(text, "d.toml")

    assert str(error.value).startswith(told)


def test_a_document_of_json_is_checked_alike():
    with pytest.raises(DashboardError) as told:
        dashboard_of({"id": "x", "title": "x", "panels": [{"id": "p", "grid": {"x": 20}}]})

    assert (told.value.key, str(told.value)) == (
        "panels[0].grid.w",
        "panels[0].grid.w: x and w together are at most 24",
    )


def test_a_file_says_only_what_is_no_default():
    small = Dashboard(id="a", title="A", panels=(Panel(id="p", queries=(PanelQuery(text="x"),)),))

    assert format_dashboard(small) == (
        'id = "a"\ntitle = "A"\n\n[[panels]]\nid = "p"\n\n[[panels.queries]]\ntext = "x"\n'
    )


lines = st.text(st.characters(codec="utf-8"), max_size=40)
names = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True)
numbers = st.floats(-1e300, 1e300)
thresholds = st.lists(numbers, max_size=3).map(
    lambda some: (Threshold(color="red"), *(Threshold(color="", value=n) for n in sorted(some)))
)
overrides = st.builds(
    board.Override,
    field=lines.filter(bool),
    unit=lines,
    min=st.none() | st.floats(-1e300, 0),
    axis=st.sampled_from(board.Axis),
    thresholds=thresholds,
    mappings=st.builds(board.Mapping, text=lines, value=lines).map(lambda one: (one,)),
)
queries = st.builds(PanelQuery, text=lines.filter(str.strip), legend=lines, hide=st.booleans())
panels = st.builds(
    Panel,
    id=st.just("p"),
    title=lines,
    kind=st.sampled_from([kind for kind in board.PanelKind if kind is not board.PanelKind.TEXT]),
    grid=st.builds(board.Grid, x=st.integers(0, 12), w=st.integers(1, 12)),
    queries=st.lists(queries, max_size=3).map(tuple),
    thresholds=thresholds,
    overrides=st.lists(overrides, max_size=2).map(tuple),
    options=st.builds(board.Options, empty=lines, max=st.none() | numbers, text=lines),
)
variables = st.builds(
    Variable,
    name=names.filter(lambda name: name != "timeFilter"),
    kind=st.just(board.VariableKind.LIST),
    values=st.lists(lines, min_size=1, max_size=3).map(tuple),
    multi=st.booleans(),
)
dashboards = st.builds(
    Dashboard,
    id=st.from_regex(r"[a-z0-9][a-z0-9_-]{0,62}", fullmatch=True),
    title=lines.filter(bool),
    description=lines,
    tags=st.lists(lines, max_size=3).map(tuple),
    variables=variables.map(lambda one: (one,)),
    sections=st.just((board.Section(id="s"),)),
    panels=panels.map(lambda one: (one, msgspec.structs.replace(one, id="q", section="s"))),
)


@given(dashboards)
def test_a_dashboard_that_is_written_is_read_back(dashboard):
    assert parse_dashboard(format_dashboard(dashboard)) == dashboard


@given(st.text())
def test_any_text_is_a_dashboard_or_told_why_not(text):
    with pytest.raises(DashboardFileError):
        parse_dashboard(text)


@pytest.mark.parametrize(
    "name",
    ["x]", "[", "` - at `$.id`", " - at `$" * 50_000, "a" * 500_000, "\n", "$", ".", "..."],
)
def test_a_key_of_any_name_is_told_and_soon(name):
    with pytest.raises(DashboardError) as told:
        dashboard_of({"id": "x", "title": "x", name: 1})
    text = 'id = "x"\ntitle = "x"\n' + format_toml({name: 1}, ())
    with pytest.raises(DashboardFileError):
        parse_dashboard(text)

    assert len(str(told.value)) < 1_000


@pytest.mark.parametrize(
    "line", ["[" + " " * 500_000 + "x", " " * 500_000 + "x", '\\"' * 250_000, "[" * 500_000]
)
def test_a_long_line_within_a_text_takes_no_time(line):
    text = f"id = 1\ntitle = {{ a = '''\n{line}\n''' }}\n"
    with pytest.raises(DashboardFileError):
        parse_dashboard(text)

"""Dashboards: variables, sections and panels with their queries, as people write them.

One form in the file, in the HTTP interface and in memory. Limits stand in the types; what no
single value shows is checked by model/dashboardrules.py.
Units: the grid has 24 columns; y and h are rows of one height. Durations are texts ("30s").
Format: docs/formats/dashboard.md
"""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

GRID_COLUMNS = 24
MAX_PANELS = 200
MAX_VARIABLES = 50
MAX_SECTIONS = 50
MAX_QUERIES = 20  # of a panel
MAX_TEXT = 16_384  # characters of a query or of a text panel

_ID = r"^[a-z0-9][a-z0-9_-]{0,62}$"
_NAME = r"^[A-Za-z][A-Za-z0-9_]{0,49}$"
_COLOR = r"^(|#[0-9a-fA-F]{6}|[a-z]{2,20})$"
_DURATION = r"^(|([0-9]{1,9}(\.[0-9]{1,3})?(ms|s|m|h|d|w)){1,6})$"

Id = Annotated[str, Meta(pattern=_ID)]
Name = Annotated[str, Meta(pattern=_NAME)]  # of a variable
Color = Annotated[str, Meta(pattern=_COLOR)]  # a name or #rrggbb; empty: the theme chooses
Duration = Annotated[str, Meta(pattern=_DURATION)]  # empty: none
Line = Annotated[str, Meta(max_length=300)]
Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Natural = Annotated[int, Meta(ge=0, le=10_000)]
Number = Annotated[float, Meta(ge=-1e300, le=1e300)]  # so that it is one


class Language(StrEnum):
    """What a query is written in."""

    INFLUXQL = "influxql"
    PROMQL = "promql"


class VariableKind(StrEnum):
    """Where the values of a variable come from."""

    QUERY = "query"  # InfluxQL: the column `value`, or else the first one; PromQL: label_values()
    LIST = "list"  # written down
    INTERVAL = "interval"  # durations written down; `auto` is $__interval
    NODE = "node"  # names of the space's nodes, in the rooms of the room variable `query` names
    ROOM = "room"  # names of the space's rooms
    SPACE = "space"  # ids of the spaces one may look at: queries are asked of the chosen one
    TEXT = "text"  # whatever is typed


class Sort(StrEnum):
    """The order of a variable's values."""

    NONE = "none"
    ASCENDING = "ascending"
    DESCENDING = "descending"
    NUMERIC = "numeric"


class PanelKind(StrEnum):
    """How a panel shows its answer."""

    TIMESERIES = "timeseries"
    STAT = "stat"
    GAUGE = "gauge"
    BAR = "bar"
    TABLE = "table"
    HISTOGRAM = "histogram"
    TIMELINE = "timeline"
    HEATMAP = "heatmap"
    TEXT = "text"


class Calculation(StrEnum):
    """What is made of many values where one is shown."""

    LAST = "last"  # the last row, be there a value or not
    LAST_VALUE = "last_value"  # the last that is there
    FIRST_VALUE = "first_value"
    MIN = "min"
    MAX = "max"
    MEAN = "mean"
    SUM = "sum"
    COUNT = "count"
    DISTINCT = "distinct"
    RANGE = "range"
    DIFFERENCE = "difference"


class Paint(StrEnum):
    """What thresholds colour."""

    NONE = "none"
    VALUE = "value"
    BACKGROUND = "background"


class Draw(StrEnum):
    """How a time series is drawn."""

    LINES = "lines"
    BARS = "bars"
    POINTS = "points"


class Place(StrEnum):
    """Where a legend is."""

    NONE = "none"
    BOTTOM = "bottom"
    RIGHT = "right"


class Axis(StrEnum):
    """The side of a chart whose scale a field has."""

    LEFT = "left"
    RIGHT = "right"


class Shape(StrEnum):
    """What a bar panel is made of."""

    BARS = "bars"
    SQUARES = "squares"  # one for each series, filled from below


class Direction(StrEnum):
    """Where the copies of a repeated panel go."""

    RIGHT = "right"
    DOWN = "down"


class ThresholdMode(StrEnum):
    """What thresholds are compared with: the value, or its percentage of min to max."""

    ABSOLUTE = "absolute"
    PERCENT = "percent"


class _Written(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What people write: a word that is not known is a mistake."""


class TimeRange(_Written, frozen=True, kw_only=True):
    """The time that is shown at first: the last while, or from `start` to `end` (RFC 3339)."""

    last: Duration = "3h"
    start: Annotated[str, Meta(max_length=40)] = ""
    end: Annotated[str, Meta(max_length=40)] = ""
    zone: Annotated[str, Meta(max_length=60)] = ""  # of times that are shown; empty: the viewer's


class Variable(_Written, frozen=True, kw_only=True):
    """What can be chosen above the panels, and stands in queries as $name."""

    name: Name
    label: Line = ""
    kind: VariableKind = VariableKind.QUERY
    query: Text = ""  # of kind query: its text; of kind node: the name of a room variable
    language: Language = Language.INFLUXQL  # of kind query
    database: Line = ""
    policy: Line = ""
    values: Annotated[tuple[Line, ...], Meta(max_length=1_000)] = ()
    regex: Line = ""  # only values it is found in; its first group is the value
    sort: Sort = Sort.NONE
    multi: bool = False
    all: bool = False  # offers all values at once
    default: Annotated[tuple[Line, ...], Meta(max_length=1_000)] = ()  # empty: all, or the first
    hide: bool = False


class Grid(_Written, frozen=True, kw_only=True):
    """Where a panel is, counted from the top left of its section."""

    x: Annotated[int, Meta(ge=0, lt=GRID_COLUMNS)] = 0
    y: Natural = 0
    w: Annotated[int, Meta(ge=1, le=GRID_COLUMNS)] = 12
    h: Annotated[int, Meta(ge=1, le=200)] = 8


class PanelQuery(_Written, frozen=True, kw_only=True):
    """One question of a panel."""

    text: Text
    language: Language = Language.INFLUXQL
    database: Line = ""  # empty: the dashboard's; else the hub's own, or for PromQL all
    policy: Line = ""
    legend: Line = ""  # $tag_NAME, $col, $m, for PromQL {{NAME}}; empty: made of what differs
    min_interval: Duration = ""  # $__interval is at least this long; empty: 1s
    hide: bool = False  # is kept and not asked
    instant: bool = False  # PromQL: at the end of the range alone


class Threshold(_Written, frozen=True, kw_only=True):
    """A colour from a value on; without a value from the lowest on."""

    color: Color
    value: Number | None = None


class Mapping(_Written, frozen=True, kw_only=True):
    """Words in place of a value: one that equals, lies between (both ends in), fits, is missing."""

    text: Line = ""
    color: Color = ""
    value: Line | None = None
    low: Number | None = None
    high: Number | None = None
    pattern: Line = ""  # a regular expression that is found in it
    empty: bool = False


class Override(_Written, frozen=True, kw_only=True):
    """What is different for some fields: of this name, or where the pattern is found in it.

    A field's name is its label as the legend shows it, or its column.
    """

    field: Line = ""
    pattern: Line = ""
    label: Line = ""
    unit: Annotated[str, Meta(max_length=40)] = ""
    decimals: Annotated[int, Meta(ge=0, le=12)] | None = None
    min: Number | None = None
    max: Number | None = None
    color: Color = ""
    axis: Axis = Axis.LEFT
    line_px: Annotated[float, Meta(ge=0, le=20)] | None = None
    draw: Draw | None = None
    width_px: Annotated[int, Meta(ge=0, le=4_000)] | None = None
    paint: Paint | None = None
    thresholds: Annotated[tuple[Threshold, ...], Meta(max_length=50)] = ()
    threshold_mode: ThresholdMode = ThresholdMode.ABSOLUTE
    mappings: Annotated[tuple[Mapping, ...], Meta(max_length=200)] = ()
    hide: bool = False


class Options(_Written, frozen=True, kw_only=True):
    """How a panel looks; each kind heeds its own."""

    calculation: Calculation = Calculation.LAST_VALUE  # stat, gauge, bar
    paint: Paint = Paint.VALUE  # stat, gauge, bar; table cells by override
    sparkline: bool = False  # stat
    shape: Shape = Shape.BARS  # bar
    min: Number | None = None
    max: Number | None = None
    empty: Line = ""  # said in place of a value where there is none
    draw: Draw = Draw.LINES  # timeseries
    stack: bool = False
    fill_percent: Annotated[int, Meta(ge=0, le=100)] = 0
    line_px: Annotated[float, Meta(ge=0, le=20)] = 1.25
    connect_gaps: bool = False
    legend: Place = Place.BOTTOM
    legend_values: Annotated[tuple[Calculation, ...], Meta(max_length=10)] = ()
    hide_zero: bool = False  # series that are zero all the time
    sort_by: Line = ""  # table, bar: the name of a column; empty: as they come
    descending: bool = False
    hide_time: bool = False  # table
    rows: Annotated[int, Meta(ge=0, le=10_000)] = 0  # table, bar: at most so many; 0: all
    buckets: Annotated[int, Meta(ge=0, le=500)] = 0  # histogram, heatmap; 0: a fitting number
    bucket_size: Number | None = None
    text: Text = ""  # of a text panel: a subset of Markdown, never HTML


class Panel(_Written, frozen=True, kw_only=True):
    """One thing to look at."""

    id: Id
    title: Line = ""
    description: Text = ""
    kind: PanelKind = PanelKind.TIMESERIES
    section: Annotated[str, Meta(max_length=63)] = ""  # id of the section it is in
    grid: Grid = Grid()
    queries: Annotated[tuple[PanelQuery, ...], Meta(max_length=MAX_QUERIES)] = ()
    unit: Annotated[str, Meta(max_length=40)] = ""
    decimals: Annotated[int, Meta(ge=0, le=12)] | None = None
    thresholds: Annotated[tuple[Threshold, ...], Meta(max_length=50)] = ()
    threshold_mode: ThresholdMode = ThresholdMode.ABSOLUTE
    mappings: Annotated[tuple[Mapping, ...], Meta(max_length=200)] = ()
    overrides: Annotated[tuple[Override, ...], Meta(max_length=200)] = ()
    repeat: Annotated[str, Meta(max_length=50)] = ""  # name of a variable: one for each value
    repeat_direction: Direction = Direction.RIGHT
    options: Options = Options()


class Section(_Written, frozen=True, kw_only=True):
    """A heading with the panels below it; repeated, all of it once for each value."""

    id: Id
    title: Line = ""
    repeat: Annotated[str, Meta(max_length=50)] = ""  # name of a variable
    collapsed: bool = False


class Dashboard(_Written, frozen=True, kw_only=True):
    """A page of panels."""

    id: Id
    title: Annotated[str, Meta(min_length=1, max_length=200)]
    description: Text = ""
    tags: Annotated[tuple[Line, ...], Meta(max_length=50)] = ()
    database: Line = ""  # of queries and variables that name none; empty: the hub's own
    policy: Line = ""
    time: TimeRange = TimeRange()
    refresh: Duration = ""  # empty: not by itself
    refresh_choices: Annotated[tuple[Duration, ...], Meta(max_length=20)] = ()
    variables: Annotated[tuple[Variable, ...], Meta(max_length=MAX_VARIABLES)] = ()
    sections: Annotated[tuple[Section, ...], Meta(max_length=MAX_SECTIONS)] = ()
    panels: Annotated[tuple[Panel, ...], Meta(max_length=MAX_PANELS)] = ()

    def panel(self, id: str) -> Panel | None:
        """The panel of an id."""
        return next((each for each in self.panels if each.id == id), None)

    def variable(self, name: str) -> Variable | None:
        """The variable of a name."""
        return next((each for each in self.variables if each.name == name), None)

"""What is asked for a panel or a variable, and what is answered: columns, by query.

Units: `from_ns` and `to_ns` are ns UTC, both ends in; times of answers are milliseconds UTC, as
       charts want them, with a fraction where a point has one.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from muster.model.dashboard import MAX_QUERIES, Line, PanelQuery, Variable

MAX_VALUES = 5_000  # of one variable
MAX_WIDTH_PX = 20_000

Chosen = Annotated[
    dict[
        Annotated[str, Meta(max_length=50)],
        Annotated[tuple[Line, ...], Meta(max_length=MAX_VALUES)],
    ],
    Meta(max_length=100),
]


class PanelAsk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Queries to be answered together: written out, or those of a panel of a kept dashboard.

    `variables` holds the chosen values of each variable; all of them, where all are chosen.
    """

    from_ns: int
    to_ns: int
    width_px: Annotated[int, Meta(ge=1, le=MAX_WIDTH_PX)] = 800
    variables: Chosen = {}
    queries: Annotated[tuple[PanelQuery, ...], Meta(max_length=MAX_QUERIES)] = ()
    database: Line = ""  # of queries that name none; empty: the hub's own
    policy: Line = ""
    dashboard: Annotated[str, Meta(max_length=63)] = ""
    panel: Annotated[str, Meta(max_length=63)] = ""


class AnswerColumn(msgspec.Struct, frozen=True, kw_only=True):
    """One column: its values stand beside `AnswerSeries.times`, or beside each other without."""

    name: str
    label: str  # how a legend calls it
    kind: str  # float, integer, unsigned, boolean, string; unknown: nothing or a mixture
    values: list[Any]  # None: a gap


class AnswerSeries(msgspec.Struct, frozen=True, kw_only=True):
    """One series of an answer, as InfluxQL groups them."""

    name: str
    tags: dict[str, str]
    times: list[float] | None  # ms; None: rows without times, as of SHOW
    columns: list[AnswerColumn]


class QueryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one query. `error`: why there is none, while others have theirs."""

    query: int  # its place in the panel
    text: str  # as it was run; empty where who asks may not see it
    interval_ms: float  # what $__interval was
    series: list[AnswerSeries] = []
    messages: list[str] = []
    error: str = ""


class PanelAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answers to all queries of a panel that are not hidden."""

    answers: list[QueryAnswer]


class VariableAsk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the values of a variable depend on. `variable`: one that is not kept yet."""

    from_ns: int
    to_ns: int
    variables: Chosen = {}
    database: Line = ""  # of a variable that is not kept yet and names none
    policy: Line = ""
    variable: Variable | None = None


class VariableValue(msgspec.Struct, frozen=True):
    """One value, and how people call it."""

    value: str
    text: str


class VariableValues(msgspec.Struct, frozen=True, kw_only=True):
    """What can be chosen now. `more`: values there are beyond those."""

    values: list[VariableValue]
    more: int = 0


class DashboardRow(msgspec.Struct, frozen=True, kw_only=True):
    """A dashboard in the list."""

    id: str
    title: str
    description: str
    tags: tuple[str, ...]
    built_in: bool  # as it comes with the hub; saving makes a copy of the space's own
    etag: str
    changed_ns: int  # 0: built in
    error: str = ""  # why its file cannot be used: file, line, key
    links: int = 0  # public links that are good


class LinkView(msgspec.Struct, frozen=True, kw_only=True):
    """A public link to one dashboard; its text is told once, when it is made."""

    id: str
    dashboard: str
    name: str
    created_ns: int
    created_by: str
    expires_ns: int  # 0: never
    used_ns: int  # 0: never; kept to the minute
    state: str  # valid, expired, revoked

"""What a dashboard has to keep to beyond what its types say; each fault names its key.

Limits and forms of single values stand in model/dashboard.py.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from muster.config import parse_duration
from muster.errors import InputError
from muster.model.dashboard import (
    GRID_COLUMNS,
    Dashboard,
    Language,
    Mapping,
    Override,
    Panel,
    PanelKind,
    PanelQuery,
    Threshold,
    TimeRange,
    Variable,
    VariableKind,
)
from muster.model.pattern import compile_pattern

LONGEST = timedelta(days=3_660)


class DashboardError(InputError):
    """A dashboard that cannot be used: its key, as `panels[2].grid.x`, and why."""

    code = "bad_dashboard"

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}" if key else reason)
        self.key = key
        self.reason = reason


def check_dashboard(dashboard: Dashboard) -> None:
    """Errors: DashboardError for the first fault."""
    _unique("variables", "name", [each.name for each in dashboard.variables])
    _unique("sections", "id", [each.id for each in dashboard.sections])
    _unique("panels", "id", [each.id for each in dashboard.panels])
    _check_time(dashboard.time)
    _check_duration("refresh", dashboard.refresh)
    for place, text in enumerate(dashboard.refresh_choices):
        _check_duration(f"refresh_choices[{place}]", text)
    for place, variable in enumerate(dashboard.variables):
        _check_variable(f"variables[{place}]", variable, dashboard)
    names = {each.name for each in dashboard.variables}
    for place, section in enumerate(dashboard.sections):
        _check_repeat(f"sections[{place}].repeat", section.repeat, names)
    sections = {"", *(each.id for each in dashboard.sections)}
    for place, panel in enumerate(dashboard.panels):
        key = f"panels[{place}]"
        if panel.section not in sections:
            raise DashboardError(f"{key}.section", f"no section has the id {panel.section!r}")
        _check_repeat(f"{key}.repeat", panel.repeat, names)
        _check_panel(key, panel)


def _unique(key: str, field: str, names: Sequence[str]) -> None:
    seen: set[str] = set()
    for place, name in enumerate(names):
        if name in seen:
            raise DashboardError(f"{key}[{place}].{field}", f"there are two of {name!r}")
        seen.add(name)


def _check_time(time: TimeRange) -> None:
    _check_duration("time.last", time.last)
    if bool(time.start) != bool(time.end):
        raise DashboardError("time", "start and end come together, or neither")
    if not time.start:
        if not time.last:
            raise DashboardError("time.last", "how far back, like 3h, or start and end")
        return
    start, end = _moment("time.start", time.start), _moment("time.end", time.end)
    if start >= end:
        raise DashboardError("time.end", "the range ends before it starts")


def _moment(key: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise DashboardError(key, f"not RFC 3339 (2026-11-20T21:14:00Z): {text!r}") from None
    if moment.tzinfo is None:
        raise DashboardError(key, f"without a zone; put Z behind it: {text!r}")
    return moment


def _check_duration(key: str, text: str) -> None:
    if not text:
        return
    try:
        length = parse_duration(text)
    except (InputError, OverflowError):
        raise DashboardError(key, f"not a duration (like 10s, 5m, 1h30m): {text!r}") from None
    if not timedelta(0) < length <= LONGEST:
        raise DashboardError(key, f"more than nothing and at most {LONGEST.days}d: {text!r}")


def _check_variable(key: str, variable: Variable, dashboard: Dashboard) -> None:
    if variable.name == "timeFilter" or variable.name.startswith("__"):
        raise DashboardError(f"{key}.name", f"${variable.name} means something else in queries")
    if variable.language is not Language.INFLUXQL and variable.kind is not VariableKind.QUERY:
        raise DashboardError(f"{key}.language", "is for variables of kind query")
    match variable.kind:
        case VariableKind.QUERY if not variable.query.strip():
            raise DashboardError(f"{key}.query", "a variable of kind query has one")
        case VariableKind.LIST | VariableKind.INTERVAL if not variable.values:
            raise DashboardError(f"{key}.values", f"a variable of kind {variable.kind} has some")
        case VariableKind.INTERVAL:
            for place, text in enumerate(variable.values):
                if text != "auto":
                    _check_duration(f"{key}.values[{place}]", text)
        case VariableKind.NODE if variable.query:
            room = dashboard.variable(variable.query)
            if room is None or room.kind is not VariableKind.ROOM:
                text = f"not the name of a variable of kind room: {variable.query!r}"
                raise DashboardError(f"{key}.query", text)
    _check_one_value(key, variable)


def _check_one_value(key: str, variable: Variable) -> None:
    takes_one = variable.kind in (VariableKind.INTERVAL, VariableKind.SPACE, VariableKind.TEXT)
    if takes_one and (variable.multi or variable.all):
        text = f"a variable of kind {variable.kind} has one value at a time"
        raise DashboardError(f"{key}.multi" if variable.multi else f"{key}.all", text)


def _check_repeat(key: str, name: str, names: set[str]) -> None:
    if name and name not in names:
        raise DashboardError(key, f"no variable has the name {name!r}")


def _check_panel(key: str, panel: Panel) -> None:
    if panel.grid.x + panel.grid.w > GRID_COLUMNS:
        raise DashboardError(f"{key}.grid.w", f"x and w together are at most {GRID_COLUMNS}")
    if panel.kind is PanelKind.TEXT and panel.queries:
        raise DashboardError(f"{key}.queries", "a text panel has none")
    for place, query in enumerate(panel.queries):
        _check_query(f"{key}.queries[{place}]", query)
    _check_thresholds(f"{key}.thresholds", panel.thresholds)
    _check_mappings(f"{key}.mappings", panel.mappings)
    _check_bounds(f"{key}.options", panel.options.min, panel.options.max)
    if panel.options.bucket_size is not None and not panel.options.bucket_size > 0:
        raise DashboardError(f"{key}.options.bucket_size", "is more than 0")
    for place, override in enumerate(panel.overrides):
        _check_override(f"{key}.overrides[{place}]", override)


def _check_query(key: str, query: PanelQuery) -> None:
    if not query.text.strip():
        raise DashboardError(f"{key}.text", "is empty")
    if query.instant and query.language is not Language.PROMQL:
        raise DashboardError(f"{key}.instant", "is for PromQL; in InfluxQL say last()")
    _check_duration(f"{key}.min_interval", query.min_interval)


def _check_override(key: str, override: Override) -> None:
    if bool(override.field) == bool(override.pattern):
        raise DashboardError(key, "has either field or pattern, to say which fields it is for")
    _check_thresholds(f"{key}.thresholds", override.thresholds)
    _check_mappings(f"{key}.mappings", override.mappings)
    _check_bounds(key, override.min, override.max)


def _check_thresholds(key: str, thresholds: Sequence[Threshold]) -> None:
    bounds = [each.value for each in thresholds]
    if None in bounds[1:]:
        raise DashboardError(f"{key}[{bounds.index(None, 1)}]", "only the first has no value")
    known = [bound for bound in bounds if bound is not None]
    if known != sorted(known):
        raise DashboardError(key, "are in the order of their values, the lowest first")


def _check_mappings(key: str, mappings: Sequence[Mapping]) -> None:
    for place, mapping in enumerate(mappings):
        if len(list(_conditions(mapping))) != 1:
            text = "has one of value, pattern, empty, or low and high"
            raise DashboardError(f"{key}[{place}]", text)
        _check_bounds(f"{key}[{place}]", mapping.low, mapping.high, ends=("low", "high"))
        _check_pattern(f"{key}[{place}].pattern", mapping.pattern)


def _check_pattern(key: str, pattern: str) -> None:
    try:
        compile_pattern(pattern)
    except InputError as error:
        raise DashboardError(key, str(error)) from error


def _conditions(mapping: Mapping) -> Iterator[str]:
    if mapping.value is not None:
        yield "value"
    if mapping.pattern:
        yield "pattern"
    if mapping.empty:
        yield "empty"
    if mapping.low is not None or mapping.high is not None:
        yield "range"


def _check_bounds(
    key: str, low: float | None, high: float | None, ends: tuple[str, str] = ("min", "max")
) -> None:
    if low is not None and high is not None and low > high:
        raise DashboardError(f"{key}.{ends[1]}", f"is not below {ends[0]}")

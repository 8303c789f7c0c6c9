"""Dashboards that come from elsewhere and go there: TOML and Grafana's JSON.

Nothing is kept here: what was read is shown to whoever brought it, who may then save it.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from muster.core.dashboards.dashboardchecks import fault_of, query_of
from muster.model.dashboard import Dashboard, PanelQuery, Variable, VariableKind
from muster.wire.dashboardfile import format_dashboard, parse_dashboard
from muster.wire.grafanaexport import export_grafana
from muster.wire.grafanaimport import import_grafana

Form = Literal["toml", "grafana"]


class Imported(NamedTuple):
    """What was read, and sentences of what could not be carried over."""

    dashboard: Dashboard
    not_carried: list[str]


class Exported(NamedTuple):
    """A file to be kept elsewhere."""

    name: str
    text: str
    not_carried: list[str]


def import_dashboard(text: str) -> Imported:
    """Grafana's JSON, or a file of ours. Blocks. Errors: InputError."""
    if not text.lstrip().startswith("{"):
        return Imported(parse_dashboard(text), [])
    dashboard, notes = import_grafana(text)
    variables = [each for each in dashboard.variables if _is_good_variable(each, dashboard, notes)]
    names = {each.name for each in variables}
    panels = tuple(
        msgspec.structs.replace(
            panel,
            queries=_good_queries(panel.title, panel.queries, variables, notes),
            repeat=panel.repeat if panel.repeat in names else "",
        )
        for panel in dashboard.panels
    )
    sections = tuple(
        msgspec.structs.replace(each, repeat=each.repeat if each.repeat in names else "")
        for each in dashboard.sections
    )
    kept = msgspec.structs.replace(
        dashboard, variables=tuple(variables), panels=panels, sections=sections
    )
    return Imported(kept, notes)


def export_dashboard(dashboard: Dashboard, form: Form) -> Exported:
    """The file of a dashboard. Blocks."""
    if form == "toml":
        return Exported(f"{dashboard.id}.toml", format_dashboard(dashboard), [])
    text, notes = export_grafana(dashboard)
    return Exported(f"{dashboard.id}.json", text, notes)


def _is_good_variable(variable: Variable, dashboard: Dashboard, notes: list[str]) -> bool:
    if variable.kind is not VariableKind.QUERY:
        return True
    fault = fault_of(query_of(variable), dashboard.variables, is_listing=True)
    if fault:
        notes.append(f"variable {variable.name!r}: {fault}")
    return not fault


def _good_queries(
    title: str, queries: Sequence[PanelQuery], variables: Sequence[Variable], notes: list[str]
) -> tuple[PanelQuery, ...]:
    kept = []
    for query in queries:
        fault = fault_of(query, variables)
        if fault:
            notes.append(f"panel {title!r}: a query that cannot be read: {fault}")
        else:
            kept.append(query)
    return tuple(kept)

"""Whether the queries of a dashboard can be read, before it is kept.

A variable may stand where only a number or a duration makes sense, so several values are tried.
"""

from collections.abc import Iterator, Mapping, Sequence

from muster.clock import SECOND_NS
from muster.core.panelqueries import check_reading
from muster.errors import MusterError
from muster.influxql.parser import parse_query
from muster.influxql.templates import Range, fill_in
from muster.model.dashboard import Dashboard, PanelKind, Variable, VariableKind
from muster.model.dashboardrules import DashboardError

_RANGE = Range(SECOND_NS, 3_601 * SECOND_NS, 10 * SECOND_NS)
_SAMPLES = ("x", "1", "1m")


def check_queries(dashboard: Dashboard) -> None:
    """Errors: DashboardError for the first query that cannot be read, or that changes anything."""
    for key, text in _texts(dashboard):
        fault = fault_of(text, dashboard.variables)
        if fault:
            raise DashboardError(key, fault)


def fault_of(text: str, variables: Sequence[Variable]) -> str:
    """Why a query cannot be run, with whatever its variables are; empty: it can."""
    fault = ""
    for sample in _SAMPLES:
        try:
            check_reading(parse_query(fill_in(text, _values(variables, sample), _RANGE)))
        except MusterError as error:
            fault = fault or str(error)
        else:
            return ""
    return fault


def _texts(dashboard: Dashboard) -> Iterator[tuple[str, str]]:
    for place, variable in enumerate(dashboard.variables):
        if variable.kind is VariableKind.QUERY:
            yield f"variables[{place}].query", variable.query
    for place, panel in enumerate(dashboard.panels):
        if panel.kind is not PanelKind.TEXT:
            for number, query in enumerate(panel.queries):
                yield f"panels[{place}].queries[{number}].text", query.text


def _values(variables: Sequence[Variable], sample: str) -> Mapping[str, Sequence[str]]:
    """Of each variable the first that is known of it, or the sample."""
    return {
        each.name: ((each.default or each.values)[:1] if sample == _SAMPLES[0] else ()) or (sample,)
        for each in variables
    }

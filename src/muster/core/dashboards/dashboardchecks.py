"""Whether the queries of a dashboard can be read, before it is kept.

A variable may stand where only a number or a duration makes sense, so several values are tried.
"""

from collections.abc import Iterator, Mapping, Sequence

from muster.clock import SECOND_NS
from muster.core.dashboards.panelpromql import check_listing, check_text
from muster.core.dashboards.panelqueries import check_reading, filled_in
from muster.errors import MusterError
from muster.influxql.syntax.parser import parse_query
from muster.model.dashboard import (
    Dashboard,
    Language,
    PanelKind,
    PanelQuery,
    Variable,
    VariableKind,
)
from muster.model.dashboardrules import DashboardError
from muster.model.filling import Range

_RANGE = Range(SECOND_NS, 3_601 * SECOND_NS, 10 * SECOND_NS)
_SAMPLES = ("x", "1", "1m")


def check_queries(dashboard: Dashboard) -> None:
    """Errors: DashboardError for the first query that cannot be read, or that changes anything."""
    for key, query, is_listing in _queries(dashboard):
        fault = fault_of(query, dashboard.variables, is_listing=is_listing)
        if fault:
            raise DashboardError(key, fault)


def fault_of(query: PanelQuery, variables: Sequence[Variable], *, is_listing: bool = False) -> str:
    """Why a query cannot be run, with whatever its variables are; empty: it can.

    `is_listing`: it is a variable's, as of query_of.
    """
    fault = ""
    for sample in _SAMPLES:
        try:
            _check(query, filled_in(query, _values(variables, sample), _RANGE), is_listing)
        except MusterError as error:
            fault = fault or str(error)
        else:
            return ""
    return fault


def query_of(variable: Variable) -> PanelQuery:
    """What a variable asks, as a query."""
    return PanelQuery(text=variable.query, language=variable.language)


def _check(query: PanelQuery, text: str, is_listing: bool) -> None:
    if query.language is Language.INFLUXQL:
        check_reading(parse_query(text))
    elif is_listing:
        check_listing(text)
    else:
        check_text(text, at_end=query.instant)


def _queries(dashboard: Dashboard) -> Iterator[tuple[str, PanelQuery, bool]]:
    for place, variable in enumerate(dashboard.variables):
        if variable.kind is VariableKind.QUERY:
            yield f"variables[{place}].query", query_of(variable), True
    for place, panel in enumerate(dashboard.panels):
        if panel.kind is not PanelKind.TEXT:
            for number, query in enumerate(panel.queries):
                yield f"panels[{place}].queries[{number}].text", query, False


def _values(variables: Sequence[Variable], sample: str) -> Mapping[str, Sequence[str]]:
    """Of each variable the first that is known of it, or the sample."""
    return {
        each.name: ((each.default or each.values)[:1] if sample == _SAMPLES[0] else ()) or (sample,)
        for each in variables
    }

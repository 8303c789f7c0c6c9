"""Where an exported dashboard asks: its data sources, variables and targets in Grafana's words.

The data sources are variables, so that whoever imports it chooses: one of type InfluxDB, one of
type Prometheus, that point at this hub.
"""

import re
from typing import Any

from muster.model.dashboard import (
    Dashboard,
    Language,
    Panel,
    PanelKind,
    PanelQuery,
    Sort,
    Variable,
    VariableKind,
)

Document = dict[str, Any]
_SOURCES = {
    Language.INFLUXQL: {"type": "influxdb", "uid": "${datasource}"},
    Language.PROMQL: {"type": "prometheus", "uid": "${prometheus}"},
}
_CHOICES = {
    Language.INFLUXQL: {"name": "datasource", "label": "Data source", "query": "influxdb"},
    Language.PROMQL: {"name": "prometheus", "label": "Prometheus source", "query": "prometheus"},
}
_MIXED = {"type": "datasource", "uid": "-- Mixed --"}
_TAG = re.compile(r"\$\{?tag_(\w+)\}?|\[\[tag_(\w+)\]\]")
_SORTS = {Sort.NONE: 0, Sort.ASCENDING: 1, Sort.DESCENDING: 2, Sort.NUMERIC: 3}


def choices_of(dashboard: Dashboard) -> list[Document]:
    """Which data sources there are to choose: those whose language is spoken."""
    used = {query.language for panel in dashboard.panels for query in panel.queries}
    kinds = (VariableKind.QUERY, VariableKind.NODE)
    used |= {variable.language for variable in dashboard.variables if variable.kind in kinds}
    return [
        {**choice, "type": "datasource"}
        for language, choice in _CHOICES.items()
        if language in used
    ]


def variables_of(dashboard: Dashboard, notes: list[str]) -> list[Document]:
    """All that Grafana has a kind for; the others are noted."""
    return [
        document
        for variable in dashboard.variables
        if (document := _variable(variable, notes)) is not None
    ]


def _variable(variable: Variable, notes: list[str]) -> Document | None:
    document: Document = {
        "name": variable.name,
        "label": variable.label or None,
        "hide": 2 if variable.hide else 0,
        "multi": variable.multi,
        "includeAll": variable.all,
        "current": _current(variable),
    }
    match variable.kind:
        case VariableKind.QUERY | VariableKind.NODE:
            text = variable.query
            if variable.kind is VariableKind.NODE:
                text = 'SHOW TAG VALUES FROM "system" WITH KEY = "host"'
                notes.append(f"variable {variable.name!r} offers hosts, not nodes of rooms")
            more = {
                "type": "query",
                "datasource": _SOURCES[variable.language],
                "query": text,
                "definition": text,
                "refresh": 2,
                "regex": variable.regex,
                "sort": _SORTS[variable.sort],
            }
        case VariableKind.LIST:
            listed = ",".join(value.replace(",", "\\,") for value in variable.values)
            more = {"type": "custom", "query": listed}
        case VariableKind.INTERVAL:
            durations = [value for value in variable.values if value != "auto"]
            has_auto = len(durations) < len(variable.values)
            more = {"type": "interval", "query": ",".join(durations), "auto": has_auto}
        case VariableKind.TEXT:
            more = {"type": "textbox", "query": next(iter(variable.default), "")}
        case _:
            notes.append(f"variable {variable.name!r}: Grafana knows no {variable.kind}s")
            return None
    return {**document, **more}


def _current(variable: Variable) -> Document:
    if variable.all and not variable.default:
        return {"text": ["All"], "value": ["$__all"]}
    values = list(variable.default)
    one: Any = values if variable.multi else next(iter(values), "")
    return {"text": one, "value": one} if values else {}


def source_of(panel: Panel) -> Document:
    """The data source of a panel."""
    used = list(dict.fromkeys(query.language for query in panel.queries))
    return _MIXED if len(used) > 1 else _SOURCES[used[0] if used else Language.INFLUXQL]


def target_of(query: PanelQuery, number: int, panel: Panel, dashboard: Dashboard) -> Document:
    """One query of a panel."""
    is_table = panel.kind is PanelKind.TABLE
    if query.language is Language.PROMQL:
        return {
            "refId": chr(ord("A") + number),
            "datasource": _SOURCES[query.language],
            "expr": query.text,
            "legendFormat": _TAG.sub(r"{{\1\2}}", query.legend) or "__auto",
            "instant": query.instant,
            "range": not query.instant,
            "interval": query.min_interval,
            "hide": query.hide,
            "format": "table" if is_table else "time_series",
        }
    return {
        "refId": chr(ord("A") + number),
        "datasource": _SOURCES[query.language],
        "rawQuery": True,
        "query": query.text,
        "alias": query.legend,
        "hide": query.hide,
        "policy": query.policy or dashboard.policy or "default",
        "resultFormat": "table" if is_table else "time_series",
    }

"""A dashboard as Grafana's JSON, with the same queries, and what Grafana has no place for.

Its data sources, variables and targets: grafanasources.py.
Source: Grafana's dashboard JSON, schema version 39
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from muster.model import dashboard as board
from muster.model.dashboard import (
    Axis,
    Calculation,
    Dashboard,
    Direction,
    Draw,
    Override,
    Paint,
    Panel,
    PanelKind,
    Place,
    Section,
    Shape,
    Threshold,
    ThresholdMode,
)
from muster.wire.grafanasources import choices_of, source_of, target_of, variables_of

Document = dict[str, Any]
_SCHEMA = 39
_KINDS = {
    PanelKind.TIMESERIES: "timeseries",
    PanelKind.STAT: "stat",
    PanelKind.GAUGE: "gauge",
    PanelKind.BAR: "bargauge",
    PanelKind.TABLE: "table",
    PanelKind.HISTOGRAM: "histogram",
    PanelKind.TIMELINE: "state-timeline",
    PanelKind.HEATMAP: "heatmap",
    PanelKind.TEXT: "text",
}
_UNITS = {
    "bytes/s": "binBps",
    "bits/s": "bps",
    "ratio": "percentunit",
    "us": "µs",
    "rpm": "rotrpm",
    "": "none",
}
_KNOWN_UNITS = {"s", "ms", "ns", "bytes", "percent", "hertz", "celsius", "volt", "watt", "short"}
_CALCULATIONS = {
    Calculation.LAST: "last",
    Calculation.LAST_VALUE: "lastNotNull",
    Calculation.FIRST_VALUE: "firstNotNull",
    Calculation.DISTINCT: "distinctCount",
    Calculation.DIFFERENCE: "diff",
}
_DRAWS = {Draw.LINES: "line", Draw.BARS: "bars", Draw.POINTS: "points"}
_COLORS = {"cyan": "#00ffff", "grey": "#808080", "": "transparent"}


def export_grafana(dashboard: Dashboard) -> tuple[str, list[str]]:
    """The JSON, and sentences of what it lacks."""
    notes: list[str] = []
    document: Document = {
        "title": dashboard.title,
        "uid": dashboard.id[:40],
        "description": dashboard.description,
        "tags": list(dashboard.tags),
        "schemaVersion": _SCHEMA,
        "editable": True,
        "graphTooltip": 1,
        "time": _time(dashboard),
        "timezone": dashboard.time.zone or "browser",
        "refresh": dashboard.refresh or False,
        "timepicker": {"refresh_intervals": list(dashboard.refresh_choices)},
        "templating": {"list": [*choices_of(dashboard), *variables_of(dashboard, notes)]},
        "annotations": {"list": []},
        "panels": _panels(dashboard, notes),
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n", notes


def _time(dashboard: Dashboard) -> Document:
    if dashboard.time.start:
        return {"from": dashboard.time.start, "to": dashboard.time.end}
    return {"from": f"now-{dashboard.time.last}", "to": "now"}


def _panels(dashboard: Dashboard, notes: list[str]) -> list[Document]:
    numbers = iter(range(1, 10_000))
    panels: list[Document] = []
    top = 0
    for section in (None, *dashboard.sections):
        id = section.id if section is not None else ""
        inside = [panel for panel in dashboard.panels if panel.section == id]
        made = [_panel(panel, dashboard, notes) for panel in inside]
        if section is not None:
            panels.append({"id": next(numbers), **_row(section, top)})
            top += 1
        for document in made:
            document["id"] = next(numbers)
            document["gridPos"]["y"] += top
        top = max((d["gridPos"]["y"] + d["gridPos"]["h"] for d in made), default=top)
        if section is not None and section.collapsed:
            panels[-1]["panels"] = made
        else:
            panels += made
    return panels


def _row(section: Section, top: int) -> Document:
    return {
        "type": "row",
        "title": section.title,
        "collapsed": section.collapsed,
        "repeat": section.repeat or None,
        "gridPos": {"x": 0, "y": top, "w": 24, "h": 1},
        "panels": [],
    }


def _panel(panel: Panel, dashboard: Dashboard, notes: list[str]) -> Document:
    grid = panel.grid
    document: Document = {
        "type": _KINDS[panel.kind],
        "title": panel.title,
        "description": panel.description,
        "gridPos": {"x": grid.x, "y": grid.y, "w": grid.w, "h": grid.h},
    }
    if panel.repeat:
        is_down = panel.repeat_direction is Direction.DOWN
        document |= {"repeat": panel.repeat, "repeatDirection": "v" if is_down else "h"}
    if panel.kind is PanelKind.TEXT:
        return {**document, "options": {"mode": "markdown", "content": panel.options.text}}
    if panel.options.shape is Shape.SQUARES:
        notes.append(f"panel {panel.title!r}: its squares became bars")
    document |= {
        "datasource": source_of(panel),
        "targets": [
            target_of(query, number, panel, dashboard) for number, query in enumerate(panel.queries)
        ],
        "fieldConfig": {
            "defaults": _defaults(panel),
            "overrides": [_override(each) for each in panel.overrides],
        },
        "options": _options(panel),
    }
    intervals = [query.min_interval for query in panel.queries if query.min_interval]
    if intervals:
        document["interval"] = intervals[0]
    if panel.options.hide_time:
        document["transformations"] = [
            {"id": "organize", "options": {"excludeByName": {"Time": True}}}
        ]
    return document


def _defaults(panel: Panel) -> Document:
    options = panel.options
    found: Document = {
        "unit": _unit(panel.unit),
        "thresholds": _thresholds(panel.thresholds, panel.threshold_mode),
        "mappings": [_mapping(each) for each in panel.mappings],
    }
    for name, value in (("decimals", panel.decimals), ("min", options.min), ("max", options.max)):
        if value is not None:
            found[name] = value
    if options.empty:
        found["noValue"] = options.empty
    if panel.kind is PanelKind.TIMESERIES:
        found["custom"] = {
            "drawStyle": _DRAWS[options.draw],
            "lineWidth": options.line_px,
            "fillOpacity": options.fill_percent,
            "spanNulls": options.connect_gaps,
            "stacking": {"mode": "normal" if options.stack else "none"},
        }
    return found


def _options(panel: Panel) -> Document:
    options = panel.options
    match panel.kind:
        case PanelKind.STAT | PanelKind.GAUGE | PanelKind.BAR:
            return {
                "reduceOptions": {"calcs": [_calculation(options.calculation)], "values": False},
                "colorMode": str(options.paint),
                "graphMode": "area" if options.sparkline else "none",
            }
        case PanelKind.TABLE:
            order = {"displayName": options.sort_by, "desc": options.descending}
            return {"showHeader": True, "sortBy": [order] if options.sort_by else []}
        case _:
            place = options.legend
            return {
                "legend": {
                    "showLegend": place is not Place.NONE,
                    "placement": "right" if place is Place.RIGHT else "bottom",
                    "displayMode": "table" if options.legend_values else "list",
                    "calcs": [_calculation(each) for each in options.legend_values],
                }
            }


def _override(override: Override) -> Document:
    matcher = {"id": "byName", "options": override.field}
    if override.pattern:
        matcher = {"id": "byRegexp", "options": f"/{override.pattern}/"}
    values: Mapping[str, Any] = {
        "displayName": override.label or None,
        "unit": _unit(override.unit) if override.unit else None,
        "decimals": override.decimals,
        "min": override.min,
        "max": override.max,
        "color": _fixed(override.color) if override.color else None,
        "custom.axisPlacement": "right" if override.axis is Axis.RIGHT else None,
        "custom.lineWidth": override.line_px,
        "custom.drawStyle": _DRAWS[override.draw] if override.draw else None,
        "custom.width": override.width_px,
        "custom.cellOptions": _cell(override.paint) if override.paint else None,
        "thresholds": _thresholds(override.thresholds, override.threshold_mode)
        if override.thresholds
        else None,
        "mappings": [_mapping(each) for each in override.mappings] or None,
        "custom.hideFrom": {"viz": True, "legend": True, "tooltip": True}
        if override.hide
        else None,
    }
    properties = [{"id": id, "value": value} for id, value in values.items() if value is not None]
    return {"matcher": matcher, "properties": properties}


def _cell(paint: Paint) -> Document:
    words = {Paint.BACKGROUND: "color-background", Paint.VALUE: "color-text", Paint.NONE: "auto"}
    return {"type": words[paint]}


def _fixed(color: str) -> Document:
    return {"mode": "fixed", "fixedColor": _color(color)}


def _color(color: str) -> str:
    return _COLORS.get(color, color)


def _unit(unit: str) -> str:
    if unit in _UNITS:
        return _UNITS[unit]
    return unit if unit in _KNOWN_UNITS else f"suffix:{unit}"


def _thresholds(thresholds: Sequence[Threshold], mode: ThresholdMode) -> Document:
    steps = [{"color": _color(each.color), "value": each.value} for each in thresholds]
    if thresholds and thresholds[0].value is not None:
        steps.insert(0, {"color": "transparent", "value": None})
    words = {ThresholdMode.ABSOLUTE: "absolute", ThresholdMode.PERCENT: "percentage"}
    return {"mode": words[mode], "steps": steps}


def _mapping(mapping: board.Mapping) -> Document:
    result: Document = {"text": mapping.text}
    if mapping.color:
        result["color"] = _color(mapping.color)
    if mapping.value is not None:
        return {"type": "value", "options": {mapping.value: result}}
    if mapping.pattern:
        return {"type": "regex", "options": {"pattern": _pattern(mapping), "result": result}}
    if mapping.empty:
        return {"type": "special", "options": {"match": "null", "result": result}}
    ends = {"from": mapping.low, "to": mapping.high}
    return {"type": "range", "options": {**ends, "result": result}}


def _pattern(mapping: board.Mapping) -> str:
    is_free, pattern = mapping.pattern.startswith("(?i)"), mapping.pattern.removeprefix("(?i)")
    return f"/{pattern}/{'i' if is_free else ''}"


def _calculation(calculation: Calculation) -> str:
    return _CALCULATIONS.get(calculation, str(calculation))

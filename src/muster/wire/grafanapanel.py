"""One panel of Grafana, as a document of ours.

Both generations of charts (`graph`, `timeseries`), tiles, tables and texts; what there is no
place for is noted with the panel's title.
"""

import re
from typing import Any

from muster.wire.grafanafields import field_document, overrides_of, series_overrides_of
from muster.wire.grafanajson import Notes, Part
from muster.wire.grafanaquery import query_document
from muster.wire.grafanawords import KINDS, calculation_of, color_of, unit_of

Document = dict[str, Any]
_LINE, _TEXT = 300, 16_384
_TAG = re.compile(r"<(/?)(br|p|div|li|h[1-6])?[^<>]*>", re.IGNORECASE)
_SQUARES = "grafana-polystat-panel"
_LEFT_OUT = {
    "alert": "its alert",
    "links": "its links",
    "timeFrom": "its own time range",
    "timeShift": "its shift in time",
    "libraryPanel": "its library panel",
}


def panel_document(panel: Part, notes: Notes) -> Document | None:
    """A panel without id, section and place; None for a kind that we have not."""
    word = panel.text("type")
    kind = KINDS.get(word)
    title = panel.text("title")[:_LINE]
    name = title or f"number {panel.text('id')}"
    if kind is None:
        notes.say(f"panel {name!r}: there is no panel of the kind {word[:40]!r}")
        return None
    own = Notes()
    for key, what in _LEFT_OUT.items():
        if key in panel:
            own.say(what)
    if word == "graph" and panel.part("xaxis").text("mode") == "histogram":
        kind = "histogram"
    document: Document = {
        "title": title,
        "description": panel.text("description")[:_TEXT],
        "kind": kind,
        "options": {},
        "repeat": panel.text("repeat")[:50],
        "repeat_direction": "down" if panel.text("repeatDirection") == "v" else "right",
    }
    if kind == "text":
        document["options"]["text"] = _text(panel, own)
    else:
        _show(document, panel, word, own)
    for what in own.all():
        notes.say(f"panel {name!r}: {what}")
    return document


def _show(document: Document, panel: Part, word: str, notes: Notes) -> None:
    config = panel.part("fieldConfig")
    defaults = config.part("defaults")
    document |= field_document(defaults, notes)
    document["queries"] = _queries(panel, notes)
    document["overrides"] = [*overrides_of(config, notes), *series_overrides_of(panel, notes)]
    options: Document = document["options"]
    for end in ("min", "max"):
        value = defaults.number(end)
        if value is not None:
            options[end] = value
    if "noValue" in defaults:
        options["empty"] = defaults.text("noValue")[:_LINE]
    if word == "graph":
        _graph(document, panel, notes)
    elif document["kind"] in ("timeseries", "histogram", "timeline", "heatmap"):
        _chart(options, panel, defaults.part("custom"))
    elif document["kind"] == "table":
        _table(document, panel, notes)
    elif word == _SQUARES:
        _squares(document, panel.part("polystat"), notes)
    else:
        _tile(document, panel, word, notes)
    document["overrides"] = document["overrides"][:200]


def _queries(panel: Part, notes: Notes) -> list[Document]:
    targets = panel.parts("targets")
    found = [each for target in targets if (each := query_document(target, panel, notes))]
    if len(found) > 20:
        notes.say(f"{len(found) - 20} of its queries")
    return found[:20]


def _graph(document: Document, panel: Part, notes: Notes) -> None:
    options: Document = document["options"]
    legend = panel.part("legend")
    options["line_px"] = min(max(panel.number("linewidth") or 1, 0), 20)
    options["fill_percent"] = min(max(panel.whole("fill", 1), 0), 10) * 10
    options["stack"] = panel.flag("stack")
    options["connect_gaps"] = panel.text("nullPointMode") == "connected"
    if panel.flag("bars"):
        options["draw"] = "bars"
    elif panel.flag("points") and not panel.flag("lines"):
        options["draw"] = "points"
    if not legend.flag("show"):
        options["legend"] = "none"
    elif legend.flag("rightSide"):
        options["legend"] = "right"
    names = ("min", "max", "avg", "current", "total") if legend.flag("values") else ()
    options["legend_values"] = [calculation_of(n, notes) for n in names if legend.flag(n)]
    options["hide_zero"] = legend.flag("hideZero")
    if (decimals := panel.number("decimals")) is not None and 0 <= decimals <= 12:
        document["decimals"] = int(decimals)
    _axes(document, panel, notes)
    if "thresholds" in panel:
        notes.say("the lines of its thresholds")
    if panel.flag("percentage"):
        notes.say("stacking in percent")


def _axes(document: Document, panel: Part, notes: Notes) -> None:
    axes = panel.parts("yaxes")
    if axes:
        document["unit"] = unit_of(axes[0].text("format"), notes)
        for end in ("min", "max"):
            value = axes[0].number(end)
            if value is not None:
                document["options"][end] = value
        if axes[0].whole("logBase", 1) != 1:
            notes.say("a logarithmic axis")
    if len(axes) > 1:
        for override in document["overrides"]:
            if override.get("axis") == "right":
                override["unit"] = unit_of(axes[1].text("format"), notes)
                override |= {
                    end: value
                    for end in ("min", "max")
                    if (value := axes[1].number(end)) is not None
                }


def _chart(options: Document, panel: Part, custom: Part) -> None:
    legend = panel.part("options").part("legend")
    places = {"right": "right", "bottom": "bottom"}
    options["legend"] = places.get(legend.text("placement"), "bottom")
    if legend.raw("showLegend") is False or legend.text("displayMode") == "hidden":
        options["legend"] = "none"
    options["legend_values"] = [calculation_of(n, Notes()) for n in legend.texts("calcs")[:10]]
    options["line_px"] = min(max(custom.number("lineWidth") or 1, 0), 20)
    options["fill_percent"] = min(max(custom.whole("fillOpacity", 0), 0), 100)
    options["connect_gaps"] = custom.flag("spanNulls")
    options["stack"] = custom.part("stacking").text("mode") in ("normal", "percent")
    draws = {"bars": "bars", "points": "points"}
    options["draw"] = draws.get(custom.text("drawStyle"), "lines")
    size = panel.part("options").number("bucketSize")
    if size is not None and size > 0:
        options["bucket_size"] = size


def _tile(document: Document, panel: Part, word: str, notes: Notes) -> None:
    own, options = panel.part("options"), document["options"]
    if word == "singlestat":
        _single(document, panel, notes)
        return
    calculations = own.part("reduceOptions").texts("calcs") or own.part("fieldOptions").texts(
        "calcs"
    )
    options["calculation"] = calculation_of(calculations[0] if calculations else "", notes)
    paints = {"background": "background", "background_solid": "background", "none": "none"}
    options["paint"] = paints.get(own.text("colorMode"), "value")
    options["sparkline"] = own.text("graphMode") == "area"
    _only(document, own.part("reduceOptions").text("fields"))


def _only(document: Document, fields: str) -> None:
    """Of `/^name$/` all other queries are there for their size alone."""
    found = re.fullmatch(r"/\^(.*)\\?\$/", fields)
    if found:
        document["overrides"] += [
            {"field": query["legend"], "hide": True}
            for query in document["queries"]
            if query["legend"] and query["legend"] != found[1]
        ]


def _single(document: Document, panel: Part, notes: Notes) -> None:
    options: Document = document["options"]
    options["calculation"] = calculation_of(panel.text("valueName"), notes)
    options["sparkline"] = panel.part("sparkline").flag("show")
    if panel.flag("colorBackground"):
        options["paint"] = "background"
    elif not panel.flag("colorValue"):
        options["paint"] = "none"
    document["unit"] = unit_of(panel.text("format"), notes)
    bounds = [part.strip() for part in panel.text("thresholds").split(",") if part.strip()]
    colors = [color_of(each) for each in panel.texts("colors")]
    steps = [Part({"value": bound}).number("value") for bound in bounds]
    if colors and None not in steps:
        known = zip(colors[1:], sorted(step for step in steps if step is not None), strict=False)
        document["thresholds"] = [
            {"color": colors[0]},
            *({"color": color, "value": step} for color, step in known),
        ]
    for name in ("prefix", "postfix"):
        if name in panel:
            notes.say(f"its {name}")


def _squares(document: Document, own: Part, notes: Notes) -> None:
    document["unit"] = unit_of(own.text("globalUnitFormat"), notes)
    steps = [
        {"color": color_of(step.text("color")), "value": step.number("value") or 0.0}
        for step in own.parts("globalThresholds")
    ]
    document["thresholds"] = sorted(steps, key=lambda step: step["value"])
    document["options"] |= {
        "shape": "squares",
        "paint": "background",
        "calculation": calculation_of(own.text("globalOperatorName"), notes),
        "sort_by": "name" if own.text("hexagonSortByField") == "name" else "",
        "rows": min(max(own.whole("displayLimit", 0), 0), 10_000),
    }
    for query in document["queries"]:
        query["legend"] = ""  # one alias for all squares would make them one


def _table(document: Document, panel: Part, notes: Notes) -> None:
    options: Document = document["options"]
    order = panel.part("options").parts("sortBy")
    if order:
        options["sort_by"] = order[0].text("displayName")[:_LINE]
        options["descending"] = order[0].flag("desc")
    for change in panel.parts("transformations"):
        if change.text("id") != "organize":
            notes.say(f"transformation {change.text('id')[:40]!r}")
            continue
        own = change.part("options")
        excluded, renamed = own.part("excludeByName"), own.part("renameByName")
        for name in excluded.names():
            if excluded.flag(name) and name.lower() == "time":
                options["hide_time"] = True
            elif excluded.flag(name) and name:
                document["overrides"].append({"field": name[:_LINE], "hide": True})
        document["overrides"] += [
            {"field": name[:_LINE], "label": renamed.text(name)[:_LINE]}
            for name in renamed.names()
            if name and renamed.text(name)
        ]


def _text(panel: Part, notes: Notes) -> str:
    own = panel.part("options")
    text = panel.text("content") or own.text("content")
    if (panel.text("mode") or own.text("mode")) == "html":
        notes.say("its HTML became plain text")
        text = _TAG.sub(lambda tag: "\n" if tag[2] else "", text)
    return text.strip()[:_TEXT]

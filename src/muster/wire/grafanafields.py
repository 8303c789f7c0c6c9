"""How Grafana shows fields: units, thresholds, mappings, overrides; as ours say it.

Two generations: `fieldConfig` with matchers (7 and later), and `seriesOverrides` of graphs.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from muster.errors import InputError
from muster.model.pattern import compile_pattern
from muster.wire.grafanajson import Notes, Part, number_of
from muster.wire.grafanawords import color_of, unit_of

Document = dict[str, Any]
_MOST_CHARS = 300

_PAINTS = {
    "color-background": "background",
    "color-background-solid": "background",
    "color-text": "value",
    "basic": "background",
    "gradient": "background",
    "auto": "none",
}
_DRAWS = {"line": "lines", "bars": "bars", "points": "points"}


def field_document(config: Part, notes: Notes) -> Document:
    """What holds for all fields of a panel: unit, decimals, thresholds, mappings, min and max."""
    found: Document = {"unit": unit_of(config.text("unit"), notes)}
    decimals = config.number("decimals")
    if decimals is not None and 0 <= decimals <= 12:
        found["decimals"] = int(decimals)
    found["thresholds"], mode = thresholds_of(config.part("thresholds"))
    found["threshold_mode"] = mode
    found["mappings"] = mappings_of(config.parts("mappings"), notes)
    return found


def thresholds_of(part: Part) -> tuple[list[Document], str]:
    """Thresholds in the order of their values, and how they are compared."""
    base: list[Document] = []
    steps: list[Document] = []
    for step in part.parts("steps"):
        value = step.number("value")
        color = {"color": color_of(step.text("color"))}
        if value is None:
            base = [color]
        else:
            steps.append({**color, "value": value})
    steps.sort(key=lambda step: float(step["value"]))
    mode = "percent" if part.text("mode") == "percentage" else "absolute"
    return [*base, *steps][:50], mode


def mappings_of(parts: Sequence[Part], notes: Notes) -> list[Document]:
    """Mappings of both forms: one a mapping, or one with many options."""
    found: list[Document] = []
    for part in parts:
        kind = part.raw("type")
        options = part.part("options")
        if kind in (1, 2):
            found += _old_mapping(part)
        elif kind == "value":
            found += [
                {**_told(options.part(value)), "value": value[:_MOST_CHARS]}
                for value in options.names()
            ]
        elif kind == "range":
            found += _between(options, _told(options.part("result")))
        elif kind == "regex":
            found += _fitting(options, notes)
        elif kind == "special" and options.text("match") in ("null", "empty", "null+nan"):
            found.append({**_told(options.part("result")), "empty": True})
        else:
            notes.say(f"value mappings of the kind {str(kind)[:20]!r}")
    return found[:200]


def _told(result: Part) -> Document:
    color = color_of(result.text("color"))
    return {"text": result.text("text")[:_MOST_CHARS], "color": color}


def _between(part: Part, told: Document) -> list[Document]:
    low, high = part.number("from"), part.number("to")
    if low is None and high is None:
        return []
    if low is not None and high is not None and low > high:
        low, high = high, low
    ends = {"low": low, "high": high}
    return [{**told, **{key: each for key, each in ends.items() if each is not None}}]


def _fitting(part: Part, notes: Notes) -> list[Document]:
    """`/pattern/flags`, of which only i means anything to a value."""
    written = part.text("pattern")[:_MOST_CHARS]
    found = re.fullmatch(r"/(.*)/([a-z]*)", written, re.DOTALL)
    pattern = written if found is None else ("(?i)" if "i" in found[2] else "") + found[1]
    try:
        compile_pattern(pattern)
    except InputError as error:
        notes.say(f"value mapping: {error}")
        return []
    return [{**_told(part.part("result")), "pattern": pattern}] if pattern else []


def _old_mapping(part: Part) -> list[Document]:
    told: Document = {"text": part.text("text")[:_MOST_CHARS]}
    if part.raw("type") == 2:
        return _between(part, told)
    value = part.text("value")
    if value in ("null", ""):
        return [{**told, "empty": True}]
    return [{**told, "value": value[:_MOST_CHARS]}]


def overrides_of(config: Part, notes: Notes) -> list[Document]:
    """`fieldConfig.overrides`."""
    found = []
    for override in config.parts("overrides"):
        matcher = override.part("matcher")
        target = _target(matcher)
        if target is None:
            notes.say(f"overrides for fields chosen {matcher.text('id')[:40]!r}")
            continue
        document = dict(target)
        for given in override.parts("properties"):
            _take(document, given.text("id"), given, notes)
        if len(document) > 1:
            found.append(document)
    return found


def _target(matcher: Part) -> Document | None:
    chosen = matcher.text("options")[:_MOST_CHARS]
    if not chosen:
        return None
    match matcher.text("id"):
        case "byName":
            return {"field": chosen}
        case "byRegexp":
            is_between = len(chosen) > 2 and chosen[0] == chosen[-1] == "/"
            return {"pattern": chosen[1:-1] if is_between else chosen}
        case _:
            return None


def _take(document: Document, id: str, given: Part, notes: Notes) -> None:
    rule = _PROPERTIES.get(id)
    if rule is None:
        notes.say(f"override of {id[:40]!r}")
        return
    document |= rule(given, notes)


def _number_as(name: str, least: float, most: float) -> Callable[[Part, Notes], Document]:
    def read(given: Part, notes: Notes) -> Document:
        value = given.number("value")
        if value is None or not least <= value <= most:
            return {}
        return {name: int(value) if name in ("decimals", "width_px") else value}

    return read


def _thresholds(given: Part, notes: Notes) -> Document:
    steps, mode = thresholds_of(given.part("value"))
    return {"thresholds": steps, "threshold_mode": mode}


def _paint(given: Part, notes: Notes) -> Document:
    value = given.part("value")
    word = value.text("type") if value else given.text("value")
    if word not in _PAINTS:
        notes.say(f"cells shown as {word[:40]!r}")
        return {}
    return {"paint": _PAINTS[word]}


def _color(given: Part, notes: Notes) -> Document:
    color = color_of(given.part("value").text("fixedColor"))
    return {"color": color} if color else {}


def _hidden(given: Part, notes: Notes) -> Document:
    value = given.raw("value")
    is_hidden = value is True or Part(value).flag("viz")
    return {"hide": True} if is_hidden else {}


_PROPERTIES: Mapping[str, Callable[[Part, Notes], Document]] = {
    "unit": lambda given, notes: {"unit": unit_of(given.text("value"), notes)},
    "decimals": _number_as("decimals", 0, 12),
    "min": _number_as("min", -1e300, 1e300),
    "max": _number_as("max", -1e300, 1e300),
    "displayName": lambda given, notes: {"label": given.text("value")[:_MOST_CHARS]},
    "color": _color,
    "thresholds": _thresholds,
    "mappings": lambda given, notes: {"mappings": mappings_of(given.parts("value"), notes)},
    "custom.width": _number_as("width_px", 0, 4_000),
    "custom.displayMode": _paint,
    "custom.cellOptions": _paint,
    "custom.lineWidth": _number_as("line_px", 0, 20),
    "custom.axisPlacement": lambda given, notes: (
        {"axis": "right"} if given.text("value") == "right" else {}
    ),
    "custom.drawStyle": lambda given, notes: (
        {"draw": _DRAWS[given.text("value")]} if given.text("value") in _DRAWS else {}
    ),
    "custom.hidden": _hidden,
    "custom.hideFrom": _hidden,
}


def series_overrides_of(panel: Part, notes: Notes) -> list[Document]:
    """`seriesOverrides` and `aliasColors` of graphs before version 8."""
    found: list[Document] = []
    for override in panel.parts("seriesOverrides"):
        alias = override.text("alias")[:_MOST_CHARS]
        if not alias:
            continue
        is_pattern = len(alias) > 2 and alias[0] == alias[-1] == "/"
        document: Document = {"pattern": alias[1:-1]} if is_pattern else {"field": alias}
        document |= _of_series(override)
        for name in override.names():
            if name not in _SERIES and not name.startswith("$$"):
                notes.say(f"override of {name[:40]!r}")
        found.append(document)
    colors = panel.part("aliasColors")
    found += [
        {"field": name[:_MOST_CHARS], "color": color_of(colors.text(name))}
        for name in colors.names()
        if name
    ]
    return found


_SERIES = ("alias", "color", "linewidth", "yaxis", "bars", "points", "lines", "hiddenSeries")


def _of_series(override: Part) -> Document:
    document: Document = {}
    color, width = color_of(override.text("color")), number_of(override.raw("linewidth"))
    if color:
        document["color"] = color
    if width is not None and 0 <= width <= 20:
        document["line_px"] = width
    if override.whole("yaxis", 1) == 2:
        document["axis"] = "right"
    if override.flag("bars"):
        document["draw"] = "bars"
    if override.flag("points"):
        document["draw"] = "points"
    if override.flag("hiddenSeries"):
        document["hide"] = True
    return document

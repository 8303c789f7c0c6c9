"""A dashboard of Grafana, as one of ours, and what could not be carried over.

Source: Grafana's dashboard JSON, schema versions 16 to 41 (rows are panels); specification,
section 12
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from muster.errors import InputError
from muster.model.dashboard import MAX_PANELS, MAX_SECTIONS, MAX_VARIABLES, Dashboard
from muster.model.dashboardrules import DashboardError
from muster.wire.dashboardfile import dashboard_of
from muster.wire.grafanajson import Notes, Part
from muster.wire.grafanapanel import panel_document
from muster.wire.grafanavariables import variable_documents

Document = dict[str, Any]
_LINE = 300
_PLAIN = re.compile(r"[^a-z0-9]+")
_DURATION = re.compile(r"\d{1,9}(ms|s|m|h|d|w)")
_LAST = re.compile(r"now-(\d{1,9}(?:s|m|h|d|w))")
_LONG = {"M": ("d", 30), "y": ("d", 365)}


def import_grafana(text: str) -> tuple[Dashboard, list[str]]:
    """The dashboard, and sentences of what it lacks.

    Errors: InputError for what is no dashboard of Grafana.
    """
    try:
        decoded = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InputError(f"not JSON: {error}") from error
    whole = Part(decoded)
    board = whole.part("dashboard") or whole
    if not isinstance(board.raw("panels"), list):
        older = "; this one is of before Grafana 5, with rows" if board.raw("rows") else ""
        raise InputError(f"not a dashboard of Grafana: it has a list 'panels'{older}")
    notes = Notes()
    try:
        return dashboard_of(_document(board, notes)), notes.all()
    except DashboardError as error:
        raise InputError(f"what became of the dashboard is none: {error}") from error


def _document(board: Part, notes: Notes) -> Document:
    title = board.text("title").strip()[:200] or "Imported"
    variables = variable_documents(board.part("templating"), notes)
    names = {each["name"] for each in variables}
    sections, panels = _panels(board, names, notes)
    document: Document = {
        "id": slug(title) or slug(board.text("uid")) or "imported",
        "title": title,
        "description": board.text("description"),
        "tags": [each[:_LINE] for each in board.texts("tags")][:50],
        "time": _time(board, notes),
        "variables": variables[:MAX_VARIABLES],
        "sections": sections,
        "panels": panels,
    }
    refresh = board.text("refresh")
    if _DURATION.fullmatch(refresh):
        document["refresh"] = refresh
    choices = board.part("timepicker").texts("refresh_intervals")
    document["refresh_choices"] = [each for each in choices if _DURATION.fullmatch(each)][:20]
    _note_rest(board, notes)
    return document


def _note_rest(board: Part, notes: Notes) -> None:
    own = [each for each in board.part("annotations").parts("list") if not each.raw("builtIn")]
    if own:
        notes.say(f"{len(own)} annotations")
    if "links" in board:
        notes.say("links to other dashboards")


def _time(board: Part, notes: Notes) -> Document:
    time = board.part("time")
    zone = board.text("timezone")
    document: Document = {"zone": "" if zone in ("", "browser") else _zone(zone)}
    start, end = time.text("from"), time.text("to")
    if found := _LAST.fullmatch(start):
        return {**document, "last": found[1]}
    if found := re.fullmatch(r"now-(\d{1,3})([My])", start):
        unit, size = _LONG[found[2]]
        return {**document, "last": f"{int(found[1]) * size}{unit}"}
    if re.match(r"\d{4}-", start) and re.match(r"\d{4}-", end):
        return {**document, "start": start[:40], "end": end[:40]}
    if start:
        notes.say(f"time range from {start[:40]!r} to {end[:40]!r}")
    return document


def _zone(zone: str) -> str:
    return "UTC" if zone == "utc" else zone[:60]


def _panels(board: Part, names: set[str], notes: Notes) -> tuple[list[Document], list[Document]]:
    sections: list[Document] = []
    panels: list[Document] = []
    taken: set[str] = set()
    for row, panel in _in_rows(board, notes):
        if row is not None and (not sections or sections[-1]["row"] is not row):
            sections.append(_section(row, sections, names, notes))
        document = panel_document(panel, notes)
        if document is None:
            continue
        document["id"] = _unique(document["title"] or document["kind"], taken)
        document["section"] = sections[-1]["id"] if row is not None else ""
        document["grid"] = _grid(panel, row)
        if document["repeat"] and document["repeat"] not in names:
            notes.say(f"panel {document['title']!r}: repeating by {document['repeat']!r}")
            document["repeat"] = ""
        panels.append(document)
    if len(panels) > MAX_PANELS:
        notes.say(f"{len(panels) - MAX_PANELS} panels")
    for section in sections:
        del section["row"]
    return sections[:MAX_SECTIONS], panels[:MAX_PANELS]


def _in_rows(board: Part, notes: Notes) -> Iterator[tuple[Part | None, Part]]:
    """Each panel with the row it is in; copies that Grafana made of repeated ones are left out."""
    row: Part | None = None
    for panel in sorted(board.parts("panels"), key=_place):
        if "repeatPanelId" in panel or "repeatIteration" in panel:
            continue
        if panel.text("type") != "row":
            yield row, panel
            continue
        row = panel
        for inner in panel.parts("panels"):
            yield row, inner


def _place(panel: Part) -> tuple[int, int]:
    grid = panel.part("gridPos")
    return grid.whole("y", 0), grid.whole("x", 0)


def _section(row: Part, known: list[Document], names: set[str], notes: Notes) -> Document:
    repeat = row.text("repeat")[:50]
    if repeat and repeat not in names:
        notes.say(f"row {row.text('title')!r}: repeating by {repeat!r}")
        repeat = ""
    taken = {each["id"] for each in known}
    return {
        "row": row,
        "id": _unique(row.text("title") or "row", taken),
        "title": row.text("title")[:_LINE],
        "repeat": repeat,
        "collapsed": row.flag("collapsed"),
    }


def _grid(panel: Part, row: Part | None) -> Document:
    place = panel.part("gridPos")
    x = min(max(place.whole("x", 0), 0), 23)
    top = row.part("gridPos").whole("y", 0) + 1 if row is not None else 0
    return {
        "x": x,
        "y": min(max(place.whole("y", 0) - top, 0), 10_000),
        "w": min(max(place.whole("w", 12), 1), 24 - x),
        "h": min(max(place.whole("h", 8), 1), 200),
    }


def _unique(name: str, taken: set[str]) -> str:
    base = slug(name)[:50] or "panel"
    found, number = base, 2
    while found in taken:
        found, number = f"{base}-{number}", number + 1
    taken.add(found)
    return found


def slug(text: str) -> str:
    """Text as an id: small letters, digits and single hyphens."""
    return _PLAIN.sub("-", text.lower())[:63].strip("-")

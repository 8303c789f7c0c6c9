"""Template variables of Grafana, as documents of ours."""

import re
from typing import Any

from muster.wire.grafanajson import Notes, Part

Document = dict[str, Any]
_LINE, _TEXT, _MOST = 300, 16_384, 1_000
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,49}")
_DURATION = re.compile(r"\d{1,9}(ms|s|m|h|d|w)")
_KINDS = {
    "query": "query",
    "custom": "list",
    "constant": "list",
    "interval": "interval",
    "textbox": "text",
}
_SORTS = {1: "ascending", 2: "descending", 3: "numeric", 5: "ascending", 6: "descending"}
_PROMQL = re.compile(r"\s*(label_values|label_names|metrics|query_result)\s*\(.*\)\s*", re.DOTALL)
_ALL = "$__all"


def variable_documents(templating: Part, notes: Notes) -> list[Document]:
    """All that have a place here, in their order."""
    found: list[Document] = []
    for variable in templating.parts("list"):
        name, word = variable.text("name"), variable.text("type")
        if word == "datasource":
            notes.say(f"variable {name[:50]!r}: queries go to the databases of this hub")
            continue
        kind = _KINDS.get(word)
        if kind is None or not _NAME.fullmatch(name) or name == "timeFilter":
            notes.say(f"variable {name[:50]!r} of the kind {word[:40]!r}")
            continue
        document = _document(variable, name, kind, notes)
        if document is not None:
            found.append(document)
    return found


def _document(variable: Part, name: str, kind: str, notes: Notes) -> Document | None:
    document: Document = {
        "name": name,
        "label": variable.text("label")[:_LINE],
        "kind": kind,
        "hide": variable.whole("hide", 0) == 2 or variable.text("type") == "constant",
    }
    if kind in ("query", "list"):
        document["multi"] = variable.flag("multi")
        document["all"] = variable.flag("includeAll")
        document["default"] = _current(variable)
    if "allValue" in variable:
        notes.say(f"variable {name!r}: its own value for all")
    match kind:
        case "query":
            return _query(document, variable, notes)
        case "list":
            values = _listed(variable)
        case "interval":
            values = [each for each in _listed(variable) if _DURATION.fullmatch(each)]
            values = ["auto", *values] if variable.flag("auto") else values
        case _:
            document["default"] = [variable.text("query")[:_LINE]]
            return document
    if not values:
        notes.say(f"variable {name!r} without values")
        return None
    return {**document, "values": values[:_MOST]}


def _query(document: Document, variable: Part, notes: Notes) -> Document | None:
    text = variable.text("query") or variable.part("query").text("query")
    text = text or variable.text("definition")
    if not text.strip():
        notes.say(f"variable {document['name']!r} without a query")
        return None
    document["query"] = text[:_TEXT]
    if _PROMQL.fullmatch(text) or variable.part("datasource").text("type") == "prometheus":
        document["language"] = "promql"
    document["regex"] = variable.text("regex")[:_LINE]
    order = variable.whole("sort", 0)
    document["sort"] = _SORTS.get(order, "none")
    if order == 4:
        notes.say(f"variable {document['name']!r}: sorted upwards by number")
        document["sort"] = "numeric"
    return document


def _listed(variable: Part) -> list[str]:
    """Values that are written down, with commas between them; of `text : value` the value."""
    parts = re.split(r"(?<!\\),", variable.text("query"))
    values = [part.replace("\\,", ",").strip() for part in parts]
    return list(dict.fromkeys(each.rpartition(" : ")[2][:_LINE] for each in values if each))


def _current(variable: Part) -> list[str]:
    """What was chosen; empty for all."""
    value = variable.part("current").raw("value")
    values = value if isinstance(value, list) else [value]
    chosen = [each[:_LINE] for each in values if isinstance(each, str) and each]
    return [] if _ALL in chosen else chosen[:_MOST]

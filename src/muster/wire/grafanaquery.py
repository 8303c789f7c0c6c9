"""Targets of panels as queries of ours: InfluxQL, also of Grafana's builder, and PromQL.

Source: specification, sections 9.3 and 10.2; Grafana's influx_query_model and query_part
"""

import re
from collections.abc import Sequence
from typing import Any

from muster.wire.grafanajson import Notes, Part

_REGEX = re.compile(r"^/.*/[a-z]*$", re.DOTALL)
_INTERVAL = re.compile(r"(?!0+\D)\d{1,9}(ms|s|m|h|d|w)")
_LINE, _TEXT = 300, 16_384
_NUMERIC = ("<", ">", "<=", ">=", "<>")


def query_document(target: Part, panel: Part, notes: Notes) -> dict[str, Any] | None:
    """One query of a panel; None for one that is empty, or of another language, which is noted."""
    kind = target.part("datasource").text("type") or panel.part("datasource").text("type")
    if kind == "prometheus" or (kind == "" and "expr" in target):
        document = _promql(target, notes)
    elif kind in ("", "influxdb"):
        document = _influxql(target)
    else:
        notes.say(f"a query of another language ({kind[:40]})")
        return None
    if not document["text"]:
        return None
    for interval in (target.text("interval"), panel.text("interval")):
        if _INTERVAL.fullmatch(interval.removeprefix(">")):
            document["min_interval"] = interval.removeprefix(">")
            break
    if target.flag("hide"):
        document["hide"] = True
    return document


def _influxql(target: Part) -> dict[str, Any]:
    legend, policy = target.text("alias")[:_LINE], target.text("policy")
    document = {"text": query_text(target)[:_TEXT], "legend": legend}
    if policy not in ("", "default") and target.flag("rawQuery"):
        document["policy"] = policy[:_LINE]
    return document


def _promql(target: Part, notes: Notes) -> dict[str, Any]:
    legend = target.text("legendFormat")[:_LINE]
    if target.text("format") == "heatmap":
        notes.say("a heatmap of a histogram's buckets")
    return {
        "text": target.text("expr")[:_TEXT],
        "language": "promql",
        "legend": "" if legend == "__auto" else legend,
        "instant": target.flag("instant") and not target.flag("range"),
    }


def query_text(target: Part) -> str:
    """The text of a target: as it was written, or from the builder; empty: there is none."""
    written = target.text("query")
    if target.flag("rawQuery") or ("select" not in target and written):
        return written
    if "measurement" not in target:
        return ""
    return _built(target)


def _built(target: Part) -> str:
    selects = [
        _selected([Part(part) for part in group])
        for group in target.items("select")
        if isinstance(group, list)
    ]
    text = f"SELECT {', '.join(selects)} FROM {_source(target)} WHERE {_conditions(target)}"  # noqa: S608 - of what somebody wrote
    return text + _grouped(target.parts("groupBy")) + _ending(target)


def _selected(parts: Sequence[Part]) -> str:
    inner = ""
    for part in parts:
        params = [str(each) for each in part.items("params")]
        match part.text("type"):
            case "field":
                name = params[0] if params else ""
                inner = "*" if name == "*" else _quoted(name)
            case "alias":
                inner = f"{inner} AS {_quoted(params[0] if params else '')}"
            case "math":
                inner = f"{inner}{params[0] if params else ''}"
            case name:
                inner = f"{name}({', '.join([inner, *params])})"
    return inner


def _source(target: Part) -> str:
    name, policy = target.text("measurement"), target.text("policy")
    source = name if _REGEX.match(name) else _quoted(name)
    return source if policy in ("", "default") else f"{_quoted(policy)}.{source}"


def _conditions(target: Part) -> str:
    conditions = [_condition(tag, place) for place, tag in enumerate(target.parts("tags"))]
    return f"({' '.join(conditions)}) AND $timeFilter" if conditions else "$timeFilter"


def _condition(tag: Part, place: int) -> str:
    value, key = tag.text("value"), tag.text("key")
    operator = tag.text("operator") or ("=~" if _REGEX.match(value) else "=")
    if operator not in ("=~", "!~") and not (operator in _NUMERIC and _is_number(value)):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        value = f"'{escaped}'"
    joined = f"{tag.text('condition') or 'AND'} " if place else ""
    name, _, kind = key.partition("::")
    return f"{joined}{_quoted(name)}{'::' + kind if kind else ''} {operator} {value}"


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def _grouped(parts: Sequence[Part]) -> str:
    text = ""
    for part in parts:
        params = [str(each) for each in part.items("params")]
        given = params[0] if params else ""
        if part.text("type") == "fill":
            text += f" fill({given})"
            continue
        text += ", " if text else " GROUP BY "
        if part.text("type") == "time":
            window = ", ".join(["$__interval" if given == "auto" else given, *params[1:]])
            text += f"time({window})"
        else:
            name, _, kind = given.partition("::")
            text += "*" if name == "*" else _quoted(name) + (f"::{kind}" if kind else "")
    return text


def _ending(target: Part) -> str:
    text = " ORDER BY time DESC" if target.text("orderByTime") == "DESC" else ""
    for name in ("limit", "slimit"):
        if target.text(name):
            text += f" {name.upper()} {target.text(name)}"
    if target.text("tz"):
        text += f" tz('{target.text('tz')}')"
    return text


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

"""Recorded lines and statements, read again: no server is needed for these."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

import msgspec

from muster.influxql.errors import InfluxqlError
from muster.influxql.printing.printer import format, format_query
from muster.influxql.syntax.ast import Node, RegexLiteral, SelectStatement
from muster.influxql.syntax.durations import parse_duration
from muster.influxql.syntax.parser import parse_expression, parse_query, parse_statement
from muster.model.metric import Kind, Series, value_of
from muster.testing.conformance.comparing import difference
from muster.wire.lineparsed import LineLimits, Parsed
from muster.wire.lineprotocol import line_parser

_UNITS = {"u": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3_600 * 10**9}
_NOW_NS = 1_700_000_000_123_456_789
_INITIALS = {
    "id": "ID",
    "query_id": "QueryID",
    "lhs": "LHS",
    "rhs": "RHS",
    "slimit": "SLimit",
    "soffset": "SOffset",
}


def difference_of_lines(case: Mapping[str, Any]) -> str:
    """Of a body of line protocol: its points and the texts of its errors."""
    unit = _UNITS.get(case["precision"], 1)
    body = case["input"].encode("utf-8", "surrogateescape")
    parsed = line_parser(LineLimits()).parse(body, unit, _NOW_NS, case["uint_support"])
    wanted = [_recorded_point(point, _NOW_NS - _NOW_NS % unit) for point in case["points"] or ()]
    return difference(
        {"points": _points_of(parsed), "error": parsed.error_text},
        {"points": wanted, "error": case.get("error", "")},
    )


def difference_of_text(case: Mapping[str, Any]) -> str:
    """Of a statement, query, expression or duration: its tree, normal form or error."""
    try:
        found = _parsed(case["kind"], case["input"], case.get("params"))
    except InfluxqlError as error:
        return difference({"error": str(error)}, {"error": case.get("error", "")})
    if not case["valid"]:
        return difference({"error": ""}, {"error": case["error"]})
    told, wanted = _told(found), {}
    for key in ("ast", "text", "duration_ns"):
        if key in case:
            wanted[key] = case[key]
    return difference({key: told.get(key) for key in wanted}, wanted)


def _parsed(kind: str, text: str, params: Mapping[str, Any] | None) -> Any:  # noqa: ANN401
    given = dict(params) if params else None
    match kind:
        case "statement":
            return parse_statement(text, given)
        case "expr":
            return parse_expression(text, given)
        case "query":
            return parse_query(text, given)
        case _:
            return parse_duration(text)


def _told(found: Any) -> dict[str, Any]:  # noqa: ANN401 - what any of the parsers gives
    if isinstance(found, int):
        return {"duration_ns": found}
    if isinstance(found, list):
        statements = [recorded(each) for each in found]
        return {"ast": {"_": "Query", "Statements": statements}, "text": format_query(found)}
    return {"ast": recorded(found), "text": format(found)}


def recorded(value: Any) -> Any:  # noqa: ANN401 - JSON
    """A node in the form of the recordings: named as upstream, zero members left out."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [recorded(each) for each in value]
    if not isinstance(value, Node):
        return value
    told: dict[str, Any] = {"_": type(value).__name__}
    for field in msgspec.structs.fields(value):
        content = getattr(value, field.name)
        is_absent = content is None if field.default is None else not content
        if not is_absent:
            told[_recorded_name(field.name)] = _recorded_value(value, field.name, content)
    return told


def _recorded_name(field: str) -> str:
    name = field.removesuffix("_ns")
    return _INITIALS.get(name) or "".join(part.capitalize() for part in name.split("_"))


def _recorded_value(node: Node, field: str, value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(node, RegexLiteral):
        return {"regex": value}
    if isinstance(node, SelectStatement) and field == "location":
        return {"location": value}
    if field.endswith("_ns"):
        return {"duration_ns": value}
    return recorded(value)


def _recorded_point(point: Mapping[str, Any], now_ns: int) -> dict[str, Any]:
    return {
        "measurement": point["measurement"],
        "key": point["key"],
        "tags": sorted(map(list, point["tags"] or ())),
        "fields": sorted(map(_recorded_field, point["fields"])),
        "time_ns": int(point["time_ns"]) if point["has_time"] else now_ns,
    }


def _recorded_field(field: Mapping[str, Any]) -> list[Any]:
    kind, value = field["type"], field["value"]
    return [field["key"], kind, float(value) if kind == "float" else str(value)]


def _points_of(parsed: Parsed) -> list[Any]:
    """In the order of the body."""
    points: list[Any] = [None] * parsed.points_total
    row = cell = 0
    for layout, rows, strings in zip(parsed.layouts, parsed.rows, parsed.strings, strict=True):
        first = layout.series[0]
        for _ in range(rows):
            fields = []
            for series in layout.series:
                fields.append(_field(series, parsed.values[cell], strings))
                cell += 1
            points[parsed.order[row]] = {
                "measurement": first.measurement,
                "key": _key_of(first),
                "tags": sorted(map(list, first.tags)),
                "fields": sorted(fields),
                "time_ns": parsed.times[row],
            }
            row += 1
    return points


def _field(series: Series, pattern: int, strings: Sequence[str]) -> list[Any]:
    value = value_of(pattern, series.kind, tuple(strings))
    shown = value if series.kind is Kind.FLOAT else str(value)
    return [series.field, series.kind.name.lower(), shown]


def _key_of(series: Series) -> str:
    """As InfluxDB writes it: tags sorted as they are written."""
    tags = sorted((_escaped(key, ", ="), _escaped(value, ", =")) for key, value in series.tags)
    named = _escaped(series.measurement, ", ")
    return ",".join([named, *(f"{key}={value}" for key, value in tags)])


def _escaped(text: str, specials: str) -> str:
    return "".join(f"\\{char}" if char in specials else char for char in text)

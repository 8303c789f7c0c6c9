"""Recorded statements, expressions and durations: tree, normal form and errors are InfluxDB's."""

import json
from enum import Enum
from pathlib import Path

import msgspec
import pytest

from muster.influxql.errors import InfluxqlError
from muster.influxql.printing.printer import format, format_query
from muster.influxql.syntax.ast import (
    Node,
    RegexLiteral,
    SelectStatement,
)
from muster.influxql.syntax.durations import parse_duration
from muster.influxql.syntax.parser import parse_expression, parse_query, parse_statement

CASES = json.loads((Path(__file__).parents[1] / "golden/influx/influxql_parse.json").read_text())
INITIALS = {"id": "ID", "query_id": "QueryID", "lhs": "LHS", "rhs": "RHS"}
INITIALS |= {"slimit": "SLimit", "soffset": "SOffset"}
REDACTED = {"CreateUserStatement", "SetPasswordUserStatement"}


def recorded_name(field):
    name = field.removesuffix("_ns")
    return INITIALS.get(name) or "".join(part.capitalize() for part in name.split("_"))


def recorded_value(node, field, value):
    if isinstance(node, RegexLiteral):
        return {"regex": value}
    if isinstance(node, SelectStatement) and field == "location":
        return {"location": value}
    if field.endswith("_ns"):
        return {"duration_ns": value}
    return recorded(value)


def recorded(value):
    """A node in the form of the recordings: named as upstream, zero members left out."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [recorded(each) for each in value]
    if not isinstance(value, Node):
        return value
    told = {"_": type(value).__name__}
    for field in msgspec.structs.fields(value):
        content = getattr(value, field.name)
        is_absent = content is None if field.default is None else not content
        if not is_absent:
            told[recorded_name(field.name)] = recorded_value(value, field.name, content)
    return told


def parsed(case):
    params = case.get("params")
    match case["kind"]:
        case "statement":
            return parse_statement(case["input"], params)
        case "expr":
            return parse_expression(case["input"], params)
        case "query":
            return parse_query(case["input"], params)
        case _:
            return parse_duration(case["input"])


def of(*, valid):
    kept = [case for case in CASES if case["valid"] is valid]
    return pytest.mark.parametrize("case", kept, ids=lambda case: case["name"])


@of(valid=False)
def test_what_is_wrong_is_refused_in_the_recorded_words(case):
    with pytest.raises(InfluxqlError) as refused:
        parsed(case)

    assert str(refused.value) == case["error"]


@of(valid=True)
def test_what_is_right_has_the_recorded_tree(case):
    found = parsed(case)

    if case["kind"] == "duration":
        assert found == case["duration_ns"]
    elif case["kind"] == "query":
        statements = [recorded(statement) for statement in found]
        assert {"_": "Query", "Statements": statements} == case["ast"]
    else:
        assert recorded(found) == case["ast"]


@pytest.mark.parametrize(
    "case", [case for case in CASES if "text" in case], ids=lambda case: case["name"]
)
def test_the_normal_form_is_the_recorded_one_and_reads_as_the_same(case):
    found = parsed(case)
    text = format_query(found) if isinstance(found, list) else format(found)

    assert text == case["text"]
    if type(found).__name__ not in REDACTED:
        assert parsed({"kind": case["kind"], "input": text}) == found


def test_no_case_is_left_out():
    assert len(CASES) == 263

"""Asks a source in memory as a request would, and compares answers as the corpus says."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from muster.errors import MusterError
from muster.influxql.answers.render import Style, error_json, to_json, to_json_chunks
from muster.influxql.answers.results import ResultSeries
from muster.influxql.errors import InfluxqlError
from muster.influxql.execution.execute import DEFAULT_LIMITS, Request, execute
from muster.influxql.execution.options import Limits
from muster.influxql.syntax.ast import Statement
from muster.influxql.syntax.parser import parse_query
from muster.influxql.syntax.statements import ShowGrantsForUserStatement
from muster.testing.influxmemory import MemorySource

NOW_NS = 1_795_190_300_000_000_000
TOLERANCE, FORECAST_TOLERANCE = 1e-12, 1e-3


class NotOurs(MusterError):
    """The statement is about what others know: databases, users, administration."""


def others(statement: Statement) -> Sequence[ResultSeries]:
    """Answers what a test needs to know of others. Errors: NotOurs."""
    if isinstance(statement, ShowGrantsForUserStatement):
        raise InfluxqlError("user not found")
    raise NotOurs(type(statement).__name__)


def ask(
    source: MemorySource, query: str, params: Mapping[str, str], limits: Limits = DEFAULT_LIMITS
) -> tuple[int, bytes]:
    """Status and body of a request. Errors: NotOurs."""
    style = Style(params.get("epoch", ""))
    try:
        statements = parse_query(query, json.loads(params.get("params", "{}")))
    except InfluxqlError as error:
        return 400, error_json(f"error parsing query: {error}", style)
    request = Request(
        params.get("db", ""),
        params.get("rp", ""),
        NOW_NS,
        limits,
        others=others,
        into=source.insert,
    )
    results = execute(source, statements, request)
    if params.get("chunked") == "true":
        rows = int(params.get("chunk_size", "10000"))
        return 200, b"".join(to_json_chunks(results, rows, style))
    return 200, to_json(results, style)


def documents(text: str) -> list[Any]:
    """All JSON documents of a body, one a line."""
    return [json.loads(line) for line in text.splitlines()]


def tolerance_of(query: str) -> float:
    """How far numbers of its answer may be apart, by their size."""
    return FORECAST_TOLERANCE if "holt_winters" in query else TOLERANCE


def equal(found: Any, wanted: Any, tolerance: float = TOLERANCE) -> bool:  # noqa: ANN401 - JSON
    """Whether answers are the same: JSON, numbers up to a tolerance."""
    if isinstance(wanted, dict):
        return (
            isinstance(found, dict)
            and found.keys() == wanted.keys()
            and all(equal(found[key], wanted[key], tolerance) for key in wanted)
        )
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and len(found) == len(wanted)
            and all(equal(a, b, tolerance) for a, b in zip(found, wanted, strict=True))
        )
    if isinstance(wanted, bool) or isinstance(found, bool) or not isinstance(wanted, int | float):
        return found == wanted and type(found) is type(wanted)
    if isinstance(wanted, int) and isinstance(found, int):
        return found == wanted
    return isinstance(found, int | float) and math.isclose(found, wanted, rel_tol=tolerance)


def shape(value: Any) -> Any:  # noqa: ANN401 - JSON
    """What stays the same of an answer that depends on when it was asked, or on chance."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    return type(value).__name__

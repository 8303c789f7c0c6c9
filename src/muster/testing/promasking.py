"""Recorded answers of Prometheus asked again of series in memory.

Shapes: tests/golden/promql: series.json, answers.json; record.py there made them.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import msgspec

from muster.errors import MusterError
from muster.promql import api
from muster.promql.limits import Limits
from muster.promql.render import failure, success
from muster.promql.source import Source
from muster.testing.prommemory import MemorySource, series_of

_VALUES = "/values"
_LABEL = "/label/"
_MOST_STEPS = 11_000


class Recorded(NamedTuple):
    ask: str
    status: int
    answer: str


def recorded(folder: Path) -> list[Recorded]:
    return [Recorded(**each) for each in json.loads((folder / "answers.json").read_text())]


def recorded_series(folder: Path) -> MemorySource:
    found = json.loads((folder / "series.json").read_text())
    return MemorySource(series_of(each["labels"], each["times"], each["values"]) for each in found)


def asked(source: Source, ask: str, limits: Limits = Limits()) -> tuple[int, str]:  # noqa: B008
    """Status and body of the answer to a path with its parameters."""
    try:
        question = question_of(ask)
        data = question.answer(source, limits)
        return (200, success(*data).decode()) if data.text else (204, "")
    except MusterError as error:
        return error.status, failure(error.code, str(error)).decode()


def question_of(ask: str) -> api.Question:
    """What a path with its parameters asks. Errors: PromqlError."""
    split = urlsplit(ask)
    return _question(split.path, parse_qs(split.query, keep_blank_values=True))


def _question(path: str, parameters: Mapping[str, Sequence[str]]) -> api.Question:
    if path.startswith(_LABEL):
        name = path.removeprefix(_LABEL).removesuffix(_VALUES)
        return api.label_values(name, parameters)
    match path:
        case "/query":
            return api.query(parameters, 0)
        case "/query_range":
            return api.query_range(parameters, _MOST_STEPS)
        case "/series":
            return api.series(parameters)
        case "/labels":
            return api.label_names(parameters)
        case "/query_exemplars":
            return api.exemplars(parameters)
        case "/format_query":
            return api.format_query(parameters)
        case _:
            return api.Question(lambda source, limits: api.Data(_FIXED[path]))


_FIXED = {"/metadata": b"{}", "/rules": b'{"groups":[]}', "/alerts": b'{"alerts":[]}'}


def alike(one: Any, other: Any, digits: float = 1e-12) -> bool:  # noqa: ANN401 - documents
    """Whether two documents are the same, but for the last digits of numbers in texts."""
    if isinstance(one, str) and isinstance(other, str):
        return one == other or _near(one, other, digits)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(lambda a, b: alike(a, b, digits), one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[k], other[k], digits) for k in one)
    return bool(one == other)


def _near(one: str, other: str, digits: float) -> bool:
    try:
        first, second = float(one), float(other)
    except ValueError:
        return False
    return abs(first - second) <= digits * max(abs(first), abs(second))


def document(text: str) -> Any:  # noqa: ANN401
    return msgspec.json.decode(text) if text else None

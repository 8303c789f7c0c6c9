"""Answers of InfluxDB's query API read, and their rows written as line protocol.

JSON does not say of a number whether it is a float, so the kinds of fields come from elsewhere
(`SHOW FIELD KEYS`). Of a field that has several kinds, floats win: InfluxDB shows them so.

Source: InfluxDB 1.x, /query with chunked=true and epoch=ns
"""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

import msgspec

from muster.errors import InputError, ProtocolError
from muster.wire.linewriter import key_text, name_text, string_text

_TIME = "time"
_RANK = ("float", "integer", "unsigned", "string", "boolean")  # what InfluxDB shows of several
_INT64 = 1 << 63


class RowSeries(msgspec.Struct, frozen=True):
    """One series of an answer; times are nanoseconds."""

    columns: list[str]
    name: str = ""
    values: list[list[Any]] = []
    tags: dict[str, str] = {}


class _Result(msgspec.Struct, frozen=True):
    series: list[RowSeries] = []
    error: str = ""


class _Answer(msgspec.Struct, frozen=True):
    results: list[_Result] = []
    error: str = ""


def read_answer(body: bytes) -> list[RowSeries]:
    """The series of an answer, in one document or in one for each chunk.

    Errors: ProtocolError for what is no such answer; InputError for what the server refused.
    """
    found: list[RowSeries] = []
    for line in body.split(b"\n"):
        if not line.strip():
            continue
        try:
            answer = msgspec.json.decode(line, type=_Answer)
        except (msgspec.DecodeError, RecursionError) as error:
            raise ProtocolError(f"not an answer of InfluxDB: {error}") from error
        for result in (_Result(error=answer.error), *answer.results):
            if result.error:
                raise InputError(f"the server says: {result.error[:500]}")
            found += result.series
    return found


def kinds_of(series: Sequence[RowSeries]) -> dict[str, tuple[str, ...]]:
    """The kinds of each field, by the answer to SHOW FIELD KEYS."""
    kinds: dict[str, list[str]] = {}
    for each in series:
        for field, kind in each.values:
            kinds.setdefault(field, []).append(kind)
    return {
        field: tuple(sorted(set(found), key=lambda kind: _RANK.index(kind) if kind in _RANK else 9))
        for field, found in kinds.items()
    }


def lines_of(
    series: RowSeries, measurement: str, kinds: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """The rows of a series as lines of a measurement. Errors: ProtocolError."""
    tags = tuple(sorted((key, value) for key, value in series.tags.items() if value))
    prefix = key_text(measurement, tags)
    if _TIME not in series.columns:
        raise ProtocolError(f"an answer without times: {series.columns[:9]}")
    at = series.columns.index(_TIME)
    fields = [
        (place, f"{name_text(name)}=", kinds.get(name, ("float",))[0])
        for place, name in enumerate(series.columns)
        if place != at
    ]
    for row in series.values:
        if len(row) != len(series.columns) or not isinstance(row[at], int):
            raise ProtocolError(f"a row of another shape: {str(row)[:99]}")
        cells = [
            name + text
            for place, name, kind in fields
            if row[place] is not None and (text := _text(row[place], kind))
        ]
        if cells:
            yield f"{prefix}{','.join(cells)} {row[at]}"


def _text(value: Any, kind: str) -> str:  # noqa: ANN401 - a cell of JSON
    """A cell as its field has it; empty for what cannot be written."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return string_text(value)
        case int() if kind in ("integer", "unsigned"):
            return f"{value}i" if -_INT64 <= value < _INT64 else ""
        case int() | float():
            number = float(value)
            return repr(number) if isfinite(number) else ""
        case _:
            return ""

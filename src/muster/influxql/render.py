"""Answers as bytes: JSON as InfluxDB writes it, whole or in chunks, CSV, MessagePack.

Source: InfluxDB 1.6: numbers as Go writes them, times by `epoch` or in RFC 3339.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np

from muster.influxql.ast import DataType
from muster.influxql.celltexts import csv_field, float_text, quoted, times_text
from muster.influxql.columns import Column, Ints
from muster.influxql.results import Message, ResultSeries, StatementResult
from muster.influxql.scopes import series_key
from muster.influxql.zones import SECOND_NS, Zone

CHUNK_ROWS = 10_000
_EPOCHS_NS = {
    "u": 1_000,
    "ms": 1_000_000,
    "s": SECOND_NS,
    "m": 60 * SECOND_NS,
    "h": 3_600 * SECOND_NS,
}
_LARGE = 1e15  # from here on Go's digits and ours differ
_SMALL = 1e-3
_ESCAPES = ((b"<", b"\\u003c"), (b">", b"\\u003e"), (b"&", b"\\u0026"))
_LINE_ENDS = (("\u2028".encode(), b"\\u2028"), ("\u2029".encode(), b"\\u2029"))


class Style(NamedTuple):
    """How an answer looks; `epoch` is empty for RFC 3339."""

    epoch: str = ""
    pretty: bool = False


DEFAULT = Style()


def to_json(results: Sequence[StatementResult], style: Style = DEFAULT) -> bytes:
    """One document for all statements, with a newline behind it."""
    return _document({"results": [_result(result, style) for result in results]}, style)


def to_json_chunks(
    results: Iterable[StatementResult], rows: int, style: Style = DEFAULT
) -> Iterator[bytes]:
    """One document for each part of at most so many rows."""
    for result in results:
        for part in chunks(result, rows):
            yield _document({"results": [_result(part, style)]}, style)


def error_json(text: str, style: Style = DEFAULT) -> bytes:
    """The answer to a request that cannot be executed at all."""
    return _document({"error": text}, style)


def chunks(result: StatementResult, rows: int) -> Iterator[StatementResult]:
    """The same answer in parts of at most so many rows of one series."""
    parts = [
        series.part(start, start + rows)
        for series in result.series
        for start in range(0, max(series.rows, 1), rows)
    ]
    if not parts:
        yield result
    for number, part in enumerate(parts, 1):
        yield StatementResult(
            result.statement_id,
            (part,),
            result.messages if number == 1 else (),
            result.error,
            number < len(parts),
        )


def to_csv(results: Iterable[StatementResult], epoch: str = "") -> str:
    """A table for each statement, and a new one where columns change; times are integers.

    An error has no line, as in InfluxDB 1.6.
    """
    lines: list[str] = []
    for result in results:
        header: tuple[str, ...] | None = None
        for series in result.series:
            if series.columns != header:
                if lines:
                    lines.append("")
                header = series.columns
                lines.append(",".join(["name", "tags", *(quoted(name) for name in header)]))
            start = f"{quoted(series.name)},{quoted(series_key('', series.tags)[1:])},"
            rows = _rows(series, epoch or "ns")
            lines.extend(start + ",".join(csv_field(cell) for cell in row) for row in rows)
    return "".join(f"{line}\n" for line in lines)


def to_msgpack(results: Sequence[StatementResult], epoch: str = "") -> bytes:
    """The same document as JSON's; times without an epoch are RFC 3339."""
    style = Style(epoch)
    return msgspec.msgpack.encode(
        {"results": [_result(result, style, plain=True) for result in results]}
    )


def _document(content: dict[str, Any], style: Style) -> bytes:
    encoded = msgspec.json.encode(content)
    for raw, escaped in (*_ESCAPES, *_LINE_ENDS):
        if raw in encoded:
            encoded = encoded.replace(raw, escaped)
    return (msgspec.json.format(encoded, indent=4) if style.pretty else encoded) + b"\n"


def _result(result: StatementResult, style: Style, *, plain: bool = False) -> dict[str, Any]:
    shown: dict[str, Any] = {"statement_id": result.statement_id}
    if result.series:
        shown["series"] = [_series(series, style, plain=plain) for series in result.series]
    if result.messages:
        shown["messages"] = [_message(message) for message in result.messages]
    if result.partial:
        shown["partial"] = True
    if result.error:
        shown["error"] = result.error
    return shown


def _message(message: Message) -> dict[str, str]:
    return {"level": message.level, "text": message.text}


def _series(series: ResultSeries, style: Style, *, plain: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if series.name:
        shown["name"] = series.name
    if series.tags:
        shown["tags"] = dict(series.tags)
    shown["columns"] = series.columns
    if series.rows:
        shown["values"] = list(_rows(series, style.epoch, plain=plain))
    if series.partial:
        shown["partial"] = True
    return shown


def _rows(series: ResultSeries, epoch: str, *, plain: bool = True) -> Iterator[Sequence[Any]]:
    columns: list[Sequence[Any]] = []
    if series.times is not None:
        columns.append(_times(series.times, epoch, series.zone))
    columns.extend(_cells(cells, plain=plain) for cells in series.cells)
    return zip(*columns, strict=True)


def _times(times: Ints, epoch: str, zone: Zone | None) -> Sequence[Any]:
    if not epoch:
        return times_text(times, zone)
    unit = _EPOCHS_NS.get(epoch, 1)
    whole: list[int] = (np.sign(times) * (np.abs(times) // unit)).tolist()
    return whole


def _cells(cells: Column | Sequence[Any], *, plain: bool) -> Sequence[Any]:
    if not isinstance(cells, Column):
        return cells
    if cells.kind is not DataType.FLOAT:
        return cells.cells()
    numbers = cells.values
    values: list[Any] = numbers.tolist()
    if not plain:
        _spell(values, numbers)
    for row in np.flatnonzero(~(cells.valid & np.isfinite(numbers))).tolist():
        values[row] = None
    return values


def _spell(values: list[Any], numbers: Any) -> None:  # noqa: ANN401 - an array of floats
    """Makes integers of floats without a fraction, and texts of those that Go writes otherwise."""
    size = np.abs(numbers)
    with np.errstate(invalid="ignore"):
        odd = ((size >= _LARGE) | (size < _SMALL)) & (size > 0) & np.isfinite(numbers)
        whole = (numbers == np.trunc(numbers)) & ~odd & np.isfinite(numbers)
    for row in np.flatnonzero(whole & ~((size == 0) & np.signbit(numbers))).tolist():
        values[row] = int(values[row])
    for row in np.flatnonzero((size == 0) & np.signbit(numbers)).tolist():
        values[row] = msgspec.Raw(b"-0")
    for row in np.flatnonzero(odd).tolist():
        values[row] = msgspec.Raw(float_text(values[row]).encode())

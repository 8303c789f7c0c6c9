"""Answers as bytes: JSON as InfluxDB writes it, whole or in chunks, CSV, MessagePack.

Source: InfluxDB 1.6: numbers as Go writes them, times by `epoch` or in RFC 3339.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import numpy as np

from muster.influxql.answers.results import (
    Message,
    Parts,
    ResultSeries,
    SeriesOfTable,
    StatementResult,
)
from muster.influxql.answers.rowtexts import (
    VALUES,
    Cells,
    Form,
    matrix_texts,
    newest_texts,
    row_texts,
    series_texts,
    window_texts,
)
from muster.influxql.answers.tables import MatrixTable, NewestTable, WindowTable
from muster.influxql.printing.celltexts import csv_field, quoted, series_key, times_text
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import Column, Ints
from muster.influxql.values.streams import Head, Tags
from muster.influxql.values.zones import SECOND_NS, Zone

CHUNK_ROWS = 10_000
_MOST_KNOWN = 2_000  # heads of series
_MOST_LISTS, _FEW_HEADS = 64, 1_000  # of which all are known
_Listed = tuple[Sequence[Head], tuple[str, ...], Sequence[bytes]]
_lists: dict[int, _Listed] = {}  # by the identity of their list, which it keeps
_EPOCHS_NS = {
    "u": 1_000,
    "ms": 1_000_000,
    "s": SECOND_NS,
    "m": 60 * SECOND_NS,
    "h": 3_600 * SECOND_NS,
}
_FORMS = {
    DataType.FLOAT: (Form.REALS, np.dtype(np.float64)),
    DataType.INTEGER: (Form.INTEGERS, np.dtype(np.int64)),
    DataType.UNSIGNED: (Form.WHOLES, np.dtype(np.uint64)),
    DataType.BOOLEAN: (Form.BOOLEANS, np.dtype(np.bool_)),
}
_OTHER = Form.TEXTS, None
_AROUND_ONE = b'{"results":[{"statement_id":0,"series":[', b"]}]}\n"
_ESCAPES = ((b"<", b"\\u003c"), (b">", b"\\u003e"), (b"&", b"\\u0026"))
_TIME_TYPE, _TIME = 5, struct.Struct(">qi")
_LINE_ENDS = (("\u2028".encode(), b"\\u2028"), ("\u2029".encode(), b"\\u2029"))


class Style(NamedTuple):
    """How an answer looks; `epoch` is empty for RFC 3339."""

    epoch: str = ""
    pretty: bool = False


DEFAULT = Style()


def to_json(results: Sequence[StatementResult], style: Style = DEFAULT) -> bytes:
    """One document for all statements, with a newline behind it."""
    if len(results) == 1 and not style.pretty:
        (result,) = results
        if isinstance(result.series, SeriesOfTable) and _is_first_alone(result):
            return _table_texts(result.series, style.epoch, *_AROUND_ONE)
    parts = [b'{"results":[']
    for number, result in enumerate(results):
        parts += (b"," if number else b"", *_result_texts(result, style))
    return _finished([*parts, b"]}"], style)


def to_json_chunks(
    results: Iterable[StatementResult], rows: int, style: Style = DEFAULT
) -> Iterator[bytes]:
    """One document for each part of at most so many rows."""
    for result in results:
        for part in chunks(result, rows):
            yield to_json([part], style)


def error_json(text: str, style: Style = DEFAULT) -> bytes:
    """The answer to a request that cannot be executed at all."""
    return _finished([_encoded({"error": text})], style)


def chunks(result: StatementResult, rows: int) -> Iterator[StatementResult]:
    """The same answer in its parts, those of rows with at most so many of one series."""
    if result.parts is Parts.WHOLE or not result.series:
        yield result
        return
    if result.parts is Parts.SERIES:
        for number, series in enumerate(result.series):
            messages = () if number else result.messages
            yield StatementResult(result.statement_id, (series,), messages, result.error)
        return
    parts = [
        series.part(start, start + rows)
        for series in result.series
        for start in range(0, max(series.rows, 1), rows)
    ]
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
    """JSON's document with empty lists too, but of an error nothing else; times are stamps."""
    return msgspec.msgpack.encode({"results": [_result(result, epoch) for result in results]})


def to_msgpack_chunks(
    results: Iterable[StatementResult], rows: int, epoch: str = ""
) -> Iterator[bytes]:
    """One document for each part of at most so many rows."""
    for result in results:
        for part in chunks(result, rows):
            yield to_msgpack([part], epoch)


def error_csv(text: str) -> bytes:
    """As `error_json`."""
    return f"error\n{quoted(text)}\n".encode()


def error_msgpack(text: str) -> bytes:
    """As `error_json`."""
    return msgspec.msgpack.encode({"error": text})


def _encoded(content: Any) -> bytes:  # noqa: ANN401 - whatever JSON can be
    """JSON as Go escapes it."""
    return _escaped(msgspec.json.encode(content))


def _escaped(text: bytes) -> bytes:
    for raw, escaped in (*_ESCAPES, *_LINE_ENDS):
        if raw in text:
            text = text.replace(raw, escaped)
    return text


def _finished(parts: Sequence[bytes], style: Style) -> bytes:
    """Joined once: an answer may be long."""
    if style.pretty:
        return msgspec.json.format(b"".join(parts), indent=4) + b"\n"
    return b"".join((*parts, b"\n"))


def _is_first_alone(result: StatementResult) -> bool:
    """Whether there is nothing beside its series."""
    return not (result.statement_id or result.messages or result.error or result.partial)


def _result_texts(result: StatementResult, style: Style) -> Sequence[bytes]:
    parts = [b'{"statement_id":%d' % result.statement_id]
    if result.series:
        parts += (b',"series":[', _series_texts(result.series, style), b"]")
    if result.messages:
        parts.append(b',"messages":' + _encoded([_message(each) for each in result.messages]))
    if result.partial:
        parts.append(b',"partial":true')
    if result.error:
        parts.append(b',"error":' + _encoded(result.error))
    return [*parts, b"}"]


def _series_texts(series: Sequence[ResultSeries], style: Style) -> bytes:
    if isinstance(series, SeriesOfTable):
        return _table_texts(series, style.epoch)
    return b",".join([_series_text(each, style) for each in series])


def _table_texts(series: SeriesOfTable, epoch: str, start: bytes = b"", end: bytes = b"") -> bytes:
    """Likewise, between other texts: an answer may be long, and is copied by none."""
    table, names, unit = series.table, series.columns, _EPOCHS_NS.get(epoch, 1)
    if epoch and isinstance(table, MatrixTable):
        ((name, tags),), (form, of) = table.heads, _FORMS[table.kind]
        if table.matrix.dtype is of:
            before_rows = _before(name, tags, names)
            return matrix_texts(table.times, unit, table.matrix, form, before_rows, start, end)
    before = _befores(table.heads, names)
    if epoch and isinstance(table, WindowTable):
        columns = [_column(each) for each in table.columns]
        return window_texts(table.windows, unit, columns, before, start, end)
    if epoch and isinstance(table, NewestTable):
        forms = [_FORMS[kind][0] for kind in table.kinds]
        return newest_texts(table.time_ns, unit, table.patterns, forms, before, start, end)
    columns = _columns(table.times, table.columns, epoch, series.zone)
    return series_texts(table.owner, columns, before, start, end)


def _series_text(series: ResultSeries, style: Style) -> bytes:
    before = _before(series.name, series.tags, series.columns)
    if not series.rows:
        text = before.removesuffix(VALUES)
    else:
        columns = _columns(series.times, series.cells, style.epoch, series.zone)
        text = before + row_texts(series.rows, columns)
    return text + (b',"partial":true}' if series.partial else b"}")


def _befores(heads: Sequence[Head], columns: tuple[str, ...]) -> Sequence[bytes]:
    """What stands before the rows of each head; known of a list that answers come with again."""
    known = _lists.get(id(heads))
    if known is not None and known[0] is heads and known[1] == columns:
        return known[2]
    made = [_before(name, tags, columns) for name, tags in heads]
    if len(_lists) >= _MOST_LISTS:
        _lists.clear()
    if len(made) <= _FEW_HEADS:
        _lists[id(heads)] = heads, columns, made
    return made


@lru_cache(_MOST_KNOWN)
def _before(name: str, tags: Tags, columns: tuple[str, ...]) -> bytes:
    """What stands before the rows of a series."""
    shown: dict[str, Any] = {}
    if name:
        shown["name"] = name
    if tags:
        shown["tags"] = dict(tags)
    shown["columns"] = columns
    return _encoded(shown)[:-1] + VALUES


def _result(result: StatementResult, epoch: str) -> dict[str, Any]:
    if result.error:
        return {"error": result.error}
    shown: dict[str, Any] = {"statement_id": result.statement_id}
    if result.messages:
        shown["messages"] = [_message(message) for message in result.messages]
    shown["series"] = [_series(series, epoch) for series in result.series]
    if result.partial:
        shown["partial"] = True
    return shown


def _message(message: Message) -> dict[str, str]:
    return {"level": message.level, "text": message.text}


def _series(series: ResultSeries, epoch: str) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if series.name:
        shown["name"] = series.name
    if series.tags:
        shown["tags"] = dict(series.tags)
    stamped = None if epoch or series.times is None else map(_stamp, series.times.tolist())
    rows = _rows(series, epoch or "ns")
    shown["columns"] = series.columns
    shown["values"] = list(rows if stamped is None else _with_times(stamped, rows))
    if series.partial:
        shown["partial"] = True
    return shown


def _with_times(times: Iterable[Any], rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    for time, row in zip(times, rows, strict=True):
        yield time, *row[1:]


def _stamp(time_ns: int) -> msgspec.msgpack.Ext:
    """A time as Go's library for MessagePack has it: seconds and nanoseconds."""
    return msgspec.msgpack.Ext(_TIME_TYPE, _TIME.pack(*divmod(time_ns, SECOND_NS)))


def _rows(series: ResultSeries, epoch: str) -> Iterator[Sequence[Any]]:
    columns: list[Sequence[Any]] = []
    if series.times is not None:
        columns.append(_times(series.times, epoch))
    columns.extend(_cells(cells) for cells in series.cells)
    return zip(*columns, strict=True)


def _columns(
    times: Ints | None, cells: Sequence[Column | Sequence[Any]], epoch: str, zone: Zone | None
) -> list[Cells]:
    columns = [_column(each) for each in cells]
    if times is not None and epoch:
        columns.insert(0, Cells(Form.INTEGERS, times, None, _EPOCHS_NS.get(epoch, 1)))
    elif times is not None:
        columns.insert(0, _listed(times_text(times, zone)))
    return columns


def _column(cells: Column | Sequence[Any]) -> Cells:
    if not isinstance(cells, Column):
        return _listed(cells)
    form, of = _FORMS.get(cells.kind, _OTHER)
    if of is None or cells.values.dtype != of:
        return _listed(cells.cells())
    return Cells(form, cells.values, cells.valid)


def _listed(cells: Sequence[Any]) -> Cells:
    encode = msgspec.json.Encoder().encode
    texts = [encode(cell) for cell in cells]
    together = b"".join(texts)
    if _escaped(together) is not together:
        texts = [_escaped(text) for text in texts]
    return Cells(Form.TEXTS, texts)


def _times(times: Ints, epoch: str) -> Sequence[int]:
    unit = _EPOCHS_NS.get(epoch, 1)
    whole: list[int] = (np.sign(times) * (np.abs(times) // unit)).tolist()
    return whole


def _cells(cells: Column | Sequence[Any]) -> Sequence[Any]:
    if not isinstance(cells, Column):
        return cells
    if cells.kind is not DataType.FLOAT:
        return cells.cells()
    values: list[Any] = cells.values.tolist()
    for row in np.flatnonzero(~(cells.valid & np.isfinite(cells.values))).tolist():
        values[row] = None
    return values

"""Tables in ClickHouse's Native format, in which rows go to a cluster and answers come back.

Servers of every age speak it, and its columns are numpy's. An answer is any number of blocks;
one without rows may be of none, and then does not tell its columns either.

Source: ClickHouse documentation, "Native format"; NativeBlockInputStream.cpp of 18.16
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from muster.errors import ProtocolError
from muster.store.engine.arrow import numbers_from_arrow
from muster.wire.varint import put_text, put_varint

_NUMBERS: dict[str, tuple[str, pa.DataType]] = {
    "Int8": ("<i1", pa.int8()),
    "Int16": ("<i2", pa.int16()),
    "Int32": ("<i4", pa.int32()),
    "Int64": ("<i8", pa.int64()),
    "UInt8": ("<u1", pa.uint8()),
    "UInt16": ("<u2", pa.uint16()),
    "UInt32": ("<u4", pa.uint32()),
    "UInt64": ("<u8", pa.uint64()),
    "Float32": ("<f4", pa.float32()),
    "Float64": ("<f8", pa.float64()),
    "Bool": ("<u1", pa.uint8()),
}
_NAMES = {of: name for name, (_, of) in _NUMBERS.items() if name != "Bool"}
_MOST_COLUMNS = 1000
_MOST_NAME_BYTES = 1000
_MOST_ROWS = 1 << 40


class _Input:
    """Bytes that are read from front to back. Errors: ProtocolError."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def number(self, most: int) -> int:
        """A length: seven bits a byte, the lowest first."""
        found = shift = 0
        while True:
            if self.at >= len(self.data) or shift > 63:
                raise ProtocolError("a length is cut off", self.at)
            byte = self.data[self.at]
            self.at += 1
            found |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        if found > most:
            raise ProtocolError(f"a length is {found}, more than {most}", self.at)
        return found

    def skip(self, count: int) -> int:
        """Where they begin."""
        start = self.at
        if count > len(self.data) - start:
            raise ProtocolError(f"{count} bytes are announced and not there", start)
        self.at = start + count
        return start

    def text(self) -> str:
        start = self.skip(self.number(_MOST_NAME_BYTES))
        return self.data[start : self.at].decode(errors="replace")


def table_of(answer: bytes) -> pa.Table | None:
    """What an answer holds; None where it has no block. Errors: ProtocolError."""
    source, blocks = _Input(answer), []
    while source.at < len(answer):
        columns = source.number(_MOST_COLUMNS)
        rows = source.number(_MOST_ROWS)
        block = {}
        for _ in range(columns):
            name = source.text()
            block[name] = _column(source, source.text(), rows)
        blocks.append(pa.table(block))
    return pa.concat_tables(blocks) if blocks else None


def empty_table(columns: Iterable[tuple[str, str]]) -> pa.Table:
    """Without rows, of (name, type in ClickHouse's words). Errors: ProtocolError."""
    return pa.table({name: _column(_Input(b""), of, 0) for name, of in columns})


def _column(source: _Input, of: str, rows: int) -> pa.Array:
    if of.startswith("Nullable("):
        start = source.skip(rows)
        nulls = np.frombuffer(source.data, np.uint8, rows, start)
        inner = _column(source, of[9:-1], rows)
        known = pa.py_buffer(np.packbits(nulls == 0, bitorder="little").tobytes())
        return pa.Array.from_buffers(inner.type, rows, [known, *inner.buffers()[1:]])
    if of == "String":
        return _texts(source, rows)
    if of not in _NUMBERS:
        raise ProtocolError(f"a column is of type {of[:80]!r}, which is not known here", source.at)
    dtype, kind = _NUMBERS[of]
    start = source.skip(rows * np.dtype(dtype).itemsize)
    # Blocks lie as they come; numbers have to lie at their own multiples.
    values = np.frombuffer(source.data, dtype, rows, start).copy()
    return pa.Array.from_buffers(kind, rows, [None, pa.py_buffer(values)])


def _texts(source: _Input, rows: int) -> pa.Array:
    most = len(source.data)
    if rows > most - source.at:
        raise ProtocolError(f"{rows} texts are announced and not there", source.at)
    parts, ends = [], np.zeros(rows + 1, np.int64)
    for row in range(rows):
        start = source.skip(source.number(most))
        parts.append(source.data[start : source.at])
        ends[row + 1] = ends[row] + source.at - start
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(parts))]
    return pa.LargeStringArray.from_buffers(rows, *buffers[1:])


def block_of(table: pa.Table) -> bytes:
    """All rows as one block: what an insert takes at once, or not at all."""
    block = bytearray()
    put_varint(block, table.num_columns)
    put_varint(block, table.num_rows)
    for name in table.column_names:
        column = table[name]
        is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
        put_text(block, name.encode())
        put_text(block, b"String" if is_text else _NAMES[column.type].encode())
        if is_text:
            for text in column.to_pylist():
                put_text(block, text.encode())
        else:
            numbers: NDArray[Any] = numbers_from_arrow(column)
            block += numbers.tobytes()
    return bytes(block)

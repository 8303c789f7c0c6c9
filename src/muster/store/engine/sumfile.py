"""One hour's sums of one Kind as a file of plain arrays, which is mapped, not read.

A row of every column per series, a cell per bucket of the hour; `n` is 0 where there is none.
Series lie in the order of a code made of their hashes. Format: docs/formats/engine.md
"""

import mmap
import os
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from muster.clock import SECOND_NS
from muster.errors import InputError
from muster.ports.series import I64, U64

HOUR_NS = 3600 * SECOND_NS
_HEADER = struct.Struct("<8sQQQ")  # magic, series, cells, columns beside `n`
_MAGIC = b"MUSUMS\x00\x01"
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no two fields become one

Columns = Mapping[str, NDArray[Any]]


class Dense(NamedTuple):
    """Sums of some series. Shapes: keys [S]; `n` and each column [S, cells], 64-bit patterns."""

    fields: U64
    tags: U64
    n: NDArray[np.uint32]
    columns: dict[str, I64]

    @property
    def bytes(self) -> int:
        keys = self.fields.nbytes + self.tags.nbytes + self.n.nbytes
        return keys + sum(each.nbytes for each in self.columns.values())


def dense(rows: Columns, names: Sequence[str], hour: int, width_ns: int) -> Dense:
    """Sums in long form, ordered by (field, tags, ts), as Dense."""
    fields, tags = rows["field"], rows["tags"]
    is_new = np.append(True, (fields[1:] != fields[:-1]) | (tags[1:] != tags[:-1]))[: len(fields)]
    at = np.cumsum(is_new) - 1
    cell = (rows["ts"] - hour * HOUR_NS) // width_ns
    shape = int(is_new.sum()), HOUR_NS // width_ns
    n = np.zeros(shape, np.uint32)
    n[at, cell] = rows["n"]
    columns = {}
    for name in names:
        columns[name] = np.zeros(shape, np.int64)
        columns[name][at, cell] = rows[name]
    return Dense(fields[is_new], tags[is_new], n, columns)


def write(path: Path, parts: Sequence[Dense], names: Sequence[str]) -> bool:
    """Write the series of all parts, at once or not at all; False where two have one code."""
    fields = np.concatenate([part.fields for part in parts])
    tags = np.concatenate([part.tags for part in parts])
    order = np.argsort(_codes(fields, tags))
    codes = _codes(fields, tags)[order]
    if (codes[1:] == codes[:-1]).any():
        return False
    cells = parts[0].n.shape[1]
    half_made = path.with_suffix(".new")
    with half_made.open("wb") as file:
        file.write(_HEADER.pack(_MAGIC, len(order), cells, len(names)))
        for key in (fields, tags):
            file.write(key[order].tobytes())
        for name in names:
            file.write(np.concatenate([part.columns[name] for part in parts])[order].tobytes())
        file.write(np.concatenate([part.n for part in parts])[order].tobytes())
        file.flush()
        os.fsync(file.fileno())
    half_made.replace(path)
    return True


class SumFile:
    """An open file. Readers may hold it when it is deleted. Errors: InputError, OSError."""

    def __init__(self, path: Path, names: Sequence[str], cells: int) -> None:
        with path.open("rb") as file:
            self.bytes = os.fstat(file.fileno()).st_size
            if self.bytes < _HEADER.size:
                raise InputError(f"{path}: cut short")
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        magic, self.series, found, columns = _HEADER.unpack_from(mapped)
        size = _HEADER.size + self.series * (16 + found * (8 * columns + 4))
        if (magic, found, columns, size) != (_MAGIC, cells, len(names), self.bytes):
            raise InputError(f"{path}: not a file of sums of this form")
        shape = self.series, cells
        keys = np.frombuffer(mapped, np.uint64, 2 * self.series, _HEADER.size)
        self._fields, self._tags = keys[: self.series], keys[self.series :]
        self._codes = _codes(self._fields, self._tags)
        at = _HEADER.size + 16 * self.series
        self._columns: dict[str, NDArray[Any]] = {}
        for name in names:
            flat = np.frombuffer(mapped, np.int64, self.series * cells, at)
            self._columns[name] = flat.reshape(shape)
            at += flat.nbytes
        n = np.frombuffer(mapped, np.uint32, self.series * cells, at)
        self._columns["n"] = n.reshape(shape)

    def places(self, fields: U64, tags: U64) -> tuple[I64, I64]:
        """Which of some keys it has, and the row of each of those."""
        if not self.series:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        at = np.minimum(np.searchsorted(self._codes, _codes(fields, tags)), self.series - 1)
        held = np.flatnonzero((self._fields[at] == fields) & (self._tags[at] == tags))
        return held, at[held]

    def column(self, name: str, rows: I64) -> NDArray[Any]:
        """The cells of some rows, [rows, cells]."""
        taken: NDArray[Any] = self._columns[name][rows]
        return taken


def _codes(fields: U64, tags: U64) -> U64:
    codes: U64 = fields * _SPREAD ^ tags
    return codes

"""Packed blocks: a matrix of 64-bit patterns [rows, columns], coded column by column.

Compiled (`_blocks.pyx`, `blocks.hpp`) a column takes the smallest of six codes; this pure
twin knows two of them, CONSTANT and RAW, and what it packs the compiled one can read.
Every column also carries sum, min and max of its present values, so that a bucket that
holds the whole block needs no decoding. Rules for NaN: muster.model.aggregate.

Source: docs/formats/head.md
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from muster.model.metric import Kind
from muster.ports.series import F64, I64

try:
    from muster.store.head import _blocks  # type: ignore[attr-defined]  # compiled, no stub
except ImportError:  # no compiler here: this file does the work
    _blocks = None

MAX_ROWS = 1024
COMPILED = _blocks is not None

U8 = NDArray[np.uint8]
U32 = NDArray[np.uint32]
Present = NDArray[np.bool_]

_CONSTANT, _RAW = 0, 3  # modes of docs/formats/head.md
_DTYPES = {Kind.FLOAT: np.float64, Kind.UNSIGNED: np.uint64}


class Packed(NamedTuple):
    """A sealed matrix. `lows` and `highs` are patterns of each column's Kind."""

    data: bytes
    offsets: U32  # of each column's code in `data`, and the end
    totals: F64
    lows: I64
    highs: I64

    @property
    def size_bytes(self) -> int:
        return len(self.data) + 4 * len(self.offsets) + 24 * len(self.totals)


def seal(matrix: I64, kinds: U8, present: Present | None = None) -> Packed:
    """Pack 1 to MAX_ROWS rows. Absent cells hold any pattern; it comes back as it is.

    Errors: ValueError for a matrix without cells or of too many rows (a bug of the caller).
    """
    rows, columns = matrix.shape
    if not 0 < rows <= MAX_ROWS or not columns:
        raise ValueError(f"cannot seal a matrix of {rows} rows and {columns} columns")
    matrix = np.ascontiguousarray(matrix)
    marks = None if present is None else np.ascontiguousarray(present).view(np.uint8)
    if _blocks is not None:
        return Packed(*_blocks.seal(matrix, kinds, marks))
    return seal_plainly(matrix, kinds, present)


def decode(packed: Packed, kinds: U8, columns: I64, first: int, last: int, out: I64) -> None:
    """Write rows [first, last) of some columns to the rows of `out` [columns, last - first]."""
    if first >= last:
        return
    if _blocks is not None:
        _blocks.decode(packed.data, packed.offsets, kinds, columns, first, last, out)
    else:
        decode_plainly(packed, columns, first, last, out)


def code_of(packed: Packed, kinds: U8) -> Any:  # noqa: ANN401 - the compiled twin's, or ours
    """A block as `decode_together` takes it."""
    return (packed, kinds) if _blocks is None else _blocks.Code(packed.data, packed.offsets, kinds)


def decode_together(
    codes: Sequence[Any], columns: Sequence[I64], spans: Sequence[tuple[int, int]], out: I64
) -> None:
    """As `decode`, of some rows of each of many blocks, one behind the other in `out`."""
    if _blocks is not None:
        _blocks.decode_together(codes, columns, spans, out)
        return
    at = 0
    for (packed, kinds), chosen, (first, last) in zip(codes, columns, spans, strict=True):
        decode(packed, kinds, chosen, first, last, out[:, at : at + last - first])
        at += last - first


def seal_plainly(matrix: I64, kinds: U8, present: Present | None) -> Packed:
    """The pure twin of `seal`."""
    parts, offsets, at = [], [], 0
    constant = (matrix == matrix[0]).all(axis=0)
    for column in range(matrix.shape[1]):
        values = matrix[:1, column] if constant[column] else matrix[:, column]
        part = bytes([_CONSTANT if constant[column] else _RAW]) + values.tobytes()
        parts.append(part)
        offsets.append(at)
        at += len(part)
    parts.append(bytes(8))
    totals, lows, highs = _summaries(matrix, kinds, present)
    return Packed(b"".join(parts), np.array([*offsets, at], np.uint32), totals, lows, highs)


def decode_plainly(packed: Packed, columns: I64, first: int, last: int, out: I64) -> None:
    """The pure twin of `decode`, for what `seal_plainly` packed."""
    for row, column in enumerate(columns.tolist()):
        at = int(packed.offsets[column])
        constant = packed.data[at] == _CONSTANT
        skip, count = (0, 1) if constant else (first, last - first)
        out[row] = np.frombuffer(packed.data, np.int64, count, at + 1 + 8 * skip)


def typed(patterns: I64, kind: int) -> NDArray[np.generic]:
    """The same bits as the numbers they mean, for comparing and adding."""
    return patterns.view(_DTYPES.get(Kind(kind), np.int64))


def _summaries(matrix: I64, kinds: U8, present: Present | None) -> tuple[F64, I64, I64]:
    """Sum, min and max of every column's present values; 0 where none is."""
    columns = matrix.shape[1]
    totals, lows, highs = (
        np.zeros(columns),
        np.zeros(columns, np.int64),
        np.zeros(columns, np.int64),
    )
    for kind in np.unique(kinds):
        chosen = np.flatnonzero(kinds == kind)
        values = typed(np.ascontiguousarray(matrix[:, chosen]), kind)
        for place, column in enumerate(chosen.tolist()):
            held = values[:, place] if present is None else values[present[:, column], place]
            if not len(held):
                continue
            with np.errstate(invalid="ignore", over="ignore"):  # infinities; sums out of range
                # Not np.sum: this adds in order, as the twin does.
                totals[column] = np.cumsum(held.astype(np.float64))[-1]
            lows[column] = np.fmin.reduce(held).view(np.int64)
            highs[column] = np.fmax.reduce(held).view(np.int64)
    return totals, lows, highs

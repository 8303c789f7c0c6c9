"""Packed blocks: a matrix of 64-bit patterns [rows, columns], coded column by column.

Compiled (`_blocks.pyx`, `blocks.hpp`) a column takes the smallest of six codes; this pure
twin knows two of them, CONSTANT and RAW, and what it packs the compiled one can read.
Every column also carries sum, min and max of its present values, so that a bucket that
holds the whole block needs no decoding. Rules for NaN: muster.model.aggregate.

Source: docs/formats/head.md
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from muster.model.metric import Kind
from muster.ports.head import Numbers
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


class _Code(NamedTuple):
    """The pure twin's."""

    packed: Packed
    kinds: U8
    first_ns: int
    last_ns: int
    step_ns: int

    def before(self, time_ns: int) -> int:
        """How many of its rows, which lie at one distance, are before a time."""
        rounded_up = -((self.first_ns - min(time_ns, self.last_ns + 1)) // self.step_ns)
        return max(rounded_up, 0)


def code_of(
    packed: Packed, kinds: U8, first_ns: int = 0, last_ns: int = 0, step_ns: int = 0
) -> Any:  # noqa: ANN401 - the compiled twin's, or ours
    """A block as `decode_together` and `plain_matrix` take it.

    `step_ns` is the distance of its rows where that is one and no cell is absent, else 0.
    """
    if _blocks is None:
        return _Code(packed, kinds, first_ns, last_ns, step_ns)
    return _blocks.Code(packed.data, packed.offsets, kinds, first_ns, last_ns, step_ns)


def decode_together(
    codes: Sequence[Any], columns: Sequence[I64], spans: Sequence[tuple[int, int]], out: I64
) -> None:
    """As `decode`, of some rows of each of many blocks, one behind the other in `out`."""
    if _blocks is not None:
        _blocks.decode_together(codes, columns, spans, out)
        return
    at = 0
    for (packed, kinds, *_), chosen, (first, last) in zip(codes, columns, spans, strict=True):
        decode(packed, kinds, chosen, first, last, out[:, at : at + last - first])
        at += last - first


class Coded(Protocol):
    """A block that has its code."""

    code: Any  # see `code_of`


class Room(Protocol):
    """Where large matrices are made."""

    def take(self, rows: int, columns: int, /) -> I64: ...


def plain_matrix_plainly(
    sealed: Sequence[Coded],
    held: I64,
    rows: int,
    columns: I64,
    span: tuple[int, int],
    most: int,
    kind: np.dtype[Any],
    room: Room,
) -> Numbers | None:
    """Some columns of sealed blocks and of open `rows` behind them, in a range, as numbers.

    Of `held` each row has values, time and segment, times ascend; `span` is half open. None where
    sealed blocks do not lie at one distance whole, and of more than `most` cells.
    """
    start_ns, end_ns = span[0], max(span)
    codes = [block.code for block in sealed]
    codes = [code for code in codes if code.last_ns >= start_ns and code.first_ns < end_ns]
    steps = {code.step_ns for code in codes}
    gaps = {newer.first_ns - older.last_ns for older, newer in pairwise(codes)}
    if 0 in steps or len(steps | gaps) > 1:
        return None
    spans = [(code.before(start_ns), code.before(end_ns)) for code in codes]
    first, last = held[:rows, -2].searchsorted((start_ns, end_ns)).tolist()
    total = sum(end - begin for begin, end in spans)
    every = total + last - first
    if len(columns) * every > most:
        return None
    patterns = room.take(len(columns), every)
    decode_together(codes, [columns] * len(codes), spans, patterns)
    patterns[:, total:] = held[first:last].T[columns]
    regular = [
        code.first_ns + code.step_ns * np.arange(*each)
        for code, each in zip(codes, spans, strict=True)
    ]
    times = np.concatenate((*regular, held[first:last, -2]))
    values = patterns.view(kind)
    return times, values, kind.kind == "f" and not bool(np.isfinite(values).all())


plain_matrix: Callable[..., Numbers | None] = (
    plain_matrix_plainly if _blocks is None else _blocks.plain_matrix
)


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

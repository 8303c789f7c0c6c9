"""What a reader gets of the head: references to sealed blocks and copies of open ones.

A view is made on the event loop and read anywhere. Series that were held by the same
Cohorts form a Held group and are read together, as one matrix; a row that is late, a gap
or a rewritten point makes single series of it, so that every Grid is plain.
"""

import sys
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise, takewhile
from typing import NamedTuple

import numpy as np

from muster.model.metric import Kind
from muster.ports.series import F64, I64, Buckets, Grid
from muster.store.head.blocks import Present, decode_together, typed
from muster.store.head.headblocks import Cells
from muster.store.head.headrows import NEVER, Piece

_LARGE = 1 << 14  # cells: what is smaller comes from memory that the process has
_OWN_REFERENCES = 2  # the attribute, and the argument of who counts


class Held(NamedTuple):
    """Series of the same Cohorts, and the blocks that hold their rows, late ones last."""

    keys: I64
    pieces: list[Piece | Cells]
    unstored: list[Piece | Cells]


class HeadView:
    """Rows of one Kind in [start, end); implements muster.ports.head.HeadView."""

    def __init__(
        self, held: list[Held], kind: Kind, bounds: tuple[int, int], cut_ns: int, stored: int
    ) -> None:
        self._held = held
        self._kind = kind
        self._start_ns, self._end_ns = bounds
        self._cut_ns = cut_ns
        self._stored = stored
        self._ids: dict[str, int] = {}

    @property
    def texts(self) -> Sequence[str]:
        return list(self._ids)

    @property
    def cells(self) -> int:
        return sum(
            len(held.keys) * _rows_in(piece)
            for held in self._held
            for piece in (*held.pieces, *held.unstored)
        )

    def grids(self) -> list[Grid]:
        start_ns = max(self._start_ns, self._cut_ns)
        found: list[Grid] = []
        for held in self._held:
            found += _grids(held.keys, self._rows(held.pieces, start_ns, self._end_ns))
        return found

    def pending(self) -> list[Grid]:
        end_ns = min(self._end_ns, self._cut_ns)
        found: list[Grid] = []
        for held in self._held:
            rows = [self._cells(piece, self._start_ns, end_ns) for piece in held.unstored]
            found += _grids(held.keys, [_since_segment(cells, self._stored) for cells in rows])
        return found

    def sums(self, step_ns: int) -> tuple[list[Buckets], list[Grid]]:
        start_ns = max(self._start_ns, self._cut_ns)
        buckets: list[Buckets] = []
        grids: list[Grid] = []
        for held in self._held:
            whole, rest = _split(held.pieces, start_ns, self._end_ns, step_ns)
            buckets += _block_sums(held.keys, self._kind, whole, step_ns)
            grids += _grids(held.keys, self._rows(rest, start_ns, self._end_ns))
        return buckets, grids

    def _rows(self, pieces: list[Piece | Cells], start_ns: int, end_ns: int) -> list[Cells]:
        """Rows of pieces in their order; those at the front that lack nothing as one."""
        front: list[Piece] = []
        if self._kind is not Kind.STRING:  # of those each block has its own table
            front = list(takewhile(_is_whole, pieces))  # type: ignore[arg-type] # as it says
        if not front:
            return [self._cells(piece, start_ns, end_ns) for piece in pieces]
        rest = [self._cells(piece, start_ns, end_ns) for piece in pieces[len(front) :]]
        open_ = rest[0] if rest and rest[0].present is None else None
        one = _read_together(front, start_ns, end_ns, open_)
        return [one, *(rest if open_ is None else rest[1:])]

    def _cells(self, piece: Piece | Cells, start_ns: int, end_ns: int) -> Cells:
        if isinstance(piece, Piece):
            cells = piece.block.cells(piece.columns, start_ns, end_ns)
        else:
            inside = (piece.times >= start_ns) & (piece.times < end_ns)
            cells = piece if inside.all() else _rows_of(piece, np.flatnonzero(inside))
        if self._kind is Kind.STRING and cells.patterns.size:
            cells = cells._replace(patterns=self._own_ids(cells))
        return cells

    def _own_ids(self, cells: Cells) -> I64:
        """Indexes into a block's table of strings as indexes into the view's."""
        own = [self._ids.setdefault(text, len(self._ids)) for text in cells.texts]
        # An absent cell may hold any pattern.
        return np.take(np.array(own or [0], np.int64), cells.patterns, mode="clip")


class Room:
    """Memory for one large matrix after the other: its pages are there already.

    As long as somebody has an array in it, it is theirs, and the next one gets another.
    """

    def __init__(self) -> None:
        self._held = np.empty(0, np.int64)

    def take(self, rows: int, columns: int) -> I64:
        """A matrix that holds anything."""
        cells = rows * columns
        if cells < _LARGE:
            return np.empty((rows, columns), np.int64)
        if cells > len(self._held) or sys.getrefcount(self._held) > _OWN_REFERENCES:
            self._held = np.empty(cells, np.int64)
        return self._held[:cells].reshape(rows, columns)


def _rows_in(piece: Piece | Cells) -> int:
    return piece.block.rows if isinstance(piece, Piece) else len(piece.times)


def _is_whole(piece: Piece | Cells) -> bool:
    return isinstance(piece, Piece) and piece.block.is_whole


def _read_together(
    pieces: list[Piece], start_ns: int, end_ns: int, more: Cells | None = None
) -> Cells:
    """Rows of blocks of one kind that lack nothing, and of what comes behind them.

    Who asks for segments asks piece by piece.
    """
    spans = [piece.block.span(start_ns, end_ns) for piece in pieces]
    total = sum(last - first for first, last in spans)
    behind = 0 if more is None else len(more.times)
    patterns = np.empty((len(pieces[0].columns), total + behind), np.int64)
    codes, columns = [block.code for block, _ in pieces], [chosen for _, chosen in pieces]
    decode_together(codes, columns, spans, patterns)
    times = _times_together(pieces, spans, total)
    if more is not None:
        patterns[:, total:] = more.patterns
        times = np.concatenate((times, more.times))
    return Cells(times, patterns, None, 0, ())


def _times_together(pieces: list[Piece], spans: list[tuple[int, int]], total: int) -> I64:
    oldest, skipped = pieces[0].block, spans[0][0]
    if len(pieces) == 1:
        return oldest.times_of(*spans[0])
    if all(newer.block.follows(older.block) for older, newer in pairwise(pieces)):
        return oldest.regular_times(skipped, skipped + total)
    each = [piece.block.times_of(*span) for piece, span in zip(pieces, spans, strict=True)]
    return np.concatenate(each)


def _rows_of(cells: Cells, rows: I64) -> Cells:
    present = None if cells.present is None else cells.present[:, rows]
    segments = cells.segments if isinstance(cells.segments, int) else cells.segments[rows]
    return Cells(cells.times[rows], cells.patterns[:, rows], present, segments, cells.texts)


def _since_segment(cells: Cells, stored: int) -> Cells:
    if isinstance(cells.segments, int):
        return cells if cells.segments > stored else _rows_of(cells, np.empty(0, np.int64))
    return _rows_of(cells, np.flatnonzero(cells.segments > stored))


def _grids(keys: I64, parts: list[Cells]) -> list[Grid]:
    """One Grid for all series where nothing is absent and time ascends; else one for each."""
    parts = [part for part in parts if len(part.times)]
    if not parts:
        return []
    times, patterns = parts[0].times, parts[0].patterns
    if len(parts) > 1:
        times = np.concatenate([part.times for part in parts])
        patterns = np.concatenate([part.patterns for part in parts], axis=1)
    present = _all_present(len(keys), parts)
    if not (np.diff(times) > 0).all():
        return list(_single(keys, times, patterns, present))
    if present is None:
        return [Grid(keys, times, patterns)]
    whole = present.all(axis=1)
    gappy = ~whole
    grids = list(_single(keys[gappy], times, patterns[gappy], present[gappy]))
    if whole.any():
        grids.append(Grid(keys[whole], times, patterns[whole]))
    return grids


def _all_present(columns: int, parts: list[Cells]) -> Present | None:
    if all(part.present is None for part in parts):
        return None
    marks = [
        np.ones((columns, len(part.times)), np.bool_) if part.present is None else part.present
        for part in parts
    ]
    return np.concatenate(marks, axis=1)


def _single(keys: I64, times: I64, patterns: I64, present: Present | None) -> Iterator[Grid]:
    """A Grid per series: absent cells left out, ascending, of equal times the last."""
    for row in range(len(keys)):
        held = slice(None) if present is None else present[row]
        found = settled(times[held], patterns[row, held])
        if len(found[0]):
            yield Grid(keys[row : row + 1], found[0], found[1][np.newaxis])


def settled(times: I64, patterns: I64) -> tuple[I64, I64]:
    """Rows in order of arrival as rows in order of time; of equal times the last stays."""
    order = np.argsort(times, kind="stable")
    times, patterns = times[order], patterns[order]
    keep = np.append(times[1:] != times[:-1], True) if len(times) else np.empty(0, np.bool_)
    return times[keep], patterns[keep]


def _split(
    pieces: list[Piece | Cells], start_ns: int, end_ns: int, step_ns: int
) -> tuple[list[Piece], list[Piece | Cells]]:
    """Blocks that lie in the range and in one bucket each; none where blocks overlap."""
    whole: list[Piece] = []
    rest: list[Piece | Cells] = []
    newest = NEVER
    for piece in pieces:
        first, last = _ends(piece)
        if first <= newest:
            return [], pieces
        newest = last
        one_bucket = start_ns <= first and last < end_ns and first // step_ns == last // step_ns
        if one_bucket and isinstance(piece, Piece) and not piece.block.has_equal_times:
            whole.append(piece)
        else:
            rest.append(piece)
    return whole, rest


def _ends(piece: Piece | Cells) -> tuple[int, int]:
    if isinstance(piece, Piece):
        return piece.block.first_ns, piece.block.last_ns
    # Copies of the late block are not in order: their oldest row decides.
    return int(piece.times.min()), int(piece.times.max())


def _block_sums(keys: I64, kind: Kind, whole: list[Piece], step_ns: int) -> list[Buckets]:
    """Partial buckets out of the sums that blocks carry; blocks ascend in time."""
    found: list[Buckets] = []
    for number, pieces in groupby(whole, lambda piece: piece.block.first_ns // step_ns):
        sums = _added([_sums_of(piece) for piece in pieces], kind)
        found.append(_sum_buckets(keys, number * step_ns, sums))
    return found


class _Sums(NamedTuple):
    """Shapes: one each for the series; of several blocks [block, series]."""

    number: I64
    total: F64
    low: I64
    high: I64


def _sums_of(piece: Piece) -> _Sums:
    block, columns = piece
    number = np.full(len(columns), block.rows) if block.counts is None else block.counts[columns]
    packed = block.packed
    return _Sums(number, packed.totals[columns], packed.lows[columns], packed.highs[columns])


def _added(each: list[_Sums], kind: Kind) -> _Sums:
    """Those of blocks, at least one, in the order of time."""
    if len(each) == 1:
        return each[0]
    number, totals, lows, highs = (np.array(column) for column in zip(*each, strict=True))
    with np.errstate(invalid="ignore", over="ignore"):
        total = np.add.accumulate(totals)[-1]  # one after the other, however few series there are
    low, high = typed(lows, kind), typed(highs, kind)
    if not number.all():
        # A block without a value of a series has nothing to say of its extremes: what is put in
        # its place are those of one that has some.
        some = np.argmax(number > 0, axis=0), np.arange(number.shape[1])
        low, high = np.where(number, low, low[some]), np.where(number, high, high[some])
    low, high = np.fmin.reduce(low), np.fmax.reduce(high)
    return _Sums(number.sum(axis=0), total, low.view(np.int64), high.view(np.int64))


def _sum_buckets(keys: I64, start: int, sums: _Sums) -> Buckets:
    held = np.flatnonzero(sums.number)
    unknown = np.zeros(len(held), np.int64)
    return Buckets(
        key=keys[held],
        start=np.full(len(held), start),
        counts=sums.number[held],
        total=sums.total[held],
        low=sums.low[held],
        high=sums.high[held],
        first=unknown,
        first_time=unknown,
        last=unknown,
        last_time=unknown,
        rise=np.zeros(len(held)),
        spent=unknown,
    )

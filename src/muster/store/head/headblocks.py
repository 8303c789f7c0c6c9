"""Blocks of the head: rows of one Cohort, open (a matrix that grows) or sealed (packed).

Both give the same to a reader: times, patterns of some columns, which of them are absent,
the segment of each row. A block's strings are indexes into its own table, so that strings
leave the memory together with their block.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from muster.model.metric import Kind
from muster.ports.head import Numbers
from muster.ports.series import I64
from muster.store.head import blocks
from muster.store.head.blocks import U8, Present
from muster.store.head.finitecells import finite_cells

MORE_ROWS = 16  # that an open block gets room for at once
_PAGE_BYTES = 4_096  # in a row so long, room that nothing was written to takes no memory
_WIDE_BYTES = 2 << 20  # of rows so long, at most
OVERHEAD_BYTES = 600  # a sealed block's Python objects, measured roughly


class Cells(NamedTuple):
    """Some columns of some rows of a block.

    Shapes: `patterns` [columns, rows]; `present` likewise, None when nothing is absent;
            `segments` one per row, or one for all.
    """

    times: I64
    patterns: I64
    present: Present | None
    segments: I64 | int
    texts: Sequence[str]


class Sealed:
    """Rows that no longer change, in ascending order of time (equal times: of arrival)."""

    __slots__ = (
        *("_absent_columns", "_kinds", "_present_bits", "_segments", "_step_ns", "_texts"),
        *("_times", "code", "counts", "first_ns", "has_equal_times", "last_ns", "packed"),
        *("rows", "segment", "size_bytes"),
    )

    def __init__(
        self, kinds: U8, times: I64, segments: I64, packed: blocks.Packed, texts: tuple[str, ...]
    ) -> None:
        self.rows = len(times)
        self.first_ns = int(times[0])
        self.last_ns = int(times[-1])
        self.segment = int(segments.max())
        self.packed = packed
        self._kinds = kinds
        self._texts = texts
        self._absent_columns = np.empty(0, np.int64)
        self._present_bits: U8 | None = None  # [absent columns, rows], packed
        self.counts: I64 | None = None  # present values per column; None: all rows
        steps = np.diff(times)
        regular = self.rows > 1 and bool((steps == steps[0]).all()) and steps[0] > 0
        self._step_ns = int(steps[0]) if regular else 0
        self.code = self._code(self._step_ns)
        # Then its sums count a time that was written again twice.
        self.has_equal_times = not regular and bool((steps == 0).any())
        self._times = None if regular else times.copy()
        mixed = bool((segments != self.segment).any())
        self._segments = segments.copy() if mixed else None
        self.size_bytes = self._size()

    def mark_absent(self, present: Present) -> None:
        """Remember which cells hold no value; `present` is [rows, columns]."""
        counts = present.sum(axis=0, dtype=np.int64)
        self._absent_columns = np.flatnonzero(counts < self.rows)
        if len(self._absent_columns):
            self.counts = counts
            self._present_bits = np.packbits(present[:, self._absent_columns].T, axis=1)
            self.code = self._code(0)
        self.size_bytes = self._size()

    @property
    def is_whole(self) -> bool:
        """Whether no cell is absent."""
        return self._present_bits is None

    def touches(self, start_ns: int, end_ns: int) -> bool:
        """Whether some of its rows may be in [start, end)."""
        return self.first_ns < end_ns and self.last_ns >= start_ns

    def follows(self, older: "Sealed") -> bool:
        """Whether its rows go on at the same distance as the older one's."""
        step_ns = self._step_ns
        return step_ns == older._step_ns > 0 and self.first_ns == older.last_ns + step_ns

    def cells(self, columns: I64, start_ns: int, end_ns: int) -> Cells:
        first, last = self.span(start_ns, end_ns)
        patterns = np.empty((len(columns), last - first), np.int64)
        blocks.decode(self.packed, self._kinds, columns, first, last, patterns)
        return Cells(
            times=self.times_of(first, last),
            patterns=patterns,
            present=self._present(columns, first, last),
            segments=self.segment if self._segments is None else self._segments[first:last],
            texts=self._texts,
        )

    def span(self, start_ns: int, end_ns: int) -> tuple[int, int]:
        """Which rows are in [start, end)."""
        if start_ns <= self.first_ns and self.last_ns < end_ns:
            return 0, self.rows
        if self._times is not None:
            first, last = np.searchsorted(self._times, (start_ns, max(start_ns, end_ns))).tolist()
            return first, last
        # Rows before a time: whole steps from the first row on, rounded up.
        first = min(max(-((self.first_ns - start_ns) // self._step_ns), 0), self.rows)
        last = min(max(-((self.first_ns - end_ns) // self._step_ns), first), self.rows)
        return first, last

    def times_of(self, first: int, last: int) -> I64:
        if self._times is not None:
            return self._times[first:last]
        return self.regular_times(first, last)

    def regular_times(self, first: int, last: int) -> I64:
        """Times of rows that lie at one distance; beyond its own, of blocks that follow it."""
        start_ns, step_ns = self.first_ns, self._step_ns
        return np.arange(start_ns + first * step_ns, start_ns + last * step_ns, step_ns)

    def _present(self, columns: I64, first: int, last: int) -> Present | None:
        if self._present_bits is None:
            return None
        places = np.searchsorted(self._absent_columns, columns)
        places[places == len(self._absent_columns)] = 0
        marked = np.flatnonzero(self._absent_columns[places] == columns)
        if not len(marked):
            return None
        present = np.ones((len(columns), last - first), np.bool_)
        bits = np.unpackbits(self._present_bits[places[marked]], axis=1, count=self.rows)
        present[marked] = bits[:, first:last].view(np.bool_)
        return present

    def _code(self, plain_step_ns: int) -> Any:  # noqa: ANN401 - see blocks.code_of
        span = self.first_ns, self.last_ns
        return blocks.code_of(self.packed, self._kinds, *span, plain_step_ns)

    def _size(self) -> int:
        held = (self._times, self._segments, self._present_bits, self.counts)
        arrays = sum(array.nbytes for array in held if array is not None)
        # Texts are shared with the neighbouring blocks as a rule: count the references.
        return self.packed.size_bytes + arrays + 8 * len(self._texts) + OVERHEAD_BYTES


class Open:
    """Rows still arriving. An absent cell carries the value above it, which packs best.

    There is one for each cohort of ten thousand nodes: slots, one array that has room for a few
    rows more than there are, and nothing before it is needed. Long rows have room for all at
    once, as to move them is most of what they cost; the kernel gives it its pages row by row.
    """

    __slots__ = (
        *("_held", "_kinds", "_known", "_ordered", "_present", "_room", "_texts"),
        *("rows", "size_bytes", "string_columns"),
    )

    def __init__(self, kinds: U8) -> None:
        self._kinds = kinds
        self.string_columns: tuple[int, ...] = tuple(np.flatnonzero(kinds == Kind.STRING).tolist())
        # Texts of the block before: one object for many blocks.
        self._known: dict[str, str] | None = None
        self._begin()

    def _begin(self) -> None:
        self.rows = 0
        self._ordered = True
        self._present: Present | None = None
        self._texts: dict[str, int] | None = None
        # Of each row the values, its time and its segment.
        self._held = np.empty((0, len(self._kinds) + 2), np.int64)
        self._room = 0  # rows that memory is reckoned for
        self._measure()

    def _measure(self) -> None:
        """`size_bytes` is asked with each block of rows that comes."""
        present = self._present.nbytes if self._present is not None else 0
        self.size_bytes = self._room * 8 * self._held.shape[1] + present

    @property
    def newest(self) -> I64:
        """The values of the newest row, of at least one; they may be written to."""
        return self._held[self.rows - 1, :-2]

    @property
    def _times(self) -> I64:
        return self._held[: self.rows, -2]

    @property
    def segment(self) -> int:
        """The newest segment among the rows; 0 without rows."""
        return int(self._held[: self.rows, -1].max()) if self.rows else 0

    @property
    def newest_segment(self) -> int:
        """The segment of the newest row; of at least one."""
        return int(self._held[self.rows - 1, -1])

    def ids(self, row: I64, present: Present | None, strings: Sequence[str]) -> I64:
        """A row whose string columns index `strings`, with indexes into this block's table."""
        if not self.string_columns:
            return row
        row = row.copy()
        for column in self.string_columns:
            if present is None or present[column]:
                row[column] = self.id_of(strings[int(row[column])])
        return row

    def id_of(self, text: str) -> int:
        if self._texts is None:
            self._texts = {}
        found = self._texts.get(text)
        if found is None:
            known = self._known or {}
            found = self._texts[known.get(text, text)] = len(self._texts)
        return found

    def text_of(self, pattern: int) -> str:
        return next(islice(self._texts or (), pattern, None))

    def extend(self, times: Sequence[int], rows: I64, segment: int) -> None:
        """More rows, each of a later time than the one before it, without strings or gaps."""
        first, end = self.rows, self.rows + len(times)
        self._make_room(end)
        self._held[first:end, :-2] = rows
        self._held[first:end, -2] = times
        self._held[first:end, -1] = segment
        if self._present is not None:
            self._present[first:end] = True
        self.rows = end

    def add(
        self, time_ns: int, row: I64, present: Present | None, carry: I64, segment: int
    ) -> None:
        """One more row; `carry` fills the absent cells when there is no row above."""
        at = self.rows
        self._make_room(at + 1)
        held = self._held[at]
        if present is None:
            held[:-2] = row
        else:
            above = self._held[at - 1, :-2] if at else carry
            held[:-2] = np.where(present, row, above)
            if self._present is None:
                self._present = np.ones((len(self._held), len(self._kinds)), np.bool_)
                self._measure()
        if self._present is not None:
            self._present[at] = True if present is None else present
        if at and time_ns <= self._held[at - 1, -2]:
            self._ordered = False
        held[-2], held[-1] = time_ns, segment
        self.rows = at + 1

    def replace_newest(self, row: I64, present: Present | None, segment: int) -> None:
        """The newest row came once more: its values of now count."""
        held = self._held[self.rows - 1]
        if present is None:
            held[:-2] = row
        else:
            held[:-2][present] = row[present]
        if self._present is not None:
            self._present[self.rows - 1] |= True if present is None else present
        held[-1] = max(segment, int(held[-1]))

    def touches(self, start_ns: int, end_ns: int) -> bool:
        chosen = self._span(start_ns, end_ns)
        return chosen.stop > chosen.start if isinstance(chosen, slice) else len(chosen) > 0

    def _span(self, start_ns: int, end_ns: int) -> slice | I64:
        """Which rows are in [start, end)."""
        times = self._times
        if self._ordered:
            first, last = times.searchsorted((start_ns, max(start_ns, end_ns))).tolist()
            return slice(first, last)
        return np.flatnonzero((times >= start_ns) & (times < end_ns))

    def plain_span(self, start_ns: int, end_ns: int) -> slice | None:
        """Which rows are in [start, end); None where a cell is absent, or the order another."""
        if self._present is not None or not self._ordered:
            return None
        first, last = self._times.searchsorted((start_ns, end_ns)).tolist()
        return slice(first, last)

    def newest_cells(self, columns: I64) -> bytes | None:
        """Patterns of the newest row, of at least one, where they are finite numbers."""
        return finite_cells(self._held, self.rows - 1, columns, self._kinds)

    def newest_row(self, columns: I64, start_ns: int, end_ns: int) -> tuple[int, I64] | None:
        """Time and patterns of the newest row in [start, end); None as of `plain_span`, or none."""
        rows = self.plain_span(start_ns, end_ns)
        if rows is None or rows.stop == rows.start:
            return None
        held = self._held[rows.stop - 1]
        return int(held[-2]), held[columns]

    def behind(
        self,
        sealed: list[Sealed],
        columns: I64,
        span: tuple[int, int],
        most: int,
        kind: np.dtype[Any],
        room: blocks.Room,
    ) -> Numbers | None:
        """Rows of sealed blocks and of this one as one; see blocks.plain_matrix."""
        if self._present is not None or not self._ordered:
            return None
        held, rows = self._held, self.rows
        return blocks.plain_matrix(sealed, held, rows, columns, span, most, kind, room)

    def _make_room(self, rows: int) -> None:
        """Room for so many rows. It grows by few: of many cohorts half would lie empty."""
        if rows <= self._room:
            return
        self._room = min(-(-rows // MORE_ROWS) * MORE_ROWS, max(rows, blocks.MAX_ROWS))
        if self._room > len(self._held):
            self._grow()
        self._measure()

    def _grow(self) -> None:
        room, row_bytes = self._room, 8 * self._held.shape[1]
        if row_bytes >= _PAGE_BYTES:
            room = max(room, min(_WIDE_BYTES // row_bytes, blocks.MAX_ROWS))
        grown = np.empty((room, len(self._kinds) + 2), np.int64)
        grown[: self.rows] = self._held[: self.rows]
        self._held = grown
        if self._present is not None:
            present = np.ones((room, len(self._kinds)), np.bool_)
            present[: self.rows] = self._present[: self.rows]
            self._present = present

    def cells(self, columns: I64, start_ns: int, end_ns: int) -> Cells:
        """Copies, in the order of arrival."""
        chosen = self._span(start_ns, end_ns)
        present = None if self._present is None else self._present[chosen].T[columns]
        held = self._held[: self.rows]
        # Columns first: a slice of rows is a view, and only what is asked is copied.
        return Cells(
            times=held[chosen, -2].copy(),
            patterns=held[chosen].T[columns],
            present=present,
            segments=held[chosen, -1].copy(),
            texts=tuple(self._texts or ()),
        )

    def seal(self) -> Sealed:
        """Pack the rows (at least one) and begin anew."""
        held = self._held[: self.rows]
        present = None if self._present is None else self._present[: self.rows]
        if not self._ordered:
            order = np.argsort(held[:, -2], kind="stable")
            held = held[order]
            present = None if present is None else present[order]
        packed = blocks.seal(held[:, :-2], self._kinds, present)
        texts = tuple(self._texts or ())
        times, segments = np.ascontiguousarray(held[:, -2:].T)
        sealed = Sealed(self._kinds, times, segments, packed, texts)
        if present is not None:
            sealed.mark_absent(present)
        if texts or self._known:
            self._known = {text: text for text in texts}
        self._begin()
        return sealed

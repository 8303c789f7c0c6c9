"""Blocks of the head: rows of one Cohort, open (a matrix that grows) or sealed (packed).

Both give the same to a reader: times, patterns of some columns, which of them are absent,
the segment of each row. A block's strings are indexes into its own table, so that strings
leave the memory together with their block.
"""

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from muster.model.metric import Kind
from muster.ports.series import I64
from muster.store import blocks
from muster.store.blocks import U8, Present

FIRST_ROWS = 16  # of an open block; it doubles up to its limit
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
        self.size_bytes = self._size()

    @property
    def is_whole(self) -> bool:
        """Whether no cell is absent."""
        return self._present_bits is None

    def read(self, columns: I64, rows: tuple[int, int], patterns: I64) -> None:
        """Write the patterns [columns, rows] of some rows: of many blocks into one matrix."""
        blocks.decode(self.packed, self._kinds, columns, *rows, patterns)

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

    def _size(self) -> int:
        held = (self._times, self._segments, self._present_bits, self.counts)
        arrays = sum(array.nbytes for array in held if array is not None)
        # Texts are shared with the neighbouring blocks as a rule: count the references.
        return self.packed.size_bytes + arrays + 8 * len(self._texts) + OVERHEAD_BYTES


class Open:
    """Rows still arriving. An absent cell carries the value above it, which packs best.

    There is one for each cohort of ten thousand nodes: slots, and nothing before it is needed.
    """

    __slots__ = (
        *("_kinds", "_known", "_ordered", "_present", "_segments", "_string_columns", "_texts"),
        *("matrix", "rows", "size_bytes", "times"),
    )

    def __init__(self, kinds: U8) -> None:
        self._kinds = kinds
        self._string_columns: tuple[int, ...] = tuple(np.flatnonzero(kinds == Kind.STRING).tolist())
        self._known: dict[str, str] = {}  # texts of the block before: one object for many blocks
        self._reset(0)

    def _reset(self, rows: int) -> None:
        width = len(self._kinds)
        self.matrix = np.empty((rows, width), np.int64)
        self.times = np.empty(rows, np.int64)
        self._segments = np.empty(rows, np.int64)
        self._begin()

    def _begin(self) -> None:
        self.rows = 0
        self._ordered = True
        self._present: Present | None = None
        self._texts: dict[str, int] = {}
        self._measure()

    def _measure(self) -> None:
        """`size_bytes` is asked with each block of rows that comes."""
        present = self._present.nbytes if self._present is not None else 0
        self.size_bytes = self.matrix.nbytes + present

    @property
    def segment(self) -> int:
        """The newest segment among the rows; 0 without rows."""
        return int(self._segments[: self.rows].max()) if self.rows else 0

    @property
    def newest_segment(self) -> int:
        """The segment of the newest row; of at least one."""
        return int(self._segments[self.rows - 1])

    def ids(self, row: I64, present: Present | None, strings: Sequence[str]) -> I64:
        """A row whose string columns index `strings`, with indexes into this block's table."""
        if not self._string_columns:
            return row
        row = row.copy()
        for column in self._string_columns:
            if present is None or present[column]:
                row[column] = self.id_of(strings[int(row[column])])
        return row

    def id_of(self, text: str) -> int:
        found = self._texts.get(text)
        if found is None:
            found = self._texts[self._known.get(text, text)] = len(self._texts)
        return found

    def text_of(self, pattern: int) -> str:
        return next(islice(self._texts, pattern, None))

    def add(
        self, time_ns: int, row: I64, present: Present | None, carry: I64, segment: int
    ) -> None:
        """One more row; `carry` fills the absent cells when there is no row above."""
        if self.rows == len(self.times):
            self._grow()
        at = self.rows
        if present is None:
            self.matrix[at] = row
        else:
            above = self.matrix[at - 1] if at else carry
            np.copyto(self.matrix[at], np.where(present, row, above))
            if self._present is None:
                self._present = np.ones(self.matrix.shape, np.bool_)
                self._measure()
        if self._present is not None:
            self._present[at] = True if present is None else present
        if at and time_ns <= self.times[at - 1]:
            self._ordered = False
        self.times[at] = time_ns
        self._segments[at] = segment
        self.rows = at + 1

    def replace_newest(self, row: I64, present: Present | None, segment: int) -> None:
        """The newest row came once more: its values of now count."""
        at = self.rows - 1
        if present is None:
            self.matrix[at] = row
        else:
            self.matrix[at][present] = row[present]
        if self._present is not None:
            self._present[at] |= True if present is None else present
        self._segments[at] = max(segment, int(self._segments[at]))

    def touches(self, start_ns: int, end_ns: int) -> bool:
        chosen = self._span(start_ns, end_ns)
        return chosen.stop > chosen.start if isinstance(chosen, slice) else len(chosen) > 0

    def _span(self, start_ns: int, end_ns: int) -> slice | I64:
        """Which rows are in [start, end)."""
        times = self.times[: self.rows]
        if self._ordered:
            first, last = np.searchsorted(times, (start_ns, max(start_ns, end_ns))).tolist()
            return slice(first, last)
        return np.flatnonzero((times >= start_ns) & (times < end_ns))

    def _grow(self) -> None:
        rows = min(max(2 * len(self.times), FIRST_ROWS), blocks.MAX_ROWS)
        more = rows - len(self.times)
        self.matrix = np.concatenate((self.matrix, np.empty((more, len(self._kinds)), np.int64)))
        self.times = np.concatenate((self.times, np.empty(more, np.int64)))
        self._segments = np.concatenate((self._segments, np.empty(more, np.int64)))
        if self._present is not None:
            added = np.ones((more, len(self._kinds)), np.bool_)
            self._present = np.concatenate((self._present, added))
        self._measure()

    def cells(self, columns: I64, start_ns: int, end_ns: int) -> Cells:
        """Copies, in the order of arrival."""
        chosen = self._span(start_ns, end_ns)
        present = None if self._present is None else self._present[chosen].T[columns]
        # Columns first: a slice of rows is a view, and only what is asked is copied.
        return Cells(
            times=self.times[chosen].copy(),
            patterns=self.matrix[chosen].T[columns],
            present=present,
            segments=self._segments[chosen].copy(),
            texts=tuple(self._texts),
        )

    def seal(self) -> Sealed:
        """Pack the rows (at least one) and begin anew in the same matrix."""
        count = self.rows
        times, matrix, segments = self.times[:count], self.matrix[:count], self._segments[:count]
        present = None if self._present is None else self._present[:count]
        if not self._ordered:
            order = np.argsort(times, kind="stable")
            times, matrix, segments = times[order], matrix[order], segments[order]
            present = None if present is None else present[order]
        packed = blocks.seal(matrix, self._kinds, present)
        sealed = Sealed(self._kinds, times, segments, packed, tuple(self._texts))
        if present is not None:
            sealed.mark_absent(present)
        if self._texts or self._known:
            self._known = {text: text for text in self._texts}
        self._begin()
        return sealed

    def shrink(self) -> None:
        """Give the matrix back while nothing arrives; only without rows."""
        self._reset(0)

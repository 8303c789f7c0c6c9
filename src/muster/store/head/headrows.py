"""All rows of one Cohort in the head, and the last value of each of its series.

Rows newer than all before them go to the open block; a row that is late goes to a second
one, so that order costs nothing where there is order. The newest row sent once more
replaces its cells at once, any other rewritten row is late: a reader takes the last of
equal times, and late blocks are read after the others.
"""

from operator import lt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from muster.model.metric import Block, Kind, Value, value_of
from muster.ports.head import Numbers
from muster.ports.series import I64, U64, Cohort
from muster.store.head.blocks import Present, Room
from muster.store.head.headblocks import Cells, Open, Sealed
from muster.store.head.headerase import Erasing, newest, without

NEVER = -(1 << 63)
FAR = (1 << 63) - 1

_MIX = np.uint64(0x9E3779B97F4A7C15)


class Piece(NamedTuple):
    """A sealed block to be read later, perhaps in another thread."""

    block: Sealed
    columns: I64


class CohortRows:
    """What the head holds of one Cohort.

    `gone_ns` is a time before which rows may have left.
    """

    __slots__ = (
        *("_carry", "_carry_texts", "_codes", "_last_ns", "_late", "_limit_now", "_open"),
        *("_sealed", "_sealed_late", "_seen", "_width"),
        *("born_ns", "cohort", "gone_ns", "limit", "touched"),
    )

    def __init__(self, cohort: Cohort, limit: int, first_limit: int = 0) -> None:
        self.cohort = cohort
        self.limit = limit  # rows at which an open block is sealed
        self._limit_now = first_limit or limit
        self.gone_ns = NEVER
        self.touched = 0.0  # monotonic time of the newest append
        self._last_ns = NEVER
        self._width = len(cohort.kinds)
        self._open = Open(cohort.kinds)
        self._late: Open | None = None  # until a row comes late
        self._sealed: list[Sealed] = []  # an hour's: few, of which the first leaves
        self._sealed_late: list[Sealed] = []
        self._carry = np.zeros(self._width, np.int64)  # last values while no row is open
        self._carry_texts: dict[int, str] = {}
        self._seen: I64 | None = None  # per column; None: all were in the newest row
        self._codes: tuple[U64, I64] | None = None

    def append(self, block: Block, segment: int) -> list[Sealed]:
        """Take the rows of a Block; what was sealed on the way."""
        times: list[int] = block.times.tolist()
        values = np.frombuffer(block.values, np.int64).reshape(len(times), self._width)
        present = None
        if block.present is not None:
            present = np.frombuffer(block.present, np.uint8).view(np.bool_)
            present = present.reshape(len(times), self._width)
        if present is None and self._is_plain(times):
            return self._extend(times, values, segment)
        sealed = []
        for at, time_ns in enumerate(times):
            marks = None if present is None else present[at]
            self._put(time_ns, values[at], marks, block.strings, segment)
            sealed += self._seal_full()
        return sealed

    def _is_plain(self, times: list[int]) -> bool:
        """Whether rows of numbers follow each other and what is there, as nearly always."""
        if self._open.string_columns or times[0] <= self._last_ns:
            return False
        return all(map(lt, times, times[1:]))

    def _extend(self, times: list[int], values: I64, segment: int) -> list[Sealed]:
        sealed: list[Sealed] = []
        self._seen, at = None, 0
        while at < len(times):
            end = at + max(1, self._limit_now - self._open.rows)
            self._open.extend(times[at:end], values[at:end], segment)
            self._last_ns, at = times[min(end, len(times)) - 1], end
            sealed += self._seal_full()
        return sealed

    def _put(
        self,
        time_ns: int,
        row: I64,
        present: Present | None,
        strings: tuple[str, ...],
        segment: int,
    ) -> None:
        rows = self._open
        if time_ns > self._last_ns:
            self._note_seen(time_ns, present)
            carry = self._carried() if present is not None and not rows.rows else self._carry
            rows.add(time_ns, rows.ids(row, present, strings), present, carry, segment)
            self._last_ns = time_ns
        elif rows.rows and time_ns == self._last_ns and rows.newest_segment == segment:
            self._note_seen(time_ns, present)
            rows.replace_newest(rows.ids(row, present, strings), present, segment)
        else:
            late = self._late = self._late or Open(self.cohort.kinds)
            late.add(time_ns, late.ids(row, present, strings), present, self._carry, segment)
            self._note_late(time_ns, row, present, strings)

    def _note_seen(self, time_ns: int, present: Present | None) -> None:
        if present is None:
            self._seen = None if time_ns > self._last_ns else self._seen
            if self._seen is not None:
                self._seen[:] = time_ns
            return
        if self._seen is None:
            self._seen = np.full(self._width, self._last_ns)
        self._seen[present] = time_ns

    def _note_late(
        self, time_ns: int, row: I64, present: Present | None, strings: tuple[str, ...]
    ) -> None:
        """A late row may still be the newest of a series that the rows after it lack."""
        if self._seen is None and time_ns < self._last_ns:
            return
        newer = self.seen <= time_ns
        if present is not None:
            newer &= present
        for column in np.flatnonzero(newer).tolist():
            if self._seen is not None:
                self._seen[column] = time_ns
            self._set_last(column, int(row[column]), strings)

    def _set_last(self, column: int, pattern: int, strings: tuple[str, ...]) -> None:
        text = strings[pattern] if self.cohort.kinds[column] == Kind.STRING else None
        if self._open.rows:  # the newest row lacks this series, so its cell is free
            value = pattern if text is None else self._open.id_of(text)
            self._open.newest[column] = value
        else:
            self._carry[column] = pattern
            if text is not None:
                self._carry_texts[column] = text

    def _carried(self) -> I64:
        """The last values as a row of the open block, whose table of strings is new."""
        for column, text in self._carry_texts.items():
            self._carry[column] = self._open.id_of(text)
        return self._carry

    def _seal_full(self) -> list[Sealed]:
        sealed = []
        if self._open.rows >= self._limit_now:
            sealed.append(self._seal_open())
            self._limit_now = self.limit
        if self._late is not None and self._late.rows >= self.limit:
            sealed.append(self._seal_late(self._late))
        return sealed

    def hold_to(self, limit: int) -> None:
        """Blocks of no more rows from now on, where it is less than before the open one too."""
        if limit < self.limit:
            self._limit_now = min(self._limit_now, limit)
        self.limit = limit

    def flush(self) -> list[Sealed]:
        """Seal what is open and give its memory back: nothing has come for a while."""
        sealed = []
        if self._open.rows:
            sealed.append(self._seal_open())
        if self._late is not None and self._late.rows:
            sealed.append(self._seal_late(self._late))
        self._late = None
        return sealed

    def _seal_open(self) -> Sealed:
        self._carry = self._open.newest.copy()
        for column in np.flatnonzero(self.cohort.kinds == Kind.STRING).tolist():
            if self.seen[column] > NEVER:
                self._carry_texts[column] = self._open.text_of(int(self._carry[column]))
        self._sealed.append(self._open.seal())
        return self._sealed[-1]

    def _seal_late(self, late: Open) -> Sealed:
        self._sealed_late.append(late.seal())
        return self._sealed_late[-1]

    def drop(self, block: Sealed) -> None:
        """Forget the oldest block of its kind; from now on older rows are the engine's."""
        for kept in (self._sealed, self._sealed_late):
            if kept and kept[0] is block:
                del kept[0]
        self.gone_ns = max(self.gone_ns, block.last_ns + 1)

    def erase(self, columns: I64, erasing: Erasing) -> dict[Sealed, Sealed | None]:
        """Take cells out of all blocks, after `flush`; what is in place of which block now."""
        replaced: dict[Sealed, Sealed | None] = {}
        for name in ("_sealed", "_sealed_late"):
            kept: list[Sealed] = []
            for block in getattr(self, name):
                touched = block.first_ns < erasing.end_ns and block.last_ns >= erasing.start_ns
                left = without(block, self.cohort.kinds, columns, erasing) if touched else block
                if left is not block:
                    replaced[block] = left
                if left is not None:
                    kept.append(left)
            setattr(self, name, kept)
        self._forget_last(columns, erasing)
        return replaced

    def _forget_last(self, columns: I64, erasing: Erasing) -> None:
        """Where the last value is gone, the one before it is the last, if it is in memory."""
        seen = self.seen.copy()
        gone = columns[(seen[columns] >= erasing.start_ns) & (seen[columns] < erasing.end_ns)]
        if not len(gone):
            return
        found = newest((*self._sealed, *self._sealed_late), gone)
        seen[gone] = found.times
        self._seen = seen
        self._carry = self._carry.copy()
        self._carry[gone] = found.patterns
        for column, text, time_ns in zip(
            gone.tolist(), found.texts, found.times.tolist(), strict=True
        ):
            self._carry_texts.pop(column, None)
            if self.cohort.kinds[column] == Kind.STRING and time_ns > NEVER:
                self._carry_texts[column] = text

    @property
    def is_empty(self) -> bool:
        """Whether only the last values are left."""
        late = self._late is not None and self._late.rows
        return not (self._open.rows or late or self._sealed or self._sealed_late)

    @property
    def open_bytes(self) -> int:
        return self._open.size_bytes + (self._late.size_bytes if self._late is not None else 0)

    @property
    def seen(self) -> I64:
        """Time of the last value of each series; NEVER for none."""
        return np.full(self._width, self._last_ns) if self._seen is None else self._seen

    def last_patterns(self) -> I64:
        """The last value of each series; strings only through `last_values`."""
        return self._open.newest if self._open.rows else self._carry

    def last_values(self, columns: I64) -> list[tuple[int, Value] | None]:
        """Time and value of the newest row of each series; None when it never had one."""
        patterns = self.last_patterns()[columns]
        integers, floats = patterns.tolist(), patterns.view(np.float64).tolist()
        kinds = self.cohort.kinds[columns].tolist()
        all_seen = [self._last_ns] * len(kinds) if self._seen is None else None
        seen = all_seen or self.seen[columns].tolist()
        found: list[tuple[int, Value] | None] = []
        for place, (kind, time_ns) in enumerate(zip(kinds, seen, strict=True)):
            if time_ns == NEVER:
                found.append(None)
            elif kind == Kind.FLOAT:
                found.append((time_ns, floats[place]))
            elif kind == Kind.INTEGER:
                found.append((time_ns, integers[place]))
            elif kind == Kind.STRING:
                found.append((time_ns, self._last_text(int(columns[place]), integers[place])))
            else:
                found.append((time_ns, value_of(integers[place], Kind(kind))))
        return found

    def newest_cells(self, columns: I64) -> tuple[int, bytes] | None:
        """The same of an open row that has them all, as patterns, where they are finite numbers."""
        if self._seen is not None or not self._open.rows:
            return None
        cells = self._open.newest_cells(columns)
        return None if cells is None else (self._last_ns, cells)

    def _last_text(self, column: int, pattern: int) -> str:
        return self._open.text_of(pattern) if self._open.rows else self._carry_texts[column]

    def columns_of(self, codes: U64) -> I64:
        """Column of each series by its code, -1 for none."""
        if self._codes is None:
            cohort = self.cohort
            own = codes_of(cohort.tags, cohort.fields, cohort.kinds)
            order = np.argsort(own)
            self._codes = own[order], order
        ordered, order = self._codes
        places = np.searchsorted(ordered, codes)
        places[places == len(ordered)] = 0
        return np.where(ordered[places] == codes, order[places], -1)

    def has_rows(self, start_ns: int, end_ns: int) -> bool:
        return bool(self._blocks_in(start_ns, end_ns))

    def pieces(self, columns: I64, start_ns: int, end_ns: int) -> list[Piece | Cells]:
        """Rows of a range in order of arrival, as far as time tells; what is open, copied."""
        found: list[Piece | Cells] = []
        for block in self._blocks_in(start_ns, end_ns):
            if isinstance(block, Sealed):
                found.append(Piece(block, columns))
            else:
                found.append(block.cells(columns, start_ns, end_ns))
        return found

    def matrix(
        self, columns: I64, span: tuple[int, int], most: int, kind: np.dtype[Any], room: Room
    ) -> Numbers | None:
        """Times and numbers [column, row] of a range, and whether NaN or infinite ones are there.

        None where a row is late, a cell absent, a distance another, and of more than `most` cells.
        """
        if (self._sealed_late or self._late is not None) and self._has_late(*span):
            return None
        return self._open.behind(self._sealed, columns, span, most, kind, room)

    def _has_late(self, start_ns: int, end_ns: int) -> bool:
        late: list[Sealed | Open] = [*self._sealed_late]
        if self._late is not None:
            late.append(self._late)
        return any(block.touches(start_ns, end_ns) for block in late)

    def newest_row(self, columns: I64, start_ns: int, end_ns: int) -> tuple[int, I64] | None:
        """Time and patterns of the newest row in [start, end), where an open one is known to be."""
        found = self._open.newest_row(columns, start_ns, end_ns)
        return None if found is None or self._has_late(found[0], end_ns) else found

    def unstored(
        self, columns: I64, start_ns: int, end_ns: int, stored: int
    ) -> list[Piece | Cells]:
        """Like `pieces`, without blocks whose segments are all stored."""
        if not any(block.segment > stored for block in self._blocks_in(start_ns, end_ns)):
            return []
        return self.pieces(columns, start_ns, end_ns)

    def _blocks_in(self, start_ns: int, end_ns: int) -> list[Sealed | Open]:
        """Blocks with rows in a range: those in order first, ascending; then the late ones."""
        found: list[Sealed | Open] = []
        if self._open.touches(start_ns, end_ns):
            found.append(self._open)
        for block in reversed(self._sealed):
            if block.last_ns < start_ns:
                break
            if block.first_ns < end_ns:
                found.append(block)
        found.reverse()
        late = self._sealed_late
        found += [one for one in late if one.touches(start_ns, end_ns)]
        if self._late is not None and self._late.touches(start_ns, end_ns):
            found.append(self._late)
        return found


def codes_of(tags: U64, fields: U64, kinds: NDArray[np.uint8]) -> U64:
    """One 64-bit number per series of a node, equal for equal series."""
    turned = (fields << np.uint64(31)) | (fields >> np.uint64(33))
    return (tags ^ (turned * _MIX)) + kinds.astype(np.uint64)

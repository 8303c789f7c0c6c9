"""A journal segment read back as long columns: what the writer puts into the engine.

The same code reads a segment that was just written and one of before a crash, and cuts it
at the same places: a part's token stands for exactly its rows. Format: docs/formats/journal.md
"""

import logging
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from muster.errors import ProtocolError
from muster.model.ids import NodeId
from muster.model.metric import Kind
from muster.ports.series import I64, U64, Rows
from muster.store.catalogue.cataloguefile import Newest
from muster.store.catalogue.names import field_text, hash_of, tags_text
from muster.store.journal import segment
from muster.store.journal.segment import StoredBlock
from muster.store.journal.tail import SegmentFile

log = logging.getLogger(__name__)

# See docs/formats/journal.md before changing these.
PART_VALUES = 1 << 20
# In segments of many cohorts, by their version: a large fleet's hub has little to spare.
SMALL_PART_VALUES = {1: PART_VALUES, 2: 1 << 18, 3: 1 << 17}
MANY_COHORTS = 1_000

_ROOM = 1 << 16  # of a column at first; it doubles
_LONG_AGO = np.iinfo(np.int64).min

Number = TypeVar("Number", np.int64, np.uint64)


class Part(NamedTuple):
    """Rows of some batches. `rewrites`: a time of a series may be in the engine already."""

    token: str
    rows: dict[Kind, Rows]
    rewrites: bool
    values: int


class Summary(NamedTuple):
    """What a whole segment held."""

    sequences: dict[tuple[NodeId, str], int]
    newest: Newest
    values: int
    damaged: int
    nameless: int  # blocks whose cohort record is lost


class _Columns(NamedTuple):
    """A cohort's columns, by Kind."""

    node: NodeId
    measurements: frozenset[str]
    width: int
    # kind, which, tags (of each column, or one of all), fields
    kinds: list[tuple[Kind, NDArray[np.intp] | slice, U64, U64]]
    slots: NDArray[np.intp]  # of its fields in `ReadBack._newest`


class ReadBack:
    """Reads segments one after the other, and remembers what of a node is newest."""

    def __init__(self, newest: Newest) -> None:
        self._before = newest  # what was in the engine at the start
        self._columns: dict[int, _Columns] = {}
        # What cohorts of a segment have in common.
        self._fields: dict[bytes, U64] = {}
        self._measurements: dict[frozenset[str], frozenset[str]] = {}
        self._hashes: dict[tuple[int, str, str], int] = {}
        self._slots: dict[tuple[NodeId, int], int] = {}
        self._newest: I64 = np.zeros(0, np.int64)

    def read(self, file: SegmentFile) -> "Segment":
        return Segment(file, self)

    def columns(self, key: int) -> _Columns | None:
        return self._columns.get(key)

    def learn(self, payload: memoryview) -> None:
        """Take in a cohort record."""
        key = segment.cohort_key(payload)
        if key in self._columns:
            return
        names = segment.parse_names(payload)
        tags = [hash_of(tags_text(one), salt) for salt, one in names.tagsets]
        fields = [self._hash_of(*one) for one in names.fields]
        table = np.array(list(segment.COLUMN.iter_unpack(names.columns)), np.int64).reshape(-1, 3)
        by_tags = np.array(tags, np.uint64)[table[:, 0]]
        by_field = np.array(fields, np.uint64)[table[:, 1]]
        kinds: list[tuple[Kind, NDArray[np.intp] | slice, U64, U64]] = []
        for kind in Kind:
            which = np.flatnonzero(table[:, 2] == kind)
            if len(which):
                mine, own = by_tags[which], self._shared_array(by_field[which])
                if (mine == mine[0]).all():
                    mine = mine[:1].copy()  # one tag set, as that of an agent's own series
                kinds.append((kind, _compact(which), mine, own))
        slots = [
            self._slot(names.node, name[1], field)
            for name, field in zip(names.fields, fields, strict=True)
        ]
        measurements = frozenset(name[1] for name in names.fields)
        self._columns[key] = _Columns(
            names.node,
            self._measurements.setdefault(measurements, measurements),
            len(table),
            kinds,
            np.array(slots, np.intp),
        )

    def _hash_of(self, salt: int, measurement: str, field: str) -> int:
        """Of a field; the nodes of one layout have the same."""
        key = salt, measurement, field
        known = self._hashes.get(key)
        if known is None:
            known = self._hashes[key] = hash_of(field_text(measurement, field), salt)
        return known

    def _shared_array(self, fields: U64) -> U64:
        """One array for all nodes of the same layout."""
        return self._fields.setdefault(fields.tobytes(), fields)

    def forget_but(self, keys: set[int]) -> None:
        """Keep only the cohorts of the last segment."""
        # Those that are used stay with their cohorts.
        self._fields, self._measurements, self._hashes = {}, {}, {}
        self._columns = {key: self._columns[key] for key in keys if key in self._columns}

    def is_rewrite(self, columns: _Columns, oldest: int, newest: int) -> bool:
        """Whether a time may be there already. Remembers the newest."""
        if not len(columns.slots):
            return False
        known = self._newest[columns.slots]
        before = int(known.max())
        self._newest[columns.slots] = newest if newest > before else np.maximum(known, newest)
        return oldest <= before

    def _slot(self, node: NodeId, measurement: str, field: int) -> int:
        slot = self._slots.setdefault((node, field), len(self._slots))
        if slot == len(self._newest):
            self._newest = np.concatenate((self._newest, np.zeros(max(1024, slot), np.int64)))
        if slot == len(self._slots) - 1:
            self._newest[slot] = max(
                self._newest[slot], self._before.get((node, measurement), _LONG_AGO)
            )
        return slot


class Segment:
    """One segment: `parts` once, then `summary`."""

    def __init__(self, file: SegmentFile, back: ReadBack) -> None:
        self._file = file
        self._back = back
        self._sequences: dict[tuple[NodeId, str], int] = {}
        self._newest: dict[int, int] = {}  # cohort -> time
        self._values = 0
        self._damaged = 0
        self._nameless = 0

    @property
    def summary(self) -> Summary:
        newest: Newest = {}
        for cohort, time_ns in self._newest.items():
            columns = self._back.columns(cohort)
            if columns is not None:
                for measurement in columns.measurements:
                    key = (columns.node, measurement)
                    newest[key] = max(time_ns, newest.get(key, time_ns))
        return Summary(self._sequences, newest, self._values, self._damaged, self._nameless)

    def parts(self) -> Iterator[Part]:
        """Errors: OSError when the file can't be read."""
        with self._file.path.open("rb") as opened:
            # Not mapped: a sector that can't be read would end the process with SIGBUS.
            data = opened.read(self._file.end)
        reading = segment.read(data, self._file.sync, self._file.end)
        self._damaged = reading.damaged
        cohorts = reading.records.count(segment.COHORT)
        yield from self._parts(reading, _part_values(data, cohorts))

    def _parts(self, reading: segment.Reading, part_values: int) -> Iterator[Part]:
        for record in reading.records.of(segment.COHORT):
            self._back.learn(record.payload)
        used: set[int] = set()
        number = 0
        builder = _Builder(self._back)
        for record in reading.records.of(segment.ROWS):
            self._add(record.payload, builder, used)
            if builder.values >= part_values:
                yield self._cut(builder, number)
                builder, number = _Builder(self._back), number + 1
        if builder.values:
            yield self._cut(builder, number)
        self._back.forget_but(used)

    def _add(self, payload: memoryview, builder: "_Builder", used: set[int]) -> None:
        try:
            head = segment.parse_head(payload)
            blocks = segment.parse_blocks(payload, head)
        except ProtocolError:  # a good checksum over another version's record
            self._damaged += 1
            return
        source = (head.node, head.epoch)
        self._sequences[source] = max(head.sequence, self._sequences.get(source, 0))
        for block in blocks:
            columns = self._back.columns(block.cohort)
            if columns is None or columns.width * block.rows * 8 != len(block.values):
                self._nameless += 1
                continue
            used.add(block.cohort)
            newest = builder.add(columns, block)
            if newest is not None:
                self._newest[block.cohort] = max(newest, self._newest.get(block.cohort, newest))

    def _cut(self, builder: "_Builder", number: int) -> Part:
        self._values += builder.values
        return Part(
            f"{self._file.token}:{number}", builder.rows(), builder.rewrites, builder.values
        )


class _Lines:
    """One Kind's columns, each one array that is filled from its beginning.

    Of ten thousand nodes the pieces would be a hundred thousand small arrays, between which the
    memory that outlives them would lie.
    """

    def __init__(self) -> None:
        self.tags = np.empty(_ROOM, np.uint64)
        self.fields = np.empty(_ROOM, np.uint64)
        self.times = np.empty(_ROOM, np.int64)
        self.patterns = np.empty(_ROOM, np.int64)
        self.texts: list[str] = []
        self.used = 0

    def take(self, count: int) -> slice:
        """The places of so many rows more."""
        first, self.used = self.used, self.used + count
        if self.used > len(self.times):
            room = max(self.used, 2 * len(self.times))
            self.tags, self.fields = _grown(self.tags, room), _grown(self.fields, room)
            self.times, self.patterns = _grown(self.times, room), _grown(self.patterns, room)
        return slice(first, self.used)

    def rows(self, kind: Kind) -> Rows:
        used = slice(self.used)
        texts = self.texts if kind is Kind.STRING else None
        columns = self.tags[used], self.fields[used], self.times[used], self.patterns[used]
        return Rows(*columns, texts)


class _Builder:
    """Turns blocks into long columns without looking at single values."""

    def __init__(self, back: ReadBack) -> None:
        self._back = back
        self._lines: dict[Kind, _Lines] = {}
        self.rewrites = False
        self.values = 0

    def add(self, columns: _Columns, block: StoredBlock) -> int | None:
        """Take a block in; its newest time."""
        times = np.frombuffer(block.times, np.int64)
        if not len(times):
            return None
        oldest, newest = int(times[0]), int(times[-1])
        is_rising = bool((times[1:] > times[:-1]).all())
        if not is_rising:
            oldest, newest = int(times.min()), int(times.max())
        self.rewrites |= self._back.is_rewrite(columns, oldest, newest) or not is_rising
        values = np.frombuffer(block.values, np.int64).reshape(block.rows, columns.width)
        present = None
        if block.present is not None:
            present = np.frombuffer(block.present, np.bool_).reshape(values.shape)
        for kind, which, tags, fields in columns.kinds:
            lines = self._lines.get(kind) or self._lines.setdefault(kind, _Lines())
            some = values[:, which]
            shown = None if present is None else present[:, which]
            count = some.size if shown is None else int(np.count_nonzero(shown))
            place = lines.take(count)
            put = (lines.patterns, some), (lines.times, times[:, None])
            for column, each in (*put, (lines.tags, tags), (lines.fields, fields)):
                if shown is None:
                    column[place].reshape(some.shape)[...] = each
                else:
                    column[place] = np.broadcast_to(each, some.shape)[shown]
            if kind is Kind.STRING:
                lines.texts += _texts(block.strings, lines.patterns[place])
            self.values += count
        return newest

    def rows(self) -> dict[Kind, Rows]:
        return {kind: lines.rows(kind) for kind, lines in self._lines.items()}


def _part_values(data: bytes, cohorts: int) -> int:
    """With how many values a part of this segment is cut off."""
    try:
        version = segment.parse_header(data).version
    except ProtocolError:  # it was whole at the start, or was just written
        version = segment.VERSION
    return SMALL_PART_VALUES[version] if cohorts >= MANY_COHORTS else PART_VALUES


def _grown(column: NDArray[Number], room: int) -> NDArray[Number]:
    grown = np.empty(room, column.dtype)
    grown[: len(column)] = column
    return grown


def _compact(which: NDArray[np.intp]) -> NDArray[np.intp] | slice:
    """A slice where the columns lie side by side: it copies once instead of gathering."""
    first, last = int(which[0]), int(which[-1])
    return slice(first, last + 1) if last - first + 1 == len(which) else which


def _texts(strings: tuple[str, ...], patterns: I64) -> list[str]:
    """The texts of a column; a wrong index must not stop all that follows."""
    return [strings[at] if 0 <= at < len(strings) else "" for at in patterns.tolist()]

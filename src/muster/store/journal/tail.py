"""The segment that is being written: where the journal's commit thread puts its bytes.

Owns the files' numbers and names. Calls block; OSError goes to the caller, who then ends the
segment: what failed may be on disk in part, so nothing may follow it there.
"""

import logging
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from muster.errors import LimitExceeded
from muster.model.ids import NodeId
from muster.model.metric import Block, Tags
from muster.ports.series import Cohort
from muster.store.journal import segment
from muster.store.journal.segmentdisk import Buffer, Disk

log = logging.getLogger(__name__)

Source = tuple[NodeId, str, int]  # node, epoch, sequence
_SPARE_FILES = 2
_COPIES = 2  # of a cohort's names in one segment


class SegmentFile(NamedTuple):
    """A segment that is over and waits for the writer."""

    number: int
    path: Path
    token: str  # names this life of the file, to the engine
    sync: int
    end: int


class Tail:
    """Writes batches into numbered segments. Not safe for threads: it has one owner."""

    def __init__(self, *, folder: Path, hub: str, segment_bytes: int, disk: Disk) -> None:
        self._folder = folder
        self._hub = hub
        self.segment_bytes = segment_bytes
        self._disk = disk
        self._fd = -1
        self._file = SegmentFile(0, folder, "", 0, 0)
        self._next_number = 1
        self._previous_end = 0
        self._copies: dict[int, int] = {}  # cohort number -> copies of its names here
        self._names: dict[int, tuple[int, bytes]] = {}  # cohort number -> (key, payload)

    def adopt(self, next_number: int, previous_end: int) -> None:
        """Go on behind what recovery found."""
        self._next_number = next_number
        self._previous_end = previous_end

    @property
    def file(self) -> SegmentFile:
        """The open segment; its `end` is 0 when none is open."""
        return self._file

    def free_bytes(self) -> int:
        return self._disk.free_bytes(self._folder)

    def prepare(self, reserve_bytes: int) -> None:
        """Make the next segment's file, where there is room. What fails is told with a write."""
        try:
            if self.free_bytes() - self.segment_bytes >= reserve_bytes:
                self._free_file(self._next_number)
        except OSError as error:
            log.debug("no file is ready ahead", extra={"error": str(error)})

    def write(self, batches: Sequence[tuple[Source, Sequence[tuple[Cohort, Block]]]]) -> int:
        """Write and sync as many batches as the segment takes; how many. 0: it is full.

        Errors: LimitExceeded when the first of them fits into no segment; none is written.
        """
        if self._fd < 0:
            self._begin()
        start = end = self._file.end
        parts: list[Buffer] = []
        copies: dict[int, int] = {}
        count = 0
        for source, blocks in batches:
            more = self._encode(source, blocks, copies)
            size = sum(len(part) for part in more)
            if end + size > self.segment_bytes:
                break
            parts += more
            end, count = end + size, count + 1
        if count == 0 and start == segment.DATA_START:
            text = "a batch and its names are larger than a journal segment"
            raise LimitExceeded(text, too_large=True)
        if count:
            self._disk.write(self._fd, parts, start)
            self._disk.sync(self._fd)
            self._file = self._file._replace(end=end)
            self._copies |= copies
        return count

    def end(self) -> SegmentFile | None:
        """Close the segment; None when none is open."""
        if self._fd < 0:
            return None
        over = self._file
        fd, self._fd = self._fd, -1
        self._previous_end = over.end
        self._file = over._replace(end=0)
        self._disk.close(fd)
        return over

    def _encode(
        self, source: Source, blocks: Sequence[tuple[Cohort, Block]], copies: dict[int, int]
    ) -> list[Buffer]:
        parts: list[Buffer] = []
        keyed = []
        for cohort, block in blocks:
            key, payload = self._named(cohort)
            seen = copies.get(cohort.number, self._copies.get(cohort.number, 0))
            if seen < _COPIES:
                parts += self._record(segment.COHORT, [payload])
                copies[cohort.number] = seen + 1
            keyed.append((key, block))
        return parts + self._record(segment.ROWS, segment.format_rows(source, keyed))

    def _named(self, cohort: Cohort) -> tuple[int, bytes]:
        if cohort.number not in self._names:
            payload = segment.format_names(names_of(cohort))
            self._names[cohort.number] = (segment.cohort_key(payload), payload)
        return self._names[cohort.number]

    def _record(self, kind: int, parts: Sequence[Buffer]) -> list[Buffer]:
        return segment.format_record(self._file.sync, self._file.end, kind, parts)

    def _begin(self) -> None:
        number, sync = self._next_number, secrets.randbits(64)
        path = self._folder / f"{number:020}.segment"
        free = self._free_file(number)
        fd = self._disk.open(free)
        try:
            header = segment.Header(self._hub, number, sync, self._previous_end)
            self._disk.write(fd, [segment.format_header(header)], 0)
            self._disk.sync(fd)
            self._disk.rename(free, path)
        except OSError:
            self._disk.close(fd)
            raise
        self._next_number += 1
        self._fd = fd
        token = segment.token(self._hub, number, sync)
        self._file = SegmentFile(number, path, token, sync, segment.DATA_START)
        # Names are kept as long as each segment needs them.
        self._names = {one: self._names[one] for one in self._copies if one in self._names}
        self._copies = {}

    def _free_file(self, number: int) -> Path:
        free = next(iter(sorted(self._folder.glob("free-*"))), None)
        if free is None:
            free = self._folder / f"free-{number}"
            try:
                self._disk.create(free, self.segment_bytes)
            except OSError:
                free.unlink(missing_ok=True)
                raise
        return free


def names_of(cohort: Cohort) -> segment.Names:
    """A cohort as its record tells it."""
    tagsets: dict[Tags, int] = {}
    fields: dict[tuple[str, str], int] = {}
    columns = bytearray()
    salted_tags: list[tuple[int, Tags]] = []
    salted_fields: list[tuple[int, str, str]] = []
    for at, series in enumerate(cohort.layout.series):
        name = (series.measurement, series.field)
        if series.tags not in tagsets:
            tagsets[series.tags] = len(tagsets)
            salted_tags.append((cohort.salts.get(int(cohort.tags[at]), 0), series.tags))
        if name not in fields:
            fields[name] = len(fields)
            salted_fields.append((cohort.salts.get(int(cohort.fields[at]), 0), *name))
        columns += segment.COLUMN.pack(tagsets[series.tags], fields[name], series.kind)
    return segment.Names(cohort.node, salted_tags, salted_fields, bytes(columns))


def recycle(path: Path, segment_bytes: int) -> None:
    """Keep a stored segment's file for later, or remove it when there are enough."""
    spare = len(list(path.parent.glob("free-*")))
    if spare < _SPARE_FILES and path.stat().st_size == segment_bytes:
        path.rename(path.with_name(f"free-{path.stem}"))
    else:
        path.unlink()

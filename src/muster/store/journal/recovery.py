"""What the journal holds after a start: unstored segments, their names and sequences.

Reads every segment once. What can't count is blotted out in the file, so that the writer,
and every later start, comes to the same rows. Rules: docs/formats/journal.md, "Reading".
"""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from muster.errors import ProtocolError
from muster.model.ids import NodeId
from muster.model.metric import Kind, Series
from muster.store.journal import segment
from muster.store.journal.journal import Sequences
from muster.store.journal.segmentdisk import Disk
from muster.store.journal.tail import SegmentFile, recycle

log = logging.getLogger(__name__)

Named = tuple[Series, int, int]  # with the salts of its tags and its field
Learn = Callable[[Sequence[Named]], None]


class Recovered(NamedTuple):
    """For Journal.adopt, and for the log."""

    segments: list[SegmentFile]
    sequences: Sequences
    next_number: int
    batches: int
    damaged: int  # places where something was skipped
    refused: int  # batches of the tail that could have hidden a gap
    newest: dict[NodeId, int]  # time of a node's rows


def recover(
    *, folder: Path, hub: str, stored: int, sequences: Sequences, segment_bytes: int, learn: Learn
) -> Recovered:
    """Read the journal. Blocks.

    Shapes: `stored` is the newest segment in the engine, `sequences` what came with it.
    Errors: OSError when the folder can't be read.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = {int(path.stem): path for path in sorted(folder.glob("*.segment"))}
    newest = dict(sequences)
    segments: list[SegmentFile] = []
    times: dict[NodeId, int] = {}
    batches = damaged = refused = 0
    names = _Names(learn)
    headers = {number: _header(path) for number, path in files.items()}
    for number, path in files.items():
        header = headers[number]
        if number <= stored:
            recycle(path, segment_bytes)
            continue
        if header is None:
            damaged += 1
            _set_aside(path)
            continue
        following = headers.get(number + 1)
        known_end = following.previous_end if following is not None else 0
        try:
            found = _Scan(path, header, known_end or None, newest, times, names)
        except OSError as error:
            log.exception("journal segment can't be read", extra={"error": str(error)})
            damaged += 1
            _set_aside(path)
            continue
        segments.append(found.file(hub))
        batches += found.batches
        damaged += found.damaged
        refused += found.refused
    for path in folder.glob("free-*"):
        if path.stat().st_size != segment_bytes:
            path.unlink()
    recovered = Recovered(
        segments, newest, max([stored, *files], default=0) + 1, batches, damaged, refused, times
    )
    _report(recovered)
    return recovered


class _Scan:
    """One segment: its names are learnt, its sequences taken, its refused batches blotted out."""

    def __init__(
        self,
        path: Path,
        header: segment.Header,
        end: int | None,
        newest: Sequences,
        times: dict[NodeId, int],
        names: "_Names",
    ) -> None:
        self._path = path
        self._header = header
        self._end = segment.DATA_START
        self._times = times
        self.batches = 0
        self.refused = 0
        blots = []
        reading = segment.read(path.read_bytes(), header.sync, end)
        self.damaged = reading.damaged
        for record in reading.records:
            if self._take(record, newest, names):
                self._end = record.offset + segment.record_bytes(len(record.payload))
            else:
                blots.append(record.offset)
        if blots:
            _blot(path, blots)

    def file(self, hub: str) -> SegmentFile:
        number, sync = self._header.number, self._header.sync
        return SegmentFile(number, self._path, segment.token(hub, number, sync), sync, self._end)

    def _take(self, record: segment.Record, newest: Sequences, names: "_Names") -> bool:
        try:
            if record.kind == segment.COHORT:
                names.take(record.payload)
                return True
            head = segment.parse_head(record.payload)
        except ProtocolError:
            self.refused += 1
            return False
        key = (head.node, head.epoch)
        if record.doubtful and head.sequence != newest.get(key, 0) + 1:
            self.refused += 1
            return False
        newest[key] = max(head.sequence, newest.get(key, 0))
        self.batches += 1
        self._note_times(record.payload, head)
        return True

    def _note_times(self, payload: memoryview, head: segment.RowsHead) -> None:
        try:
            blocks = segment.parse_blocks(payload, head)
        except ProtocolError:
            return  # the writer will not read it either, and counts it
        for block in blocks:
            if block.rows:
                newest = int(np.frombuffer(block.times, np.int64).max())
                self._times[head.node] = max(newest, self._times.get(head.node, newest))


class _Names:
    """Hands the series of cohort records on, each record once.

    Every segment names its cohorts anew, and twice: most records have been read before.
    """

    def __init__(self, learn: Learn) -> None:
        self._learn = learn
        self._seen: set[int] = set()

    def take(self, payload: memoryview) -> None:
        """Errors: ProtocolError when it is no cohort record."""
        key = segment.cohort_key(payload)
        if key not in self._seen:
            learn_names(segment.parse_names(payload), self._learn)
            self._seen.add(key)


def learn_names(names: segment.Names, learn: Learn) -> None:
    """Hand the series of a cohort record on."""
    found: list[Named] = []
    for tagset, field, kind in segment.COLUMN.iter_unpack(names.columns):
        tags_salt, tags = names.tagsets[tagset]
        field_salt, measurement, name = names.fields[field]
        found.append((Series(measurement, tags, name, Kind(kind)), tags_salt, field_salt))
    learn(found)


def _header(path: Path) -> segment.Header | None:
    try:
        with path.open("rb") as file:
            return segment.parse_header(file.read(segment.DATA_START))
    except (ProtocolError, OSError):
        return None


def _set_aside(path: Path) -> None:
    """Keep a segment that can't be read for whoever wants to look; it is not read again."""
    path.rename(path.with_suffix(".damaged"))
    log.error("journal segment is set aside", extra={"path": str(path)})


def _blot(path: Path, offsets: list[int]) -> None:
    disk = Disk()
    fd = disk.open(path)
    try:
        for offset in offsets:
            disk.write(fd, [bytes(segment.RECORD_HEAD)], offset)
        disk.sync(fd)
    finally:
        disk.close(fd)


def _report(found: Recovered) -> None:
    fields = {
        "segments": len(found.segments),
        "batches": found.batches,
        "damaged": found.damaged,
        "refused": found.refused,
    }
    if found.damaged or found.refused:
        log.warning("journal was damaged; all that is whole was kept", extra=fields)
    else:
        log.info("journal read", extra=fields)

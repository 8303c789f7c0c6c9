"""Reading the spool in order of sequence, always from a key frame on.

A gap in the sequence is met only before a key frame: where the oldest segment had to go, or
where the disk gave back damage.
"""

import os

from muster.agent.spool.buffer import Spool
from muster.agent.spool.segment import (
    HEADER,
    MAX_BODY_BYTES,
    PREFIX_BYTES,
    RECORD,
    Record,
    Segment,
    parse_record,
)


class Cursor:
    """A place in the spool. Close it: it holds a file open."""

    def __init__(self, spool: Spool, sequence: int) -> None:
        self._spool = spool
        self._segment: Segment | None = None
        self._file = -1
        self._offset = 0
        self._values = 0  # read in this segment
        self.sequence = sequence  # next to be read

    def next(self) -> Record | None:
        """The next batch; None when there is no more for now."""
        while (segment := self._find()) is not None:
            record = self._read(segment)
            if record is not None:
                self.sequence = record.sequence + 1
                self._offset += record.size
                self._values += record.values
                return record
            self._spool.damaged(segment, self.sequence)
            self.sequence = segment.last + 1
        return None

    def drop_chain(self) -> None:
        """Give up the batch read last and what depends on it."""
        if self._segment is not None:
            self._spool.damaged(self._segment, self.sequence - 1)
            self.sequence = self._segment.last + 1

    @property
    def unsent(self) -> int:
        """Values in the spool behind this place."""
        done = self._segment.values_before + self._values if self._segment else 0
        return max(0, self._spool.values_total - done)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _find(self) -> Segment | None:
        """The segment that holds `sequence`; a new one is entered at its key frame."""
        if self._segment and not self._segment.gone and self.sequence <= self._segment.last:
            return self._segment
        segment = self._spool.segment_of(self.sequence)
        if segment is not None and segment is not self._segment:
            self.close()
            self._segment = segment
            self._offset = HEADER.size
            self._values = 0
            self.sequence = segment.first
        return segment

    def _read(self, segment: Segment) -> Record | None:
        newest = self._spool.newest
        if newest is not None and newest.sequence == self.sequence:
            return newest
        waiting = self.sequence - segment.last + len(segment.pending) - 1
        if waiting >= 0:
            return segment.pending[waiting]
        try:
            if self._file < 0:
                self._file = os.open(segment.path, os.O_RDONLY | os.O_CLOEXEC)
            prefix = os.pread(self._file, PREFIX_BYTES, self._offset)
            if len(prefix) < PREFIX_BYTES:
                return None
            length = min(RECORD.unpack_from(prefix)[0], MAX_BODY_BYTES)
            data = os.pread(self._file, PREFIX_BYTES + length, self._offset)
        except OSError:
            return None  # an unreadable disk is damage like any other
        return parse_record(data, 0, self.sequence)

"""The spool: every batch is on disk before it is sent, and stays until it is acknowledged.

Rules:
1. Batches are numbered from 1 within one epoch. A segment starts with a key frame, and every
   start of the agent goes on in a new segment.
2. A whole segment goes once all of it is acknowledged, or, as the oldest, when the spool is
   full; the latter is counted as lost. The open segment stays.
3. A disk that refuses a write costs nothing at once: batches wait in a bounded memory and
   are written when it accepts them again.
4. What the hub has not acknowledged for some seconds is synced. A killed agent loses
   nothing; a machine that loses power may lose the last seconds.
5. A hub that acknowledges what this life never sent has seen a future this disk has lost
   (power, a restored snapshot): what this life made moves to a new epoch.

Not safe for threads, but for `sync_paths`. Format: docs/formats/spool.md
"""

import contextlib
import logging
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Protocol

import msgspec

from muster.agent.spool.segment import Record, Segment, read_segment
from muster.errors import LimitExceeded, ProtocolError
from muster.model.metric import Block

log = logging.getLogger(__name__)

SEGMENT_BATCHES = 60  # a minute at one batch a second
SEGMENT_BYTES = 1 << 20


class Encoder(Protocol):
    """What the spool needs of wire/columns.py."""

    @property
    def must_key(self) -> bool:
        """The next frame has to be a key frame."""
        ...

    def encode(self, blocks: Sequence[Block], *, key: bool) -> bytes: ...


class SpoolSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds of the spool."""

    # disk for what is not acknowledged; the oldest goes when it is full
    max_bytes: Annotated[int, msgspec.Meta(ge=1 << 20)] = 256 << 20
    # memory for what waits while the disk refuses writes
    memory_bytes: Annotated[int, msgspec.Meta(ge=1 << 16)] = 4 << 20


class SpoolStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What `muster agent status` shows. `lost_*` count since the start of the agent."""

    epoch: str
    first: int
    last: int
    acked: int
    batches: int  # not acknowledged yet
    values: int  # not acknowledged yet
    bytes: int
    max_bytes: int
    segments: int
    lost_batches: int
    lost_values: int
    refused_values: int = 0  # that the hub can never keep: `refusal` says why
    refusal: str = ""
    damaged_bytes: int
    in_memory: int  # batches that wait for the disk
    fault: str  # why the disk refuses; empty when it does not


class Spool:
    """The agent's buffer on disk, in order of sequence."""

    def __init__(
        self,
        *,
        folder: Path,
        encoder: Encoder,
        settings: SpoolSettings | None = None,
        new_epoch: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._folder = folder
        self._encoder = encoder
        self._settings = settings or SpoolSettings()
        self._new_epoch = new_epoch
        self._segment_bytes = min(SEGMENT_BYTES, self._settings.max_bytes // 8)
        self._segments: list[Segment] = []
        self._life = 1  # first sequence made in this life
        self._rolled = True  # the next batch starts a segment
        self._next_file = 1
        self._newest: Record | None = None
        self._listeners: list[Callable[[], None]] = []
        self.epoch = ""
        self.last = 0  # newest sequence made
        self.acked = 0
        self.sent = 0  # newest sequence that this life or an earlier one can have sent
        self.values_total = 0  # values of every batch appended or found
        self._lost_batches = 0
        self._lost_values = 0
        self._refused_values = 0
        self._refusal = ""
        self._damaged_bytes = 0
        self._fault = ""
        self._checked = 0  # `last` at the last look for what to sync

    def open(self) -> None:
        """Take up what an earlier life left. Damage is cut off and counted, never fatal."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            self._refused(error)
        for path in sorted(self._folder.glob("[0-9a-f]" * 16 + ".seg")):
            try:
                self._take_up(path)
            except OSError as error:
                self._refused(error)
        if not self.epoch:
            self.epoch = self._new_epoch()
        self.sent = self.last
        self._life = self.last + 1

    def _take_up(self, path: Path) -> None:
        self._next_file = int(path.stem, 16) + 1
        try:
            segment, epoch, damage = read_segment(path)
        except ProtocolError as error:
            size = path.stat().st_size
            self._damaged_bytes += size
            log.warning("spool segment dropped", extra={"file": path.name, "cause": str(error)})
            path.unlink()
            return
        if damage:
            self._damaged_bytes += damage
            log.warning("spool segment cut", extra={"file": path.name, "bytes": damage})
        if not self.epoch:
            self.epoch = epoch
        elif epoch != self.epoch:  # a kill came into the middle of `rebase`: finish it
            segment.first = self.last + 1
            segment.stamp(self.epoch)
        segment.values_before = self.values_total
        self._segments.append(segment)
        self.last = max(self.last, segment.last)
        self.values_total += segment.values

    def append(self, blocks: Sequence[Block]) -> Record:
        """Give a batch its number, encode it and put it on disk.

        Errors: InputError, LimitExceeded of the encoder; then nothing was appended. None of
                the disk: then the batch waits in memory, and `status` says why.
        """
        segment, body = self._encode(blocks)
        values = sum(_values_of(block) for block in blocks)
        record = Record(self.last + 1, segment.count == 0, values, body)
        segment.add(record)
        self.last = record.sequence
        self.values_total += values
        self._newest = record
        self._write()
        if record.key:
            self._drop_acked()
        if record.key or self._fault:
            self._trim()
        for listener in self._listeners:
            listener()
        return record

    def on_append(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after every batch; the answer undoes it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def roll(self) -> None:
        """Let the next batch start a new segment, with a key frame."""
        self._rolled = True

    def _encode(self, blocks: Sequence[Block]) -> tuple[Segment, bytes]:
        segment = self._open_segment()
        try:
            return segment, self._encoder.encode(blocks, key=segment.count == 0)
        except LimitExceeded:
            if segment.count == 0:
                raise
        self._rolled = True  # the chain had grown too long; a new one may hold the batch
        segment = self._open_segment()
        return segment, self._encoder.encode(blocks, key=True)

    def _open_segment(self) -> Segment:
        newest = self._segments[-1] if self._segments else None
        if newest is not None and not newest.count:
            return newest
        full = newest is None or (
            newest.count >= SEGMENT_BATCHES or newest.bytes_total >= self._segment_bytes
        )
        if newest is None or full or self._rolled or self._encoder.must_key:
            self._rolled = False
            path = self._folder / f"{self._next_file:016x}.seg"
            newest = Segment(path, self.last + 1, self.values_total)
            self._next_file += 1
            self._segments.append(newest)
        return newest

    def _write(self) -> None:
        for segment in self._segments if self._fault else self._segments[-1:]:
            if segment.pending:
                try:
                    segment.write(self.epoch)
                except FileNotFoundError as error:
                    self._vanished(segment, error)
                    return
                except OSError as error:
                    self._refused(error)
                    return
        if self._fault:
            log.info("spool writes again", extra={"was": self._fault})
            self._fault = ""

    def _vanished(self, segment: Segment, error: OSError) -> None:
        """Somebody removed the file or the folder; a chain whose start is gone is lost."""
        self._refused(error)
        if segment.size:
            self._lose(segment, "spool file removed")
            self._rolled = True
        with contextlib.suppress(OSError):  # the next batch tries again
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def _refused(self, error: OSError) -> None:
        if not self._fault:
            log.warning("spool cannot write, batches wait in memory", extra={"cause": str(error)})
        self._fault = f"{error.strerror or error} ({error.filename or self._folder})"

    def _trim(self) -> None:
        """Keep both bounds: the oldest segment goes, the open one never.

        On disk there is room for the open segment to grow, so that this is seldom looked at.
        """
        limit = self._settings.max_bytes - self._segment_bytes
        while len(self._segments) > 1 and self.bytes_total > limit:
            self._lose(self._segments[0], "spool full")
        while self.pending_bytes > self._settings.memory_bytes:
            waiting = next(segment for segment in self._segments if segment.pending)
            if waiting is self._segments[-1]:
                self._rolled = True  # the chain is cut: the next batch must be a key frame
            self._lose(waiting, "disk refuses writes and memory is full")

    def _lose(self, segment: Segment, cause: str) -> None:
        self._segments.remove(segment)
        self._count_lost(segment)
        log.warning(
            "oldest batches lost",
            extra={"cause": cause, "first": segment.first, "last": segment.last},
        )
        self._unlink(segment)

    def damaged(self, segment: Segment, sequence: int) -> None:
        """A reader found damage at `sequence`: the rest of this chain cannot be used."""
        lost = segment.last - sequence + 1
        self._lost_batches += lost
        self._lost_values += segment.values * lost // segment.count
        if segment is self._segments[-1]:
            self._rolled = True
        log.warning("spool segment damaged", extra={"file": segment.path.name, "batches": lost})

    def _unlink(self, segment: Segment) -> None:
        segment.gone = True
        if segment.size:
            try:
                segment.path.unlink(missing_ok=True)
            except OSError as error:
                self._refused(error)

    def _count_lost(self, segment: Segment) -> None:
        share = max(0, segment.last - max(self.acked, segment.first - 1))
        self._lost_batches += share
        if segment.count:
            self._lost_values += segment.values * share // segment.count

    def note_sent(self, sequence: int) -> None:
        """A batch is about to be sent."""
        self.sent = max(self.sent, sequence)

    def acknowledge(self, sequence: int) -> None:
        """The hub has everything up to `sequence` on disk."""
        if sequence > self.acked:
            self.acked = sequence
            self._drop_acked()

    def _drop_acked(self) -> None:
        while len(self._segments) > 1 and self._segments[0].last <= self.acked:
            self._unlink(self._segments.pop(0))

    def take_unsynced(self) -> list[Path]:
        """Files to hand to `sync_paths`: what was unacknowledged at the last call and still is.

        Called every few seconds. While the hub acknowledges promptly there is nothing to do.
        """
        checked, self._checked = self._checked, self.last
        if self.acked >= checked:
            return []
        dirty = [s for s in self._segments if s.dirty and s.last > self.acked]
        for segment in dirty:
            segment.dirty = False
        return [segment.path for segment in dirty]

    def unsynced(self) -> list[Path]:
        """Every file that is not synced, for the end of the agent."""
        return [segment.path for segment in self._segments if segment.dirty]

    def note_refused(self, values: int, reason: str) -> None:
        """The hub has acknowledged these values and can never keep them."""
        if not self._refused_values:
            log.warning("the hub keeps only part of the values", extra={"cause": reason})
        self._refused_values += values
        self._refusal = reason

    # Rule 5

    def rebase(self) -> None:
        """Start a new epoch with what this life made, numbered from 1."""
        while self._segments and self._segments[0].first < self._life:
            self._unlink(self._segments.pop(0))
        self.epoch = self._new_epoch()
        self.acked = self.last = 0
        for segment in self._segments:
            segment.first = self.last + 1
            self.last = segment.last
            segment.pending = [
                record._replace(sequence=record.sequence - self._life + 1)
                for record in segment.pending
            ]
            try:
                segment.stamp(self.epoch)
            except OSError as error:
                self._refused(error)
        self._life = 1
        self.sent = 0
        self._newest = None
        self._rolled = True

    @property
    def first(self) -> int:
        """Oldest sequence held; last + 1 when there is none."""
        return self._segments[0].first if self._segments else self.last + 1

    @property
    def bytes_total(self) -> int:
        return sum(segment.bytes_total for segment in self._segments)

    @property
    def pending_bytes(self) -> int:
        return sum(segment.pending_bytes for segment in self._segments)

    @property
    def newest(self) -> Record | None:
        """The batch appended last, so that a live link need not read it back."""
        return self._newest

    def segment_of(self, sequence: int) -> Segment | None:
        """The segment that holds a sequence, else the next one after it."""
        return next((s for s in self._segments if s.last >= sequence and s.count), None)

    def status(self) -> SpoolStatus:
        unacked = [s for s in self._segments if s.last > self.acked]
        return SpoolStatus(
            epoch=self.epoch,
            first=self.first,
            last=self.last,
            acked=self.acked,
            batches=sum(s.last - max(self.acked, s.first - 1) for s in unacked),
            values=sum(
                s.values * (s.last - max(self.acked, s.first - 1)) // s.count for s in unacked
            ),
            bytes=self.bytes_total,
            max_bytes=self._settings.max_bytes,
            segments=len(self._segments),
            lost_batches=self._lost_batches,
            lost_values=self._lost_values,
            refused_values=self._refused_values,
            refusal=self._refusal,
            damaged_bytes=self._damaged_bytes,
            in_memory=sum(len(s.pending) for s in self._segments),
            fault=self._fault,
        )


def _values_of(block: Block) -> int:
    return len(block.values) if block.present is None else sum(block.present)

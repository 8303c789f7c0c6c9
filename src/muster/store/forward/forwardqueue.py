"""One queue on disk for points that are sent on: segments, and how far the peer is.

Records are appended to the newest segment and synced before anybody counts on them; they are
read from the oldest. A segment that was read whole is removed. At the limit the oldest segment
goes, with what of it was not sent. A record that was cut by a crash is cut off when the queue
is opened; of one that rotted on disk the rest of its segment is given up, and counted.

Used by one thread at a time. Format: docs/formats/forward-queue.md
"""

import errno
import logging
import os
import re
from pathlib import Path

import msgspec

from muster.errors import Unavailable
from muster.files import make_folder, sync
from muster.ports.forwarding import Load, Packet, Place, QueueState
from muster.store.forward.forwardrecords import (
    MAGIC,
    measure,
    packed,
    packet_of,
    record_at,
    write_all,
)

log = logging.getLogger(__name__)

SEGMENT_BYTES = 4 << 20
_SUFFIX = ".queue"
_NUMBER = re.compile(r"[0-9]{16}")  # what has another name was put there by others
_PIECES = 8  # a queue has about so many segments at least, so that no large part of it goes at once
_LOGGED_POINTS = 100_000  # dropped ones are logged again after so many


class _Kept(msgspec.Struct, frozen=True):
    """The file `position`."""

    segment: int = 0
    offset: int = 0
    sent: int = 0
    refused: int = 0
    dropped: int = 0


class _Segment:
    """`points` are those that are not sent yet."""

    def __init__(self, size: int, points: int) -> None:
        self.size = size
        self.points = points


class ForwardQueue:
    """`open` before all else."""

    def __init__(self, folder: Path, limit_bytes: int, reserve_bytes: int = 0) -> None:
        """`reserve_bytes` of the disk are left free for others."""
        self._folder = folder
        self._reserve = reserve_bytes
        self._limit = limit_bytes
        self._segment_bytes = min(SEGMENT_BYTES, max(4_096, limit_bytes // _PIECES))
        self._segments: dict[int, _Segment] = {}
        self._at = Place(0, 0)  # what is before it was sent
        self._kept = _Kept()
        self._file: int | None = None  # of the newest segment, once this run has begun one
        self._since_ns = 0
        self._logged = 0
        self._is_open = False

    def open(self) -> None:
        """Read what an earlier run left. Errors: Unavailable."""
        if self._is_open:
            return
        try:
            self._kept = self._read_position()
            if self._folder.exists():
                self._scan()
        except OSError as error:
            raise _unavailable(self._folder, error) from error
        self._is_open = True
        self._look_at_oldest()

    def append(self, packets: list[Packet], now_ns: int) -> None:
        """Write packets and sync them. Errors: Unavailable; nothing of them is kept then."""
        records = [packed(packet, now_ns) for packet in packets]
        points = sum(packet.points for packet in packets)
        size = sum(map(len, records))
        if size > self._limit:
            self._drop(points, "more came at once than the queue may have")
            return
        try:
            self._make_room(size)
            self._check_disk(size)
            self._write(b"".join(records), points)
        except OSError as error:
            raise _unavailable(self._folder, error) from error
        if not self._since_ns:
            self._since_ns = now_ns

    def drop(self, points: int, why: str) -> None:
        """Count points that could not be kept."""
        self._drop(points, why)

    def peek(self, most_bytes: int) -> Load | None:
        """See ports.forwarding. Errors: Unavailable."""
        try:
            while self._segments:
                number = next(iter(self._segments))
                load = self._read(number, most_bytes)
                if load is not None or self._is_written_on(number):
                    return load
                self._give_up(number)
        except OSError as error:
            raise _unavailable(self._folder, error) from error
        return None

    def done(self, load: Load, refused: int) -> None:
        """See ports.forwarding. Errors: Unavailable."""
        taken = load.points - refused
        self._count(sent=self._kept.sent + taken, refused=self._kept.refused + refused)
        segment = self._segments.get(load.end.segment)
        if segment is not None and load.end > self._at:  # else it was dropped meanwhile
            segment.points -= load.points
            self._at = load.end
        try:
            self._trim()
            self._write_position()
        except OSError as error:
            raise _unavailable(self._folder, error) from error
        self._look_at_oldest()

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def remove(self) -> None:
        """Delete it with all that waits. Errors: Unavailable."""
        self.close()
        self._segments.clear()
        try:
            if self._folder.exists():
                for path in self._folder.iterdir():
                    path.unlink()
                self._folder.rmdir()
        except OSError as error:
            raise _unavailable(self._folder, error) from error

    @property
    def state(self) -> QueueState:
        waiting = sum(segment.size for segment in self._segments.values()) - self._at.offset
        points = sum(segment.points for segment in self._segments.values())
        return QueueState(
            waiting_bytes=waiting if points else 0,
            waiting_points=points,
            waiting_since_ns=self._since_ns if points else 0,
            limit_bytes=self._limit,
            sent_points=self._kept.sent,
            refused_points=self._kept.refused,
            dropped_points=self._kept.dropped,
        )

    def _check_disk(self, size: int) -> None:
        """What the hub keeps itself comes first. Errors: OSError."""
        folder = self._folder if self._folder.exists() else self._folder.parent.parent
        disk = os.statvfs(folder)
        reserve = min(self._reserve, disk.f_blocks * disk.f_frsize // 5)
        if disk.f_bavail * disk.f_frsize - size < reserve:
            raise OSError(errno.ENOSPC, f"less than {reserve} bytes would be free on its disk")

    def _write(self, data: bytes, points: int) -> None:
        newest = self._newest()
        if self._file is None or self._segments[newest].size > self._segment_bytes:
            newest = self._begin()
        assert self._file is not None  # noqa: S101 - _begin has opened it
        segment = self._segments[newest]
        try:
            write_all(self._file, data)
            os.fdatasync(self._file)
        except OSError:
            os.ftruncate(self._file, segment.size)
            os.lseek(self._file, segment.size, os.SEEK_SET)
            raise
        segment.size += len(data)
        segment.points += points

    def _begin(self) -> int:
        """Start the next segment."""
        self.close()
        number = max(self._newest(), self._at.segment) + 1
        if not self._folder.exists():
            make_folder(self._folder)
            sync(self._folder.parent)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        file = os.open(self._path(number), flags, 0o600)
        try:
            write_all(file, MAGIC)
            sync(self._folder)
        except OSError:
            os.close(file)
            self._path(number).unlink(missing_ok=True)
            raise
        self._file = file
        self._segments[number] = _Segment(len(MAGIC), 0)
        return number

    def _make_room(self, size: int) -> None:
        """Drop the oldest segments until so much more fits."""
        size += len(MAGIC)
        while self._segments and self._size() + size > self._limit:
            number = next(iter(self._segments))
            points = self._segments[number].points
            self._forget(number)
            self._drop(points, f"the queue has its limit of {self._limit} bytes")
            self._write_position()
            self._since_ns = 0

    def _read(self, number: int, most_bytes: int) -> Load | None:
        """What can be read of the oldest segment from here on; None for nothing."""
        offset = self._at.offset if number == self._at.segment else len(MAGIC)
        packets: list[Packet] = []
        size = 0
        with self._path(number).open("rb") as file:
            while offset < self._segments[number].size:
                record = record_at(file.fileno(), offset)
                packet = packet_of(record) if record is not None else None
                if record is None or packet is None:
                    break
                if packets and size + len(packet.body) > most_bytes:
                    break
                packets.append(packet)
                size += len(packet.body)
                offset = record.after
        return Load(tuple(packets), Place(number, offset)) if packets else None

    def _give_up(self, number: int) -> None:
        """Nothing more can be read of a segment: it was read whole, or it rotted."""
        points = self._segments[number].points
        if number == self._newest():
            self.close()
        self._forget(number)
        if points:
            self._drop(points, f"{self._path(number)} cannot be read further")
        self._write_position()

    def _is_written_on(self, number: int) -> bool:
        """All of it was sent, and what comes next is written to it."""
        newest = number == self._newest() and self._file is not None
        return newest and not self._segments[number].points

    def _trim(self) -> None:
        """Remove segments that were read whole, but for the newest."""
        for number in list(self._segments):
            is_whole = number == self._at.segment and self._at.offset >= self._segments[number].size
            if number < self._at.segment or (is_whole and number != self._newest()):
                self._forget(number)

    def _forget(self, number: int) -> None:
        if number == self._newest():
            self.close()
        del self._segments[number]
        self._at = max(self._at, Place(number + 1, 0))
        self._path(number).unlink(missing_ok=True)

    def _scan(self) -> None:
        kept = self._kept
        stems = [path.stem for path in self._folder.glob(f"*{_SUFFIX}")]
        numbers = sorted(int(stem) for stem in stems if _NUMBER.fullmatch(stem))
        for number in numbers:
            if number < kept.segment:
                self._path(number).unlink()
                continue
            start = kept.offset if number == kept.segment else 0
            size, points = measure(self._path(number), start)
            self._segments[number] = _Segment(size, points)
        first = self._segments.get(kept.segment)
        if first is not None and kept.offset <= first.size:
            self._at = Place(kept.segment, kept.offset)
        else:
            self._at = Place(min(self._segments, default=kept.segment), 0)

    def _look_at_oldest(self) -> None:
        """Since when the oldest waits."""
        self._since_ns = 0
        for number in self._segments:
            offset = self._at.offset if number == self._at.segment else len(MAGIC)
            if offset < self._segments[number].size:
                with self._path(number).open("rb") as file:
                    record = record_at(file.fileno(), max(offset, len(MAGIC)))
                self._since_ns = record.kept_ns if record is not None else 0
                return

    def _drop(self, points: int, why: str) -> None:
        before = self._kept.dropped
        self._count(dropped=before + points)
        if points and (not self._logged or self._kept.dropped - self._logged >= _LOGGED_POINTS):
            self._logged = self._kept.dropped
            log.warning(
                "points are not sent on",
                extra={"queue": self._folder.name, "points": points, "error": why},
            )

    def _count(self, **counts: int) -> None:
        self._kept = msgspec.structs.replace(self._kept, **counts)

    def _read_position(self) -> _Kept:
        """What was sent is sent again when this file is lost: that changes nothing there."""
        try:
            return msgspec.json.decode((self._folder / "position").read_bytes(), type=_Kept)
        except (FileNotFoundError, NotADirectoryError, msgspec.MsgspecError):
            return _Kept()

    def _write_position(self) -> None:
        if not self._folder.exists():
            return
        self._count(segment=self._at.segment, offset=self._at.offset)
        beside = self._folder / ".position.new"
        file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            write_all(file, msgspec.json.encode(self._kept))
        finally:
            os.close(file)
        beside.replace(self._folder / "position")

    def _size(self) -> int:
        return sum(segment.size for segment in self._segments.values())

    def _newest(self) -> int:
        return next(reversed(self._segments), 0)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:016d}{_SUFFIX}"


def _unavailable(folder: Path, error: OSError) -> Unavailable:
    return Unavailable(f"the queue {folder.name!r} cannot be used: {error.strerror or error}")

"""Disks that fail on purpose, for tests of the journal."""

import errno
import os
from collections.abc import Sequence
from pathlib import Path

from muster.store.journal.segmentdisk import Buffer, Disk


class FailingDisk(Disk):
    """Counts its calls and fails those a test names; `free` is what it says is free.

    A failing write leaves `torn` bytes of its data behind, as a disk does that fills up.
    """

    def __init__(self) -> None:
        self.calls = 0
        self.fail_at: set[int] = set()
        self.broken = 0  # an errno for every call until it is 0 again
        self.torn = 0
        self.free = 1 << 40
        self.code = errno.ENOSPC

    def create(self, path: Path, size: int) -> None:
        self._count()
        super().create(path, size)

    def open(self, path: Path) -> int:
        self._count()
        return super().open(path)

    def write(self, fd: int, parts: Sequence[Buffer], offset: int) -> int:
        try:
            self._count()
        except OSError:
            os.pwrite(fd, b"".join(parts)[: self.torn], offset)
            raise
        return super().write(fd, parts, offset)

    def sync(self, fd: int) -> None:
        self._count()
        super().sync(fd)

    def rename(self, old: Path, new: Path) -> None:
        self._count()
        super().rename(old, new)

    def free_bytes(self, folder: Path) -> int:
        return self.free

    def _count(self) -> None:
        self.calls += 1
        code = self.broken or (self.code if self.calls in self.fail_at else 0)
        if code:
            raise OSError(code, os.strerror(code))

"""The journal's file operations: the few calls that a full or broken disk can fail.

They are one small class, so that a test can let the n-th of them fail.
"""

import errno
import os
from collections.abc import Sequence
from pathlib import Path

from muster.files import sync

Buffer = bytes | bytearray | memoryview

_VECTORS = 512  # below IOV_MAX (1024 on Linux)
_ZEROS = bytes(1 << 20)


class Disk:
    """Real files. Errors: OSError from every call."""

    def create(self, path: Path, size: int) -> None:
        """Make a file of `size` bytes, written and synced: later writes need no new block."""
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            for offset in range(0, size, len(_ZEROS)):
                self.write(fd, [_ZEROS[: min(len(_ZEROS), size - offset)]], offset)
            self.sync(fd)
        finally:
            os.close(fd)

    def open(self, path: Path) -> int:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)

    def close(self, fd: int) -> None:
        os.close(fd)

    def write(self, fd: int, parts: Sequence[Buffer], offset: int) -> int:
        """Write all parts one after the other; how many bytes that was."""
        start = offset
        for first in range(0, len(parts), _VECTORS):
            group = parts[first : first + _VECTORS]
            wanted = sum(memoryview(part).nbytes for part in group)
            written = os.pwritev(fd, group, offset)
            if written < wanted:  # a signal or a disk that is nearly full
                self._rest(fd, b"".join(group)[written:], offset + written)
            offset += wanted
        return offset - start

    def _rest(self, fd: int, rest: bytes, offset: int) -> None:
        while rest:
            written = os.pwrite(fd, rest, offset)
            if written == 0:
                raise OSError(5, "the disk takes no more bytes")
            rest, offset = rest[written:], offset + written

    def sync(self, fd: int) -> None:
        os.fdatasync(fd)

    def rename(self, old: Path, new: Path) -> None:
        """Rename within one folder, durably."""
        old.rename(new)
        sync(new.parent)

    def free_bytes(self, folder: Path) -> int:
        """What is left for this process's user."""
        found = os.statvfs(folder)
        return found.f_bavail * found.f_frsize

    def size_bytes(self, folder: Path) -> int:
        """Of the whole file system."""
        found = os.statvfs(folder)
        return found.f_blocks * found.f_frsize


def reason_of(error: OSError) -> str:
    """Why the journal takes nothing, for people."""
    full = "the disk is full: " if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
    return f"{full}the journal cannot be written: {error.strerror or error}"

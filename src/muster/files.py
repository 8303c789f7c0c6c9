"""Files and folders of one owner, durable when a call returns: what hub and agent both need.

Each program says in its own words what a disk's refusal means. Errors, everywhere: OSError.
"""

import fcntl
import os
from pathlib import Path

from muster.errors import Conflict


class Held(Conflict):
    """Another process has the lock; `holder` is its id, or "unknown"."""

    def __init__(self, path: Path, holder: str) -> None:
        super().__init__(f"{path} is held by process {holder}")
        self.holder = holder


def make_folder(path: Path) -> None:
    """A folder (0700) and those above it, unless it is there."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def why_unusable(folder: Path) -> tuple[str, str] | None:
    """(cause, remedy) when this user cannot keep files in a folder that is there."""
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return f"{folder} is on a read-only file system", "mount it writable again"
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        remedy = f"run this as the user that {folder} belongs to, or chown it to this one"
        return f"{folder} may not be written by this user", remedy
    return None


def write_new(path: Path, data: bytes) -> None:
    """Write a file (0600) that must not be there yet, and sync it."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(file)


def sync(path: Path) -> None:
    """Make a file's content durable, or the names in a folder."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def hold(path: Path) -> int:
    """Take a lock for as long as the descriptor is open: the process that holds it is written in.

    The kernel lets go of it whatever ends the process, so a lock is never left behind.
    Errors: Held.
    """
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    except BlockingIOError as error:
        holder = os.read(lock, 20).decode(errors="replace").strip() or "unknown"
        os.close(lock)
        raise Held(path, holder) from error
    except OSError:
        os.close(lock)
        raise
    return lock

"""One agent per data folder: `agent.lock`, held by flock for as long as the process lives.

Content, the process id, is for people. The kernel lets go of it whatever ends the process.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from muster.agent.identity import make_folder, refused
from muster.errors import Conflict


class AlreadyRunning(Conflict):
    """Another agent, or a claim, works in this folder."""

    code = "already_running"


@contextmanager
def held(data: Path) -> Iterator[None]:
    """Hold the folder, made when it is not there. Errors: AlreadyRunning; of the disk."""
    try:
        make_folder(data)
        lock = os.open(data / "agent.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise refused(error) from error
    try:
        _take(lock, data)
        yield
    finally:
        os.close(lock)


def _take(lock: int, data: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(lock, 20).decode(errors="replace").strip() or "unknown"
        raise AlreadyRunning(
            f"an agent (process {holder}) works in {data}; stop it or choose another folder"
        ) from error
    try:
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    except OSError as error:
        raise refused(error) from error

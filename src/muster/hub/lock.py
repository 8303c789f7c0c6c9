"""One hub per data folder: `hub.lock`, held by flock for as long as the process lives.

The kernel lets go of it whatever ends the process, so a lock is never left behind. Its
content, the process id, is for people.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType

from muster.errors import Conflict, SettingsError


class FolderInUse(Conflict):
    """Another process works in this data folder."""

    code = "data_folder_in_use"


class FolderLock:
    """Holds a data folder. Errors on entering: FolderInUse, SettingsError."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "hub.lock"
        self._fd = -1

    def __enter__(self) -> "FolderLock":
        try:
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SettingsError(f"cannot be written: {error.strerror}", str(self._path)) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(fd, 0)
            os.write(fd, f"{os.getpid()}\n".encode())
        except BlockingIOError as error:
            holder = os.read(fd, 20).decode(errors="replace").strip() or "unknown"
            os.close(fd)
            raise FolderInUse(
                f"another hub (process {holder}) works in {str(self._path.parent)!r}; stop it "
                "or choose another folder with --data"
            ) from error
        except OSError as error:
            os.close(fd)
            raise SettingsError(f"cannot be written: {error.strerror}", str(self._path)) from error
        self._fd = fd
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._fd)

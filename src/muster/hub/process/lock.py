"""One hub per data folder: `hub.lock`, held for as long as the process lives."""

import errno
import os
from pathlib import Path
from types import TracebackType

from muster.errors import Conflict, SettingsError, Unavailable
from muster.files import Held, hold


class FolderInUse(Conflict):
    """Another process works in this data folder."""

    code = "data_folder_in_use"


class FolderLock:
    """Holds a data folder. Errors on entering: FolderInUse, SettingsError, Unavailable."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "hub.lock"
        self._fd = -1

    def __enter__(self) -> "FolderLock":
        try:
            self._require_ours()
            self._fd = hold(self._path)
        except Held as error:
            raise FolderInUse(
                f"another hub (process {error.holder}) works in {str(self._path.parent)!r}; "
                "stop it or choose another folder with --data"
            ) from error
        except OSError as error:
            if error.errno in (errno.EROFS, errno.ENOSPC, errno.EDQUOT):  # the disk, not a setting
                raise Unavailable(f"{self._path}: cannot be written: {error.strerror}") from error
            raise SettingsError(f"cannot be written: {error.strerror}", str(self._path)) from error
        return self

    def _require_ours(self) -> None:
        """In a folder that everybody may write to, anybody could put a CA of their own."""
        folder = self._path.parent
        if (mode := folder.stat().st_mode & 0o7777) & 0o002:
            raise SettingsError(
                f"everybody may write there (mode {mode:04o}); run: chmod o-w {folder}", str(folder)
            )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._fd)

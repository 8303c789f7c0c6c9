"""The hub's folder of backups: what lies there, and what was noted of each.

Notes are a file of JSON beside a backup (NAME.json, 0600): what it holds stands at the archive's
end, and this process does not read an archive, as the CA's keys are in it.
"""

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from muster.clock import SECOND_NS
from muster.errors import InputError, NotFound, Unavailable
from muster.files import sync
from muster.model.backup import BackupView
from muster.store.files import make_private_folder, write_private

_END = ".tar.zst"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}\.tar\.zst")
_MAX_NOTES = 65_536


def name_at(time_ns: int) -> str:
    """What a backup of a moment is called: names sort as their times do."""
    moment = datetime.fromtimestamp(time_ns // SECOND_NS, UTC)
    return f"muster-{moment:%Y-%m-%dT%H%M%SZ}{_END}"


class BackupFolder:
    """Blocks. A folder of one's own (`given`) is not made: its disk may not be there now."""

    def __init__(self, own: Path, given: Path | None) -> None:
        self._own = own
        self.path = own if given is None else given.absolute()

    def prepare(self) -> None:
        """Be there, without what an unfinished backup left. Errors: InputError, Unavailable."""
        if self.path == self._own:
            make_private_folder(self.path)
        if not self.path.is_dir():
            raise InputError(f"there is no folder {str(self.path)!r} (backup.folder)")
        for left in self.path.glob(f".muster-*{_END}.part"):
            left.unlink(missing_ok=True)

    def free_bytes(self) -> int:
        """Of its disk; 0 when that is not there."""
        try:
            return shutil.disk_usage(self.path if self.path.exists() else self.path.parent).free
        except OSError:
            return 0

    def backups(self) -> list[BackupView]:
        """Newest first. Errors: Unavailable when the folder cannot be read."""
        try:
            found = [self._view(path) for path in self.path.iterdir() if _is_backup(path)]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Unavailable(f"{str(self.path)!r}: {error.strerror}") from error
        return sorted(found, key=lambda each: (each.time_ns, each.name), reverse=True)

    def find(self, name: str) -> BackupView:
        """Errors: NotFound, Unavailable."""
        found = next((each for each in self.backups() if each.name == name), None)
        if found is None:
            raise NotFound(f"there is no backup {name[:120]!r} in {str(self.path)!r}")
        return found

    def note(self, view: BackupView) -> None:
        """Keep what is known of one. Errors: Unavailable."""
        write_private(self._notes(self.path / view.name), msgspec.json.encode(view))

    def delete(self, name: str) -> None:
        """Errors: NotFound, Unavailable."""
        path = self.path / self.find(name).name
        try:
            path.unlink()
            self._notes(path).unlink(missing_ok=True)
            sync(self.path)
        except OSError as error:
            raise Unavailable(f"{str(path)!r}: {error.strerror}") from error

    def _view(self, path: Path) -> BackupView:
        """What was noted, as long as the file is the same."""
        there = path.stat()
        try:
            with self._notes(path).open("rb") as file:
                noted = msgspec.json.decode(file.read(_MAX_NOTES), type=BackupView)
            if (noted.name, noted.bytes) == (path.name, there.st_size):
                return noted
        except (OSError, msgspec.MsgspecError):
            pass  # a file that somebody laid here is a backup too: what it holds, verifying tells
        return BackupView(name=path.name, bytes=there.st_size, time_ns=there.st_mtime_ns)

    @staticmethod
    def _notes(path: Path) -> Path:
        return path.with_name(f"{path.name}.json")


def _is_backup(path: Path) -> bool:
    return bool(_NAME.fullmatch(path.name)) and path.is_file() and not path.is_symlink()

"""Files of dashboards: those of the wheel, and those of spaces in the hub's data folder.

A file is read again when its time, size or place on the disk has changed, so people may edit it
while the hub runs. Names that are no id of a dashboard are not looked at.
"""

import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import muster
from muster.errors import Unavailable
from muster.files import sync
from muster.model.ids import SpaceId, is_uuid
from muster.ports.dashboards import DashboardFile
from muster.store.files import make_private_folder, write_private

BUILT_IN = Path(muster.__file__).parent / "dashboards"
MAX_FILES = 2_000  # of a space that are looked at
_MAX_BYTES = 4 << 20
_NAME = re.compile(r"([a-z0-9][a-z0-9_-]{0,62})\.toml")


class _Known(NamedTuple):
    stamp: tuple[int, int, int]
    file: DashboardFile


class DashboardFolders:
    """Implements muster.ports.dashboards.DashboardFiles; used in threads, one at a time."""

    def __init__(self, folder: Path, *, built_in: Path = BUILT_IN) -> None:
        self._folder = folder
        self._wheel = built_in
        self._known: dict[Path, _Known] = {}
        self._built_in: Sequence[DashboardFile] | None = None

    def built_in(self) -> Sequence[DashboardFile]:
        if self._built_in is None:
            self._built_in = [
                DashboardFile(id=path.stem, name=path.name, text=path.read_text(), changed_ns=0)
                for path in sorted(self._wheel.glob("*.toml"))
            ]
        return self._built_in

    def of_space(self, space: SpaceId) -> Sequence[DashboardFile]:
        folder = self._of(space)
        try:
            names = sorted(path.name for path in folder.iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Unavailable(f"cannot read {str(folder)!r}: {error.strerror}") from error
        names = [name for name in names if _NAME.fullmatch(name)][:MAX_FILES]
        known = {folder / name: self._known.get(folder / name) for name in names}
        self._forget(folder, known.keys())
        files = [self._read(path, before) for path, before in known.items()]
        return [file for file in files if file is not None]

    def write(self, space: SpaceId, id: str, text: str) -> None:
        path = self._path(space, id)
        make_private_folder(path.parent)
        write_private(path, text.encode())

    def remove(self, space: SpaceId, id: str) -> None:
        path = self._path(space, id)
        try:
            path.unlink(missing_ok=True)
            if path.parent.is_dir():
                sync(path.parent)
        except OSError as error:
            raise Unavailable(f"cannot remove {str(path)!r}: {error.strerror}") from error

    def remove_space(self, space: SpaceId) -> None:
        folder = self._of(space)
        try:
            for path in list(folder.iterdir()):
                if _NAME.fullmatch(path.name):
                    path.unlink(missing_ok=True)
            sync(folder)
            with suppress(OSError):  # somebody has put other files there
                folder.rmdir()
                sync(self._folder)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise Unavailable(f"cannot remove {str(folder)!r}: {error.strerror}") from error
        self._forget(folder, ())

    def _of(self, space: SpaceId) -> Path:
        if not is_uuid(space):
            raise ValueError(f"not the id of a space: {space!r}")
        return self._folder / space

    def _path(self, space: SpaceId, id: str) -> Path:
        """Ids are checked before; this keeps a mistake there from naming another file."""
        if not _NAME.fullmatch(f"{id}.toml"):
            raise ValueError(f"not the id of a dashboard: {id!r}")
        return self._of(space) / f"{id}.toml"

    def _read(self, path: Path, known: _Known | None) -> DashboardFile | None:
        """None for one that was removed meanwhile, or is no file."""
        id, name = path.stem, f"{self._folder.name}/{path.parent.name}/{path.name}"
        try:
            found = path.stat()
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
            if known is not None and known.stamp == stamp:
                return known.file
            if not path.is_file():
                return None
            text, error = "", ""
            if found.st_size > _MAX_BYTES:
                error = f"{name}: {found.st_size} bytes, at most {_MAX_BYTES}"
            else:
                text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as fault:
            why = fault.strerror if isinstance(fault, OSError) else "is not UTF-8"
            return DashboardFile(id=id, name=name, text="", changed_ns=1, error=f"{name}: {why}")
        file = DashboardFile(
            id=id, name=name, text=text, changed_ns=max(1, found.st_mtime_ns), error=error
        )
        self._known[path] = _Known(stamp, file)
        return file

    def _forget(self, folder: Path, kept: Collection[Path]) -> None:
        # A copy: of a request that was given up the thread may still be at work.
        gone = [path for path in list(self._known) if path.parent == folder and path not in kept]
        for path in gone:
            self._known.pop(path, None)

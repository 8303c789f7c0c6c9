"""The CA's files, and other secrets in files: 0600, whole or not at all.

A new CA is written into a folder beside DIR/ca and renamed into place, so that a hub
killed in the middle finds either all of it or none. An issuer that is replaced is written
as key and certificate in one step of the same kind. Nobody but the owner may read: a wider
mode stops the start, with the remedy.
"""

import shutil
import stat
from collections.abc import Mapping
from pathlib import Path

from muster.errors import InputError, SettingsError, Unavailable
from muster.files import sync, write_new
from muster.log import Secret
from muster.pki import authority
from muster.pki.authority import Authority, Hierarchy
from muster.store.files import write_private

FILES = ("root.key", "root.pem", "agents.key", "agents.pem", "servers.key", "servers.pem")
MAX_FILE_BYTES = 64 << 10
_FOLDER_MODE = 0o700
_FILE_MODE = 0o600


class KeyStore:
    """DIR/ca."""

    def __init__(self, *, folder: Path) -> None:
        self._folder = folder
        self._new = folder.with_name(folder.name + ".new")
        self._old = folder.with_name(folder.name + ".old")

    def open(self, now_ns: int) -> Authority:
        """The CA: made on first start, issuers that end within a year replaced. Blocks.

        Steps: 1 tidy up after a kill  2 make what is missing  3 check modes  4 read
        5 replace old issuers.
        Errors: SettingsError naming file and remedy; Unavailable when the disk refuses.
        """
        try:
            # 1
            self._tidy()
            # 2
            if not self._folder.exists():
                self._replace(authority.make_hierarchy(now_ns))
            # 3, 4
            hierarchy = self._read()
            # 5
            fresh = authority.refreshed(hierarchy, now_ns)
            if fresh is not hierarchy:
                self._replace(fresh)
            return Authority(fresh)
        except InputError as error:
            if isinstance(error, SettingsError):
                raise
            raise SettingsError(
                f"{error}; restore the folder from a backup", str(self._folder)
            ) from error
        except OSError as error:
            raise Unavailable(f"{error.filename or self._folder}: {error.strerror}") from error

    def _tidy(self) -> None:
        if not self._folder.exists() and self._old.exists():
            self._old.rename(self._folder)  # killed between the two renames
            sync(self._folder.parent)
        for rest in (self._new, self._old):
            if rest.exists():
                shutil.rmtree(rest)

    def _read(self) -> Hierarchy:
        _require_private(self._folder, _FOLDER_MODE)
        texts = {name: self._text(name) for name in FILES if self._is_there(name)}
        root_key = texts.get("root.key")
        return Hierarchy(
            root_key=Secret(root_key) if root_key is not None else None,
            root=texts["root.pem"],
            agents_key=Secret(texts["agents.key"]),
            agents=texts["agents.pem"],
            servers_key=Secret(texts["servers.key"]),
            servers=texts["servers.pem"],
        )

    def _is_there(self, name: str) -> bool:
        if (self._folder / name).exists():
            return True
        if name == "root.key":
            return False  # kept offline
        raise SettingsError(
            "is missing, so the CA is incomplete; restore the folder from a backup, or move it"
            " away to begin anew (every node then has to claim again)",
            str(self._folder / name),
        )

    def _text(self, name: str) -> str:
        path = self._folder / name
        _require_private(path, _FILE_MODE)
        if path.stat().st_size > MAX_FILE_BYTES:
            raise SettingsError(f"is longer than {MAX_FILE_BYTES} bytes", str(path))
        try:
            return path.read_text(encoding="ascii")
        except UnicodeDecodeError as error:
            raise SettingsError("is not PEM; restore it from a backup", str(path)) from error

    def _replace(self, hierarchy: Hierarchy) -> None:
        """Put a whole folder in the place of the one that is there, if any."""
        texts: Mapping[str, str | None] = {
            "root.key": hierarchy.root_key.reveal() if hierarchy.root_key else None,
            "root.pem": hierarchy.root,
            "agents.key": hierarchy.agents_key.reveal(),
            "agents.pem": hierarchy.agents,
            "servers.key": hierarchy.servers_key.reveal(),
            "servers.pem": hierarchy.servers,
        }
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        self._new.mkdir(mode=_FOLDER_MODE)
        for name, text in texts.items():
            if text is not None:
                write_new(self._new / name, text.encode("ascii"))
        sync(self._new)
        if self._folder.exists():
            self._folder.rename(self._old)
        self._new.rename(self._folder)
        sync(self._folder.parent)
        if self._old.exists():
            shutil.rmtree(self._old)


class PasswordFile:
    """A file that holds one password, for muster.core.accounts.PasswordFile."""

    def __init__(self, *, path: Path) -> None:
        self._path = path

    def write(self, password: Secret) -> Path:
        write_private(self._path, password.reveal().encode() + b"\n")
        return self._path


def _require_private(path: Path, mode: int) -> None:
    found = stat.S_IMODE(path.stat().st_mode)
    if found & ~mode & 0o777:
        raise SettingsError(
            f"others may use it (mode {found:04o}); run: chmod {mode:o} {path}", str(path)
        )

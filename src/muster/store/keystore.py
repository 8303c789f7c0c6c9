"""The CA's files, and other secrets in files: 0600, whole or not at all.

A CA is written into a folder beside DIR/ca and renamed into place, so that a hub killed in
the middle finds either all of it or none; every change of it is such a step. Nobody but the
owner may read: a wider mode stops the start, with the remedy. One process changes the folder
at a time: it holds a lock on the folder above.

Files: those of `FILES`; with `next.` before the name what is prepared, with `old.` what is
not yet retired, and `cross.pem` between them; `services.*`; `root.exported`.
"""

import fcntl
import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from muster.errors import InputError, SettingsError, Unavailable
from muster.files import sync, write_new
from muster.log import Secret
from muster.pki import authority, keys, rollover
from muster.pki.authority import Authority, Hierarchy
from muster.pki.rollover import Ring
from muster.pki.trust import Phase
from muster.store.files import write_private

FILES = ("root.key", "root.pem", "agents.key", "agents.pem", "servers.key", "servers.pem")
SERVICES = ("services.key", "services.pem")
CROSS, EXPORTED = "cross.pem", "root.exported"
_OTHER = {Phase.PREPARED: "next.", Phase.ACTIVATED: "old."}
ALL_FILES = (
    *FILES,
    *SERVICES,
    *(prefix + name for prefix in _OTHER.values() for name in FILES),
    CROSS,
    EXPORTED,
)
MAX_FILE_BYTES = 64 << 10
_FOLDER_MODE = 0o700
_FILE_MODE = 0o600
_LOCK_TRIES = 100  # ten a second


class KeyStore:
    """DIR/ca."""

    def __init__(self, *, folder: Path) -> None:
        self._folder = folder
        self._new = folder.with_name(folder.name + ".new")
        self._old = folder.with_name(folder.name + ".old")
        self.staged_services = StagedServices(folder.with_name(folder.name + ".services"))
        self.staged = folder.with_name(folder.name + ".staged")  # made elsewhere, to be taken on

    def open(self, now_ns: int) -> Authority:
        """The CA: made on first start, issuers that end within a year replaced. Blocks.

        Errors: SettingsError naming file and remedy; Unavailable when the disk refuses.
        """
        return rollover.authority_of(self.load(now_ns))

    def load(self, now_ns: int) -> Ring:
        """All of it, as `open`.

        Steps: 1 tidy up after a kill  2 make what is missing  3 check modes  4 read
        5 replace old issuers.
        """
        with self._said(), self.changing():
            # 1
            self._tidy()
            # 2
            if not self._folder.exists():
                self.replace(Ring(current=self._first(now_ns)))
                self.drop_staged()
            # 3, 4
            ring = self.read()
            # 5
            fresh = authority.refreshed(ring.current, now_ns)
            if fresh is not ring.current:
                ring = Ring(current=fresh, other=ring.other, cross=ring.cross, phase=ring.phase)
                self.replace(ring)
            rollover.authority_of(ring)  # what does not fit together stops the start
            return ring

    def _first(self, now_ns: int) -> Hierarchy:
        """The CA to begin with: one that lies ready, or a new one."""
        if self.staged.exists():
            return self.take_staged()[0]
        return authority.make_hierarchy(now_ns)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the folder. Errors: Unavailable when another process has it for long."""
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(self._folder.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self._wait_for(lock)
            yield
        finally:
            os.close(lock)

    def _wait_for(self, lock: int) -> None:
        for _ in range(_LOCK_TRIES):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.1)
            else:
                return
        raise Unavailable(f"{self._folder} is being changed by another process")

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except SettingsError:
            raise
        except InputError as error:
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

    def read(self) -> Ring:
        """What lies in the folder. Errors: as `open`."""
        with self._said():
            _require_private(self._folder, _FOLDER_MODE)
            for phase, prefix in _OTHER.items():
                if (self._folder / f"{prefix}root.pem").exists():
                    return Ring(
                        current=self._hierarchy(self._folder),
                        other=self._hierarchy(self._folder, prefix),
                        cross=_text(self._folder / CROSS),
                        phase=phase,
                    )
            return Ring(current=self._hierarchy(self._folder))

    def take_staged(self) -> tuple[Hierarchy, str]:
        """What was made elsewhere, and its cross certificate or "". Errors: as `open`; InputError.

        It stays until `drop_staged`.
        """
        if not self.staged.exists():
            raise InputError(f"no CA lies ready in {self.staged}")
        _require_private(self.staged, _FOLDER_MODE)
        cross = self.staged / CROSS
        return self._hierarchy(self.staged), _text(cross) if cross.exists() else ""

    def drop_staged(self) -> None:
        shutil.rmtree(self.staged, ignore_errors=True)

    def stage(self, hierarchy: Hierarchy, cross: str) -> None:
        """Lay a CA ready for the signer to take on."""
        with self._said():
            self.drop_staged()
            self.staged.mkdir(mode=_FOLDER_MODE)
            _write(self.staged, _texts(hierarchy, "") | ({CROSS: cross} if cross else {}))

    def has_root_key(self) -> bool:
        """Whether the key of the root that signs lies in the folder."""
        return (self._folder / "root.key").exists()

    def exported_ns(self) -> int:
        """When the root's key was written elsewhere and read back; 0 for never."""
        try:
            pin, time_ns = _text(self._folder / EXPORTED).split()
        except (OSError, ValueError):
            return 0
        root = _pin_of(self._folder / "root.pem")
        return int(time_ns) if pin == root and time_ns.isdecimal() else 0

    def note_export(self, now_ns: int) -> None:
        """Remember that the root's key was written elsewhere and read back."""
        text = f"{_pin_of(self._folder / 'root.pem')} {now_ns}\n"
        with self.changing():
            write_private(self._folder / EXPORTED, text.encode())

    def remove_root_key(self) -> None:
        """Let the root's key be elsewhere alone. Errors: Unavailable."""
        with self._said(), self.changing():
            (self._folder / "root.key").unlink(missing_ok=True)
            sync(self._folder)

    def _hierarchy(self, folder: Path, prefix: str = "") -> Hierarchy:
        texts = {name: self._file(folder / (prefix + name)) for name in FILES[1:]}
        services = [folder / name for name in SERVICES]
        there = all(path.exists() for path in services)  # they belong to no root
        return Hierarchy(
            root_key=self._root_key(folder / f"{prefix}root.key"),
            root=texts["root.pem"],
            agents_key=Secret(texts["agents.key"]),
            agents=texts["agents.pem"],
            servers_key=Secret(texts["servers.key"]),
            servers=texts["servers.pem"],
            services_key=Secret(_text(services[0])) if there else None,
            services=_text(services[1]) if there else "",
        )

    def _root_key(self, path: Path) -> Secret | None:
        return Secret(_text(path)) if path.exists() else None  # kept offline

    def _file(self, path: Path) -> str:
        if path.exists():
            return _text(path)
        raise SettingsError(
            "is missing, so the CA is incomplete; restore the folder from a backup, or move it"
            " away to begin anew (every node then has to claim again)",
            str(path),
        )

    def replace(self, ring: Ring) -> None:
        """Put a whole folder in the place of the one that is there, if any."""
        texts = _texts(ring.current, "")
        if ring.other is not None:
            texts |= _texts(ring.other, _OTHER[ring.phase]) | {CROSS: ring.cross}
        exported = self._folder / EXPORTED
        if exported.exists():
            texts[EXPORTED] = _text(exported)  # says of which root it is
        if self._new.exists():
            shutil.rmtree(self._new)  # of an attempt that failed
        self._new.mkdir(mode=_FOLDER_MODE)
        _write(self._new, texts)
        if self._folder.exists():
            self._folder.rename(self._old)
        self._new.rename(self._folder)
        sync(self._folder.parent)
        if self._old.exists():
            shutil.rmtree(self._old)


class StagedServices:
    """A CA for other services that was brought along, to be taken on: its two files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def lay(self, key: Secret, certificate: str) -> None:
        """Errors: Unavailable when the disk refuses."""
        try:
            self.drop()
            self._folder.mkdir(mode=_FOLDER_MODE)
            _write(self._folder, dict(zip(SERVICES, (key.reveal(), certificate), strict=True)))
        except OSError as error:
            raise Unavailable(f"{error.filename or self._folder}: {error.strerror}") from error

    def take(self) -> tuple[Secret, str]:
        """Key and certificate; they stay until `drop`. Errors: InputError, SettingsError."""
        if not self._folder.exists():
            raise InputError(f"no CA lies ready in {self._folder}")
        _require_private(self._folder, _FOLDER_MODE)
        key, certificate = (self._folder / name for name in SERVICES)
        return Secret(_text(key)), _text(certificate)

    def drop(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def _pin_of(path: Path) -> str:
    """The pin of a certificate in a file."""
    return keys.views(_text(path))[0].key_sha256


def _texts(hierarchy: Hierarchy, prefix: str) -> dict[str, str]:
    """Name -> content. Services belong to no root, so they have no prefix."""
    parts = {
        "root.key": hierarchy.root_key,
        "root.pem": hierarchy.root,
        "agents.key": hierarchy.agents_key,
        "agents.pem": hierarchy.agents,
        "servers.key": hierarchy.servers_key,
        "servers.pem": hierarchy.servers,
    }
    if not prefix:
        parts |= {"services.key": hierarchy.services_key, "services.pem": hierarchy.services}
    plain = {
        name: each.reveal() if isinstance(each, Secret) else each for name, each in parts.items()
    }
    return {prefix + name: text for name, text in plain.items() if text}


def _write(folder: Path, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        write_new(folder / name, text.encode("ascii"))
    sync(folder)


def _text(path: Path) -> str:
    _require_private(path, _FILE_MODE)
    if path.stat().st_size > MAX_FILE_BYTES:
        raise SettingsError(f"is longer than {MAX_FILE_BYTES} bytes", str(path))
    try:
        return path.read_text(encoding="ascii")
    except UnicodeDecodeError as error:
        raise SettingsError("is not PEM; restore it from a backup", str(path)) from error


class PasswordFile:
    """A file that holds one password, for muster.core.people.accounts.PasswordFile."""

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

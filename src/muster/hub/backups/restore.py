"""From a backup to a data folder: checked whole before it is moved into place.

Steps:
 1. the target must be absent or empty
 2. unpack beside it; every file against the manifest, no name that leaves its place
 3. the CA must be whole and closed to others, both databases sound
 4. a new engine takes the parts; its rows must be as many as the manifest says
 5. sync, rename into place
A restore that is killed leaves the target as it was.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from muster.clock import Clock
from muster.errors import Conflict, MusterError, SettingsError, Unavailable
from muster.files import sync
from muster.hub.places import Places
from muster.store.archive import BackupDamaged, Manifest, Readable, read_archive
from muster.store.engine import snapshot
from muster.store.engine.clickhouse import ClickHouse
from muster.store.engine.clickhouse import Settings as EngineSettings
from muster.store.files import make_private_folder
from muster.store.keystore import KeyStore
from muster.store.records.database import check_sound

_CHUNK = 1 << 20

Say = Callable[[str], None]


def verify(file: Path) -> Manifest:
    """Read a backup and check every file in it. Errors: BackupDamaged, InputError."""
    return read_archive(file, lambda _name, _body, _size: None)


def restore(file: Path, data: Path, clock: Clock, say: Say = lambda _text: None) -> Manifest:
    """Make a data folder out of a backup.

    Errors: Conflict when the folder is not empty; BackupDamaged; Unavailable when the disk
            refuses. Nothing is left behind.
    """
    # 1
    data = data.absolute()
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise Conflict(f"{str(data)!r} is not empty; restore into a new folder")
    staged = data.with_name(f".{data.name}.restoring")
    shutil.rmtree(staged, ignore_errors=True)
    make_private_folder(staged)
    try:
        # 2
        say("unpacking")
        manifest = read_archive(file, _Unpacker(staged))
        _check(manifest, staged, clock, say)
        # 5
        _move(staged, data)
    except OSError as error:
        raise Unavailable(f"{error.filename or staged}: {error.strerror}") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return manifest


class _Unpacker:
    """Writes files of a backup under one folder; what the engine gets waits in `parts`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, name: str, body: Readable, size: int) -> None:
        if size > shutil.disk_usage(self._folder).free:
            raise Unavailable(f"the disk has no room for {name!r} ({size} bytes)")
        path = self._folder / name.replace("series/", "parts/", 1)
        make_private_folder(path.parent)
        path.touch(mode=0o600, exist_ok=False)
        with path.open("wb") as file:
            while data := body.read(_CHUNK):
                file.write(data)


def _check(manifest: Manifest, staged: Path, clock: Clock, say: Say) -> None:
    places = Places(staged)
    # 3
    say("checking records")
    for path in (places.records, places.catalogue):
        check_sound(path)
    try:
        authority = KeyStore(folder=places.ca).open(clock.now_ns())
    except SettingsError as error:
        raise BackupDamaged(f"the CA in the backup cannot be used: {error}") from error
    if authority.hub != manifest.hub:
        raise BackupDamaged("the CA in the backup is that of another hub")
    # 4
    say("checking values")
    make_private_folder(staged / "parts")
    engine = ClickHouse(path=places.series, settings=EngineSettings())
    engine.open()
    try:
        snapshot.attach(engine, staged / "parts")
        counts = snapshot.count_rows(engine)
    except MusterError as error:
        raise BackupDamaged(f"the engine refuses the values: {error}") from error
    finally:
        engine.close()
    # A backup of an older hub has no sums.
    counts = {table: rows for table, rows in counts.items() if rows or table in manifest.rows}
    if counts != manifest.rows:
        raise BackupDamaged(f"the engine has {counts} rows of {manifest.rows}")
    shutil.rmtree(staged / "parts")


def _move(staged: Path, data: Path) -> None:
    if data.exists():
        data.rmdir()
    staged.rename(data)
    sync(data.parent)

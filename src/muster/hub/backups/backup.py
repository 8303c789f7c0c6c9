"""A backup of a running hub: everything but the local agent, as of one moment.

Steps:
 1. end the journal's segment, so that little of it waits for the engine
 2. hold the writer between two segments: journal, catalogue and engine now agree
 3. copy records and catalogue (SQLite's backup), link the engine's parts, read the journal
 4. let the writer go on; pack the rest
 5. manifest, sync, move into place; verify what was written
The CA's keys never pass through this process: another packs them in step 4, and reads them
in step 5 (hub/keys/keypacker.py).
Whatever was acknowledged before step 1 is in it. Ingest goes on all the time.
"""

import asyncio
import shutil
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from pathlib import Path

from muster import __version__
from muster.clock import Clock
from muster.errors import Conflict, LimitExceeded, Unavailable
from muster.hub.keys.keypacker import Checked
from muster.hub.keys.keypackerclient import check_archive, pack_keys
from muster.hub.places import Places
from muster.model.backup import BackupStep
from muster.store.archive import FORMAT, ArchiveWriter, Manifest, is_safe
from muster.store.dataplane import DataPlane
from muster.store.engine import snapshot
from muster.store.engine.clickhouse import ClickHouse
from muster.store.files import make_private_folder
from muster.store.journal.journal import Settings as JournalSettings
from muster.store.records.database import Database

_HOLD_S = 60.0
_TELL_BYTES = 16 << 20

Tell = Callable[[BackupStep], None]


class Backups:
    """Makes backups of one running hub, one at a time."""

    checked: Checked  # what the last one holds

    def __init__(self, *, places: Places, hub: str, plane: DataPlane, clock: Clock) -> None:
        self._places = places
        self._hub = hub
        self._plane = plane
        self._clock = clock
        self._running = threading.Lock()

    async def stream(self, target: Path) -> AsyncGenerator[BackupStep, None]:
        """Make one and say how far it is. Leaving the iteration gives it up.

        Errors: Conflict while another is made or when the target exists; Unavailable.
        """
        loop = asyncio.get_running_loop()
        steps: asyncio.Queue[BackupStep | None] = asyncio.Queue()
        given_up = threading.Event()

        def tell(step: BackupStep | None) -> None:
            loop.call_soon_threadsafe(steps.put_nowait, step)

        def work() -> None:
            try:
                self.make(target, tell, given_up)
            finally:
                tell(None)

        making = loop.run_in_executor(None, work)
        try:
            while (step := await steps.get()) is not None:
                yield step
            await making
        finally:
            given_up.set()

    def make(self, target: Path, tell: Tell, given_up: threading.Event) -> None:
        """Steps 1 to 5. Blocks."""
        if not self._running.acquire(blocking=False):
            raise Conflict("a backup is being made already")
        try:
            staged = self._places.data / "backup.tmp"
            _sweep(self._places)
            try:
                self._make(target, staged, _Progress(tell, given_up))
            finally:
                _sweep(self._places)
        finally:
            self._running.release()

    def _make(self, target: Path, staged: Path, progress: "_Progress") -> None:
        make_private_folder(staged)
        engine = self.engine()
        with ArchiveWriter(target) as archive:
            # 1
            self._plane.journal.seal()
            # 2, 3
            progress.say("waiting for the writer")
            with self._plane.writer.held(_HOLD_S):
                time_ns = self._clock.now_ns()
                progress.say("copying records")
                Database(self._places.records).backup(staged / "records.sqlite")
                Database(self._places.catalogue).backup(staged / "catalogue.sqlite")
                frozen = snapshot.freeze(engine, self._places.series)
                journal = sorted(self._places.journal.glob("*.segment"))
                others = self._others(staged, frozen)
                progress.total = sum(path.stat().st_size for path in [*journal, *others.values()])
                require_room(target.parent, progress.total)
                for path in journal:
                    progress.add(archive, f"journal/{path.name}", path)
            # 4
            progress.add_keys(archive, self._places.ca)
            for name, path in others.items():
                progress.add(archive, name, path)
            # 5
            manifest = Manifest(
                format=FORMAT,
                hub=self._hub,
                version=__version__,
                time_ns=time_ns,
                rows=snapshot.rows_of(frozen),
            )
            archive.finish(manifest)
        progress.say("verifying")
        self.checked = check_archive(target, progress.given_up)
        progress.tell(
            BackupStep(
                done=True,
                file=str(target),
                sha256=self.checked.sha256,
                done_bytes=progress.done,
                total_bytes=progress.total,
            )
        )

    def engine(self) -> ClickHouse:
        """The engine whose parts are taken along. Errors: LimitExceeded when it is a cluster."""
        store = self._plane.store
        if not isinstance(store, ClickHouse) or not store.is_embedded:
            raise LimitExceeded("this hub's engine is a cluster; back it up with its own means")
        return store

    def _others(self, staged: Path, frozen: dict[str, list[Path]]) -> dict[str, Path]:
        """Name in the archive -> file, of all that does not move any more."""
        data = self._places.data
        found = {name: staged / name for name in ("records.sqlite", "catalogue.sqlite")}
        found |= {name: data / name for name in ("hub.toml", "admin-password")}
        found |= self._dashboards(staged)
        for table, parts in frozen.items():
            for part in parts:
                for path in sorted(part.iterdir()):
                    found[f"series/{table}/{part.name}/{path.name}"] = path
        return {name: path for name, path in found.items() if path.is_file()}

    def _dashboards(self, staged: Path) -> dict[str, Path]:
        """Copies of their files: people may remove one while the archive is written."""
        found = {}
        for path in sorted(self._places.dashboards.glob("*/*.toml")):
            name = f"dashboards/{path.parent.name}/{path.name}"
            if is_safe(name):
                make_private_folder((staged / name).parent)
                with suppress(FileNotFoundError):
                    shutil.copyfile(path, staged / name)
                    found[name] = staged / name
        return found


class _Progress:
    """Tells now and then, and notices when nobody wants the backup any more."""

    def __init__(self, tell: Tell, given_up: threading.Event) -> None:
        self.tell = tell
        self.given_up = given_up
        self.total = 0
        self.done = 0
        self._told = 0

    def say(self, text: str) -> None:
        self.tell(BackupStep(text=text, done_bytes=self.done, total_bytes=self.total))

    def add_keys(self, archive: ArchiveWriter, folder: Path) -> None:
        self._go_on()
        packed = archive.add_frame(lambda descriptor: pack_keys(folder, descriptor, self.given_up))
        size = sum(entry.bytes for entry in packed.files)
        self.done, self.total = self.done + size, self.total + size

    def add(self, archive: ArchiveWriter, name: str, path: Path) -> None:
        self._go_on()
        self.done += path.stat().st_size
        archive.add(name, path)
        if self.done - self._told >= _TELL_BYTES:
            self._told = self.done
            self.say("packing")

    def _go_on(self) -> None:
        if self.given_up.is_set():
            raise Unavailable("the backup was given up")


def require_room(folder: Path, need: int) -> None:
    """Room for so many bytes, and for what the journal keeps free to go on (store/journal).

    Errors: Unavailable: a hub whose disk is full takes no values any more.
    """
    usage = shutil.disk_usage(folder)
    reserve = min(JournalSettings().reserve_bytes, usage.total // 10)
    if usage.free - reserve < need:
        raise Unavailable(
            f"the disk of {str(folder)!r} is short: {usage.free >> 20} MiB are free, a backup takes"
            f" up to {need >> 20} MiB, and {reserve >> 20} MiB stay in reserve for values"
        )


def _sweep(places: Places) -> None:
    """Remove what a backup leaves in the data folder, also one that was killed."""
    shutil.rmtree(places.data / "backup.tmp", ignore_errors=True)
    snapshot.thaw(places.series)

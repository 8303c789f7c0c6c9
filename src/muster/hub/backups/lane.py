"""Backups as people see them: asked for or planned, done one after the other, and noted.

Who asks has it begun and looks how far it is; the work is done here, off the event loop. Each
deed ends in the audit log, done or refused. A backup never leaves the hub's machine by itself:
docs/adr/0013-backups-stay-on-the-machine.md.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from threading import Event

import msgspec

from muster.clock import Clock
from muster.core.access import require
from muster.core.audit import make_event
from muster.errors import Conflict, LimitExceeded, MusterError, Unavailable
from muster.hub.backups.backup import Backups
from muster.hub.backups.folder import BackupFolder, name_at
from muster.hub.keys.keypacker import Checked
from muster.hub.keys.keypackerclient import check_archive
from muster.hub.upkeep.backupplan import MOST, BackupSettings, next_ns, too_old
from muster.model.access import Action, Actor
from muster.model.backup import (
    BackupDeed,
    BackupFailure,
    BackupRun,
    BackupStep,
    BackupsView,
    BackupView,
)
from muster.ports.records import AuditRecords
from muster.store.archive import BackupDamaged

log = logging.getLogger(__name__)

_LOOK_S = 60.0
_SELF = Actor(name="hub", operator=True)

Work = Callable[[], Awaitable[None]]


class BackupLane:
    """`run` does what the others ask for."""

    def __init__(
        self,
        *,
        backups: Backups,
        folder: BackupFolder,
        audit: AuditRecords,
        clock: Clock,
        settings: BackupSettings,
    ) -> None:
        self._backups = backups
        self._folder = folder
        self._audit = audit
        self._clock = clock
        self._settings = settings
        self._wanted: asyncio.Queue[Work] = asyncio.Queue(1)
        self._doing: BackupRun | None = None
        self._failed: BackupFailure | None = None

    async def run(self) -> None:
        """Do what is asked for, and what is planned, until cancelled."""
        while True:
            try:
                async with asyncio.timeout(_LOOK_S):
                    do = await self._wanted.get()
            except TimeoutError:
                do = self.look
            try:
                await do()
            except Exception:  # a bug: the next backup shall be made all the same
                log.exception("the lane of backups failed")

    async def look(self) -> None:
        """Begin a backup if one is planned for now."""
        try:
            found = await asyncio.to_thread(self._folder.backups)
            if self._doing is None and 0 < self._next_ns(found) <= self._clock.now_ns():
                await self._create(_SELF, planned=True)
        except LimitExceeded as error:
            run = BackupRun(deed=BackupDeed.CREATE, name=name_at(self._clock.now_ns()))
            self._fail(run, error)
        except MusterError as error:  # also: somebody was quicker to begin one
            log.warning("planned backup put off", extra={"error": str(error)})

    async def view(self, actor: Actor | None) -> BackupsView:
        """All there are. Errors: Denied, Unavailable."""
        require(actor, Action.HUB_MANAGE)
        found = await asyncio.to_thread(self._folder.backups)
        return BackupsView(
            folder=str(self._folder.path),
            free_bytes=await asyncio.to_thread(self._folder.free_bytes),
            most=MOST,
            every_s=self._settings.every.total_seconds(),
            keep=self._settings.keep,
            next_ns=self._next_ns(found),
            refusal=self._refusal(),
            run=self._doing,
            failed=self._failed,
            backups=found,
        )

    async def create(self, actor: Actor | None) -> BackupRun:
        """Begin one. Errors: Denied; Conflict while something is done; LimitExceeded."""
        return await self._create(require(actor, Action.HUB_MANAGE))

    async def verify(self, actor: Actor | None, name: str) -> BackupRun:
        """Begin to read one whole. Errors: Denied; NotFound; Conflict while something is done."""
        actor = require(actor, Action.HUB_MANAGE)
        known = await asyncio.to_thread(self._folder.find, name)
        run = BackupRun(
            deed=BackupDeed.VERIFY, name=name, text="reading it", total_bytes=known.bytes
        )
        return self._begin(run, actor, lambda: self._read(known))

    async def delete(self, actor: Actor | None, name: str) -> None:
        """For good. Errors: Denied; NotFound; Conflict while it is made or read; Unavailable."""
        actor = require(actor, Action.HUB_MANAGE)
        if self._doing is not None and self._doing.name == name:
            raise Conflict(f"{name} is in use: a backup that is made or verified stays until then")
        await asyncio.to_thread(self._folder.delete, name)
        await self._note(actor, "backup.delete", name)

    async def stream(self, actor: Actor, target: Path) -> AsyncIterator[BackupStep]:
        """One into a file elsewhere on this machine, which is in no list of ours."""
        try:
            async with aclosing(self._backups.stream(target)) as steps:
                async for step in steps:
                    yield step
        except MusterError as error:
            await self._note(actor, "backup.create", str(target), error)
            raise
        await self._note(actor, "backup.create", str(target))

    async def _create(self, actor: Actor, *, planned: bool = False) -> BackupRun:
        self._backups.engine()
        found = await asyncio.to_thread(self._folder.backups)
        if len(found) >= MOST:
            raise LimitExceeded(f"{MOST} backups lie in {self._folder.path}: delete one first")
        run = BackupRun(deed=BackupDeed.CREATE, name=name_at(self._clock.now_ns()), text="waiting")
        return self._begin(run, actor, lambda: self._make(run, actor, planned=planned))

    def _begin(self, run: BackupRun, actor: Actor, work: Work) -> BackupRun:
        if self._doing is not None:
            done = "made" if self._doing.deed is BackupDeed.CREATE else "verified"
            raise Conflict(f"{self._doing.name} is being {done}: wait for its end")

        async def do() -> None:
            self._failed = None
            try:
                error = await self._outcome(work)
                if error is not None:
                    self._fail(run, error)
                await self._note(actor, f"backup.{run.deed}", run.name, error)
            except MusterError as unwritten:  # the disk of the records is full, or gone
                log.warning("a backup is in no audit log", extra={"error": str(unwritten)})
            finally:
                self._doing = None

        self._doing = run
        self._wanted.put_nowait(do)
        return run

    async def _outcome(self, work: Work) -> MusterError | None:
        try:
            await work()
        except MusterError as error:
            return error
        except OSError as error:
            return Unavailable(f"{error.filename or self._folder.path}: {error.strerror}")
        except Exception as error:
            log.exception("a backup failed")
            return Unavailable(f"the hub failed ({type(error).__name__}); see its log")
        return None

    async def _make(self, run: BackupRun, actor: Actor, *, planned: bool) -> None:
        await asyncio.to_thread(self._folder.prepare)
        path = self._folder.path / run.name
        try:
            async with aclosing(self._backups.stream(path)) as steps:
                async for step in steps:
                    self._doing = _told(run, step)
        except BackupDamaged:
            path.unlink(missing_ok=True)  # the disk gave back something else than it was given
            raise
        made = BackupView(
            name=run.name,
            bytes=path.stat().st_size,
            time_ns=self._backups.checked.summary.time_ns,
            by=actor.name,
            planned=planned,
        )
        await asyncio.to_thread(self._folder.note, self._known(made, self._backups.checked))
        if planned:
            await asyncio.to_thread(self._prune)

    async def _read(self, known: BackupView) -> None:
        given_up = Event()
        try:
            path = self._folder.path / known.name
            checked = await asyncio.to_thread(check_archive, path, given_up)
        except BackupDamaged as error:
            now_ns = self._clock.now_ns()
            found = msgspec.structs.replace(known, checked_ns=now_ns, fault=str(error))
            await asyncio.to_thread(self._folder.note, found)
            raise
        finally:
            given_up.set()
        await asyncio.to_thread(self._folder.note, self._known(known, checked))

    def _known(self, view: BackupView, checked: Checked) -> BackupView:
        summary = checked.summary
        return msgspec.structs.replace(
            view,
            time_ns=summary.time_ns,
            checked_ns=self._clock.now_ns(),
            fault="",
            sha256=checked.sha256,
            hub=summary.hub,
            version=summary.version,
            rows=summary.rows,
            files=summary.files,
            contents=summary.contents,
        )

    def _prune(self) -> None:
        for each in too_old(self._settings, self._folder.backups(), self._clock.now_ns()):
            self._folder.delete(each.name)
            self._note_now(_SELF, "backup.delete", each.name, None)
            log.info("old backup deleted", extra={"backup": each.name})

    def _next_ns(self, found: list[BackupView]) -> int:
        if self._refusal():
            return 0
        return next_ns(self._settings, found, self._failed, self._clock.now_ns())

    def _refusal(self) -> str:
        try:
            self._backups.engine()
        except MusterError as error:
            return str(error)
        return ""

    def _fail(self, run: BackupRun, error: MusterError) -> None:
        """Remember why; that one is damaged stays with it."""
        log.warning("backup not done", extra={"deed": run.deed, "error": str(error)})
        if run.deed is BackupDeed.VERIFY and isinstance(error, BackupDamaged):
            return
        self._failed = BackupFailure(
            deed=run.deed,
            name=run.name,
            time_ns=self._clock.now_ns(),
            code=error.code,
            text=str(error),
        )

    async def _note(
        self, actor: Actor, action: str, name: str, error: MusterError | None = None
    ) -> None:
        await asyncio.to_thread(self._note_now, actor, action, name, error)

    def _note_now(self, actor: Actor, action: str, name: str, error: MusterError | None) -> None:
        outcome, detail = ("ok", "") if error is None else (error.code, str(error))
        self._audit.add(
            make_event(self._clock, actor, action, name, outcome=outcome, detail=detail)
        )


def _told(run: BackupRun, step: BackupStep) -> BackupRun:
    return msgspec.structs.replace(
        run, text=step.text, done_bytes=step.done_bytes, total_bytes=step.total_bytes
    )

"""The dashboards of spaces: listed, read, saved and removed, as far as somebody may.

A dashboard is a file; those that come with the hub are in every space and stay as they are: one
of a space with the same id stands in their place. An etag is a hash of the file, so who edits
files by hand and who saves from a browser notice each other.
Steps of a change: 1 who  2 what there is, and whether it is what the caller saw  3 the audit
event  4 the file; when the disk refuses, a second event says so.
"""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal, NamedTuple

import msgspec

from muster.clock import Clock
from muster.core.access import require_object
from muster.core.audit import make_event
from muster.core.dashboards.dashboardchecks import check_queries
from muster.core.nodes.readers import Readers
from muster.errors import Conflict, InputError, LimitExceeded, MusterError, NotFound, Unavailable
from muster.model.access import Action, Actor
from muster.model.dashboard import Dashboard
from muster.model.dashboardrules import check_dashboard
from muster.model.ids import SpaceId
from muster.ports.dashboards import DashboardFile, DashboardFiles
from muster.ports.records import AuditRecords, NodeRecords
from muster.wire.dashboardfile import DashboardFileError, format_dashboard, parse_dashboard

log = logging.getLogger(__name__)

Change = Literal["created", "changed", "unchanged"]
_REMEMBERED = 5_000  # files that are not parsed again
_ACTIONS: Mapping[Change, str] = {"created": "dashboard.create", "changed": "dashboard.edit"}


class DashboardSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[dashboards] of the hub's configuration."""

    most: int = 500  # dashboards that one space may have, beside those built in
    public_links: bool = True  # False: none can be made, and those that were made show nothing
    links_most: int = 200  # public links that one space may have
    public_queries_per_minute: int = 600  # queries of one public link, whoever uses it
    # wrong public links of one /24 (IPv4) or /56 (IPv6); more wait
    wrong_links_per_network_and_minute: int = 30


class ChangedMeanwhile(Conflict):
    """What is to be changed is not what the caller has seen."""

    code = "changed_meanwhile"
    status = 412


class Kept(NamedTuple):
    """A dashboard as it is now."""

    dashboard: Dashboard
    etag: str
    built_in: bool
    changed_ns: int


class Listed(NamedTuple):
    """A file in the list: the dashboard, or why there is none."""

    id: str
    kept: Kept | None
    error: str
    built_in: bool
    changed_ns: int


class Saved(NamedTuple):
    """What saving did, or would do."""

    etag: str
    change: Change


class _Read(NamedTuple):
    text: str
    dashboard: Dashboard | None
    error: str


class Dashboards:
    """All dashboards of a hub."""

    def __init__(
        self,
        *,
        files: DashboardFiles,
        nodes: NodeRecords,
        readers: Readers,
        audit: AuditRecords,
        clock: Clock,
        settings: DashboardSettings,
    ) -> None:
        self._files = files
        self._nodes = nodes
        self._readers = readers
        self._audit = audit
        self._clock = clock
        self._settings = settings
        self._parsed: dict[str, _Read] = {}  # by the name of the file
        self._lock = asyncio.Lock()  # of files and of what is known of them

    async def listed(self, actor: Actor | None, space: SpaceId) -> list[Listed]:
        """By title. Errors: NotFound, Denied."""
        self._require(actor, Action.DATA_READ, space)
        found = list((await self._all(space)).values())
        return sorted(found, key=lambda each: (_title(each).casefold(), each.id))

    async def get(
        self, actor: Actor | None, space: SpaceId, id: str, action: Action = Action.DATA_READ
    ) -> Kept:
        """One that can be used. Errors: NotFound, Denied; InputError says what is wrong with it."""
        self._require(actor, action, space)
        return await self.shown(space, id)

    async def shown(self, space: SpaceId, id: str) -> Kept:
        """As `get`, for who was let in before."""
        found = (await self._all(space)).get(id)
        if found is None:
            raise NotFound("no such dashboard")
        if found.kept is None:
            raise InputError(found.error)
        return found.kept

    async def save(
        self,
        actor: Actor | None,
        space: SpaceId,
        dashboard: Dashboard,
        *,
        seen: str = "",
        dry_run: bool = False,
    ) -> Saved:
        """Keep a dashboard under its id. `seen` is the etag of what it replaces.

        Errors: DashboardError; Conflict when there is one and `seen` is empty;
                ChangedMeanwhile; LimitExceeded; Unavailable.
        """
        # 1
        actor = self._require(actor, Action.DASHBOARD_EDIT, space)
        check_dashboard(dashboard)
        await asyncio.to_thread(check_queries, dashboard)
        text = format_dashboard(dashboard)
        async with self._lock:
            # 2
            known = await self._known(space)
            there = known.get(dashboard.id)
            change = self._change(there, dashboard, seen)
            if there is None or there.built_in:
                own = sum(not each.built_in for each in known.values())
                if own >= self._settings.most:
                    raise LimitExceeded(f"a space has up to {self._settings.most} dashboards")
            if change != "unchanged" and not dry_run:
                await self._write(actor, space, dashboard, _ACTIONS[change], text)
        kept = there.kept if there is not None and change == "unchanged" else None
        return Saved(kept.etag if kept is not None else _etag(text), change)

    async def remove(
        self,
        actor: Actor | None,
        space: SpaceId,
        id: str,
        *,
        seen: str = "",
        before: Callable[[Actor], Awaitable[None]] | None = None,
    ) -> None:
        """The built-in of the same id shows again. `before` is done when nothing speaks against it.

        Errors: NotFound, Denied, Conflict.
        """
        actor = self._require(actor, Action.DASHBOARD_EDIT, space)
        async with self._lock:
            there = (await self._known(space)).get(id)
            if there is None:
                raise NotFound("no such dashboard")
            if there.built_in:
                raise Conflict(f"{id!r} comes with the hub and stays; save a copy to change it")
            if seen and there.kept is not None and seen != there.kept.etag:
                raise _changed(id)
            if before is not None:
                await before(actor)
            await self._note(actor, space, id, "dashboard.remove", _title(there))
            try:
                await asyncio.to_thread(self._files.remove, space, id)
            except Unavailable as error:
                await self._note(actor, space, id, "dashboard.remove", "", error)
                raise

    async def space_removed(self, space: SpaceId) -> None:
        """Its files go with it; a disk that refuses is logged, as the space is gone already."""
        async with self._lock:
            try:
                await asyncio.to_thread(self._files.remove_space, space)
            except Unavailable as error:
                log.warning("dashboards left behind", extra={"space": space, "error": str(error)})

    def _change(self, there: Listed | None, dashboard: Dashboard, seen: str) -> Change:
        if there is None:
            if seen:
                raise _changed(dashboard.id)
            return "created"
        if there.kept is not None and there.kept.dashboard == dashboard:
            return "unchanged"
        if not seen:
            raise Conflict(
                f"there is a dashboard {dashboard.id!r} already; give If-Match with its etag to"
                " replace it, or choose another id"
            )
        current = there.kept.etag if there.kept is not None else _etag(there.error)
        if seen not in (current, "*"):
            raise _changed(dashboard.id)
        return "created" if there.built_in else "changed"

    async def _write(
        self, actor: Actor, space: SpaceId, dashboard: Dashboard, action: str, text: str
    ) -> None:
        # 3
        await self._note(actor, space, dashboard.id, action, dashboard.title)
        # 4
        try:
            await asyncio.to_thread(self._files.write, space, dashboard.id, text)
        except Unavailable as error:
            await self._note(actor, space, dashboard.id, action, "", error)
            raise

    async def _note(
        self,
        actor: Actor,
        space: SpaceId,
        id: str,
        action: str,
        title: str,
        error: MusterError | None = None,
    ) -> None:
        event = make_event(
            self._clock,
            actor,
            action,
            id,
            detail=title,
            space=space,
            outcome=error.code if error is not None else "ok",
        )
        await asyncio.to_thread(self._audit.add, event)

    async def _all(self, space: SpaceId) -> dict[str, Listed]:
        async with self._lock:
            return await self._known(space)

    async def _known(self, space: SpaceId) -> dict[str, Listed]:
        """By id, those of the space in place of built-in ones."""
        return await asyncio.to_thread(self._look, space)

    def _look(self, space: SpaceId) -> dict[str, Listed]:
        files = {file.id: file for file in self._files.built_in()}
        files |= {file.id: file for file in self._files.of_space(space)}
        if len(self._parsed) > _REMEMBERED:
            self._parsed.clear()
        return {id: self._listed(file) for id, file in files.items()}

    def _listed(self, file: DashboardFile) -> Listed:
        read = self._parsed.get(file.name)
        if read is None or read.text != file.text or file.error:
            read = self._parsed[file.name] = _read(file)
        is_built_in = file.changed_ns == 0
        kept = None
        if read.dashboard is not None:
            kept = Kept(read.dashboard, _etag(file.text), is_built_in, file.changed_ns)
        return Listed(file.id, kept, read.error, is_built_in, file.changed_ns)

    def _require(self, actor: Actor | None, action: Action, space: SpaceId) -> Actor:
        if action is Action.DATA_READ:
            actor = self._readers.require(actor, space)
        else:
            actor = require_object(actor, action, space, "space")
        if all(known.id != space for known in self._nodes.spaces()):
            raise NotFound("no such space")
        return actor


def _read(file: DashboardFile) -> _Read:
    if file.error:
        return _Read(file.text, None, file.error)
    try:
        dashboard = parse_dashboard(file.text, file.name)
    except DashboardFileError as error:
        return _Read(file.text, None, str(error))
    if dashboard.id != file.id:
        text = f"{file.name}: id: {dashboard.id!r} is not the file's name"
        return _Read(file.text, None, text)
    return _Read(file.text, dashboard, "")


def _title(listed: Listed) -> str:
    return listed.kept.dashboard.title if listed.kept is not None else listed.id


def _etag(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _changed(id: str) -> ChangedMeanwhile:
    return ChangedMeanwhile(f"the dashboard {id!r} was changed meanwhile; load it again")

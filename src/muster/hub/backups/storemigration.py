"""A stopped hub's values copied from the engine that it has to another one.

That it was begun and how it ended are events of the audit log.
"""

from pathlib import Path

from muster.clock import Clock
from muster.core.audit import make_event
from muster.errors import Conflict, MusterError, SettingsError
from muster.hub.places import Places
from muster.hub.process.lock import FolderLock
from muster.model.access import Actor
from muster.store.dataplane import Settings
from muster.store.engine import statements
from muster.store.engine.clickhousehttp import Access, ClusterSessions
from muster.store.engine.clusterdialect import parse_place
from muster.store.engine.enginesessions import EmbeddedSessions, Sessions
from muster.store.engine.migration import Say, Total, migrate
from muster.store.records.records import SqliteRecords

_OPERATOR = Actor(name="operator", operator=True)


def migrate_data(
    data: Path,
    source: Settings,
    target: Settings,
    clock: Clock,
    say: Say,
    *,
    is_ahead: bool = False,
) -> Total:
    """How much is in both. Blocks. `is_ahead`: what a journal still has comes another time.

    Errors: Conflict where the hub runs, has values in its journal, or the target has others;
            SettingsError, Unavailable.
    """
    if source.url == target.url:
        raise SettingsError("is where the values are already", "", "--to")
    with FolderLock(data):
        _note(data, clock, source, target, "ok", "begun")
        outcome, detail = "error", "broken off"
        try:
            if not is_ahead:
                _require_all(data)
            total = _migrate(data, source, target, say)
            outcome, detail = "ok", f"{total.text} are in both"
        except MusterError as error:
            outcome, detail = error.code, str(error)
            raise
        finally:
            _note(data, clock, source, target, outcome, detail)
        return total


def _note(
    data: Path, clock: Clock, source: Settings, target: Settings, outcome: str, detail: str
) -> None:
    path = Places(data).records
    if not path.exists():  # no hub has run here yet, and its records are its own to make
        return
    ways = f"{source.url or 'embedded'} to {target.url or 'embedded'}"
    event = make_event(clock, _OPERATOR, "store.migrate", ways, outcome=outcome, detail=detail)
    with SqliteRecords(path=path) as records:
        records.audit.add(event)


def _require_all(data: Path) -> None:
    waiting = sorted((data / "journal").glob("*.segment"))
    if waiting:
        raise Conflict(
            f"the journal has values that are in no engine yet ({waiting[0].name}): start the hub,"
            " let it move them, and stop it in order"
        )


def _migrate(data: Path, source: Settings, target: Settings, say: Say) -> Total:
    ways = _sessions(data, source), _sessions(data, target)
    opened: list[Sessions] = []
    try:
        for way in ways:
            way.open(statements.create())
            opened.append(way)
        return migrate(*ways, say)
    finally:
        for way in opened:
            way.close()


def _sessions(data: Path, settings: Settings) -> Sessions:
    if not settings.url:
        return EmbeddedSessions(data / "series", settings.engine.limits)
    access = Access(settings.credentials_file, settings.ca_file)
    return ClusterSessions(parse_place(settings.url), access, settings.engine.limits)

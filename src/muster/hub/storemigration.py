"""A stopped hub's values copied from the engine that it has to another one."""

from pathlib import Path

from muster.errors import Conflict, SettingsError
from muster.hub.lock import FolderLock
from muster.store import statements
from muster.store.clickhousehttp import Access, ClusterSessions
from muster.store.clusterdialect import parse_place
from muster.store.dataplane import Settings
from muster.store.enginesessions import EmbeddedSessions, Sessions
from muster.store.migration import Say, migrate


def migrate_data(data: Path, source: Settings, target: Settings, say: Say) -> int:
    """How many values are in both. Blocks.

    Errors: Conflict where the hub runs, has values in its journal, or the target has others;
            SettingsError, Unavailable.
    """
    if source.url == target.url:
        raise SettingsError("is where the values are already", "", "--to")
    with FolderLock(data):
        return _migrate(data, source, target, say)


def _migrate(data: Path, source: Settings, target: Settings, say: Say) -> int:
    waiting = sorted((data / "journal").glob("*.segment"))
    if waiting:
        raise Conflict(
            f"the journal has values that are in no engine yet ({waiting[0].name}): start the hub,"
            " let it move them, and stop it in order"
        )
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

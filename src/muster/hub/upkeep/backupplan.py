"""When a hub backs itself up, and which of those backups stay. Pure; the work: backups/lane.py."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import msgspec

from muster.clock import SECOND_NS, span_ns
from muster.errors import SettingsError
from muster.model.backup import BackupDeed, BackupFailure, BackupView

MOST = 100  # in the folder: a list that people read, and a bound on what a session can fill
_AGAIN_NS = 3600 * SECOND_NS  # after one that failed


class BackupSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[backup] of the hub's configuration."""

    folder: Path | None = None  # where backups lie, best on another disk; none: DIR/backups
    every: timedelta = timedelta(0)  # between backups that the hub makes by itself; 0s: none
    keep: int = 7  # of those; older ones are deleted once a new one is whole


def check(settings: BackupSettings) -> None:
    """Errors: SettingsError naming the key."""
    if settings.every and settings.every < timedelta(hours=1):
        raise SettingsError("at least 1h, or 0s for none", key="backup.every")
    if not 1 <= settings.keep < MOST:
        raise SettingsError(f"1 to {MOST - 1}, not {settings.keep}", key="backup.keep")


def next_ns(
    settings: BackupSettings,
    backups: Sequence[BackupView],
    failed: BackupFailure | None,
    now_ns: int,
) -> int:
    """When the next one is due, 0 for never. `backups` are the newest first."""
    every_ns = span_ns(settings.every)
    if not every_ns:
        return 0
    planned = _planned(backups, now_ns)
    due_ns = planned[0].time_ns + every_ns if planned else now_ns
    if failed is not None and failed.deed is BackupDeed.CREATE:
        due_ns = max(due_ns, failed.time_ns + _AGAIN_NS)
    return due_ns


def too_old(
    settings: BackupSettings, backups: Sequence[BackupView], now_ns: int
) -> list[BackupView]:
    """Of the planned ones those that go, when a new one is whole. `backups`: newest first."""
    return _planned(backups, now_ns)[settings.keep :]


def _planned(backups: Sequence[BackupView], now_ns: int) -> list[BackupView]:
    """Without those of a clock that was ahead: they would keep a new one from being made."""
    return [each for each in backups if each.planned and each.time_ns <= now_ns]

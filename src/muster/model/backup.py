"""Backups of a hub: what is known of each, and what is being done."""

from enum import StrEnum

import msgspec


class BackupStep(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a backup's progress. The last one is `done` or an `error`."""

    text: str = ""
    done_bytes: int = 0
    total_bytes: int = 0
    done: bool = False
    file: str = ""
    sha256: str = ""
    error: dict[str, str] = {}


class BackupView(msgspec.Struct, frozen=True, kw_only=True):
    """One backup in the hub's folder. What it holds is known once it was read whole."""

    name: str
    bytes: int  # of the file
    time_ns: int  # the moment that it shows; of a file nobody has read yet, when it was written
    by: str = ""  # who had it made; "hub" as planned by its settings
    planned: bool = False
    checked_ns: int = 0  # when it was last read whole; 0: not yet
    fault: str = ""  # why it is not whole
    sha256: str = ""
    hub: str = ""
    version: str = ""
    rows: int = 0
    files: int = 0
    contents: dict[str, int] = {}  # place -> bytes, as they were before they were packed


class BackupDeed(StrEnum):
    """What takes time."""

    CREATE = "create"
    VERIFY = "verify"


class BackupRun(msgspec.Struct, frozen=True, kw_only=True):
    """What is being done now, and how far it is; a total of 0 is not known."""

    deed: BackupDeed
    name: str
    text: str = ""
    done_bytes: int = 0
    total_bytes: int = 0


class BackupFailure(msgspec.Struct, frozen=True, kw_only=True):
    """What could not be done the last time, and why."""

    deed: BackupDeed
    name: str
    time_ns: int
    code: str
    text: str


class BackupsView(msgspec.Struct, frozen=True, kw_only=True):
    """All backups, newest first, and what holds for them."""

    folder: str  # on the hub's machine
    free_bytes: int  # of its disk
    most: int  # that may lie there
    every_s: float  # between those that are planned; 0: none is
    keep: int  # of the planned ones
    next_ns: int  # when the next one is planned; 0: not
    refusal: str  # why this hub cannot be backed up; empty: it can
    run: BackupRun | None
    failed: BackupFailure | None  # until the same is tried again
    backups: list[BackupView]

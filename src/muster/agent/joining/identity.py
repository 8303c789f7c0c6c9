"""What makes a machine a node: key, chain, anchors and node.json, switched all at once.

`DIR/identity` is a symbolic link to a folder under `DIR/identities/`. A new identity is
written beside it, synced, and the link is renamed over: whoever reads or is killed at any
moment finds the old one or the new one, whole. No cryptography here: the running agent
imports this file, and what is in a certificate stands in node.json.

Layout: docs/formats/agent-folder.md
"""

import contextlib
import os
from pathlib import Path

import msgspec

from muster.errors import Conflict, MusterError, NotFound, SettingsError
from muster.files import make_folder, sync, write_new
from muster.log import Secret

_WAITING = ("claim", "renewal", "recovery", "request", "adoption")
_PENDING = tuple(f"{what}.pending" for what in _WAITING)
KEY, CHAIN, ANCHORS, NODE = "key.pem", "chain.pem", "anchors.pem", "node.json"


class NotClaimed(NotFound):
    code = "not_claimed"


class NodeFile(msgspec.Struct, frozen=True, kw_only=True):
    """node.json: who this machine is at its hub, and how long its certificate holds."""

    node: str
    space: str
    name: str
    hub: str  # UUID of the hub
    agents: str  # "host:port" of the hub's agents' listener
    serial: str
    sha256: str  # of the certificate
    not_before_ns: int
    not_after_ns: int
    claimed_ns: int = 0


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """An identity on disk. `folder` is its own, not the link to it."""

    folder: Path
    node: NodeFile

    @property
    def key(self) -> Path:
        return self.folder / KEY

    @property
    def chain(self) -> Path:
        return self.folder / CHAIN

    def anchors(self) -> str:
        """Trust anchors, PEM. Errors: SettingsError."""
        return _read(self.folder / ANCHORS)


def load_identity(data: Path) -> Identity:
    """The identity in force.

    Errors: NotClaimed; SettingsError when a file is missing, unreadable or malformed.
    """
    link = data / "identity"
    if not os.path.lexists(link):
        if (data / "claim.pending").exists():
            raise NotClaimed(
                f"{data} is not claimed yet: a claim was begun; the same muster agent claim again"
                " goes on with it"
            )
        raise NotClaimed(f"{data} is not claimed: run muster agent claim")
    folder = link.resolve()
    text = _read(folder / NODE)
    try:
        node = msgspec.json.decode(text, type=NodeFile)
    except msgspec.DecodeError as error:
        raise SettingsError(f"cannot be read: {error}", str(link / NODE)) from error
    for name in (KEY, CHAIN, ANCHORS):
        if not os.access(folder / name, os.R_OK):
            raise SettingsError("is missing or may not be read", str(link / name))
    if (mode := (folder / KEY).stat().st_mode & 0o777) & 0o077:
        raise SettingsError(f"others may read it (mode {mode:04o}): chmod 600", str(link / KEY))
    return Identity(folder=folder, node=node)


def is_claimed(data: Path) -> bool:
    return os.path.lexists(data / "identity")


def install_identity(
    data: Path, *, key: Secret, chain: str, anchors: str, node: NodeFile
) -> Identity:
    """Make an identity the one in force, in one step. The one before it is removed.

    Errors: MusterError kin for a disk that refuses; then the old one is still in force.
    """
    folder = data / "identities" / node.serial
    try:
        make_folder(data)
        make_folder(folder.parent)
        remove_folder(folder, ignore_errors=True)  # half of an earlier attempt
        make_folder(folder)
        write_new(folder / KEY, key.reveal().encode())
        write_new(folder / CHAIN, chain.encode())
        write_new(folder / ANCHORS, anchors.encode())
        write_new(folder / NODE, msgspec.json.format(msgspec.json.encode(node)))
        sync(folder)
        sync(folder.parent)
        _switch(data, folder)
    except OSError as error:
        raise refused(error) from error
    _tidy(data, keep=folder)
    return Identity(folder=folder, node=node)


def remove_identity(data: Path) -> None:
    """Forget identity and spool; the first step already unclaims. Errors: NotClaimed; as above."""
    if not is_claimed(data):
        raise NotClaimed(f"{data} is not claimed")
    try:
        _put_aside(data)
        (data / "identity").unlink(missing_ok=True)
        sync(data)
        # The spool goes too: what this hub has not fetched is nothing another may have.
        for name in ("identities", "spool", *_PENDING):
            remove_folder(data / name, ignore_errors=True)
        (data / "fork").unlink(missing_ok=True)
    except OSError as error:
        raise refused(error) from error


def remove_folder(folder: Path, *, ignore_errors: bool = False) -> None:
    """Remove a folder and all in it. Errors: OSError.

    With what `shutil` knows of archives it would be half a megabyte of each running agent.
    """
    import shutil

    shutil.rmtree(folder, ignore_errors=ignore_errors)


class DiskRefused(MusterError):
    """A file of the agent's folder cannot be read or written."""

    code = "disk_refused"


class PermissionRefused(Conflict):
    code = "permission"


def refused(error: OSError) -> MusterError:
    """An OSError as people should read it."""
    text = f"{error.filename or 'disk'}: {error.strerror or error}"
    if isinstance(error, PermissionError):
        return PermissionRefused(f"{text}; run it as the user who owns the folder")
    return DiskRefused(text)


def _switch(data: Path, folder: Path) -> None:
    fresh = data / "identity.new"
    with contextlib.suppress(FileNotFoundError):
        fresh.unlink()
    fresh.symlink_to(folder.relative_to(data))
    _put_aside(data)
    fresh.replace(data / "identity")
    sync(data)


def _put_aside(data: Path) -> None:
    """Make way where a copy that followed links has a folder, which no link can replace.

    A kill before the link is there leaves the copy unclaimed; an agent's own folder has a link.
    """
    place = data / "identity"
    if place.is_dir() and not place.is_symlink():
        aside = data / "identities" / "followed"
        make_folder(aside.parent)
        remove_folder(aside, ignore_errors=True)
        place.rename(aside)


def _tidy(data: Path, keep: Path) -> None:
    for other in (data / "identities").iterdir():
        if other.name != keep.name:
            remove_folder(other, ignore_errors=True)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        cause = getattr(error, "strerror", None) or "not UTF-8"
        raise SettingsError(f"cannot be read: {cause}", str(path)) from error

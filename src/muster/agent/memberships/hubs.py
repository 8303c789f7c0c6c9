"""The hubs that one agent belongs to: their names, their folders, and what each may have.

The first lies in the agent's folder itself and is called `main`; each other has a folder of the
same shape in `hubs/NAME`, with a key, an identity and a spool of its own. `allow.json` names
what a hub may have; without it a hub gets everything, and one that cannot be read allows nothing.

Layout: docs/formats/agent-folder.md
"""

import contextlib
import logging
import os
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from muster.agent.joining.identity import NotClaimed, is_claimed, refused, remove_folder
from muster.errors import InputError, LimitExceeded
from muster.files import Held, hold, make_folder, sync, write_new

log = logging.getLogger(__name__)

MAIN = "main"
FOLDER = "hubs"
MAX_HUBS = 8
ALLOW = "allow.json"
SPOOLED = "spool.allow"  # what the hub might have when its spool was filled
LEAVING = "leaving"  # the agent is to let go of this hub
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
_MAX_ALLOWED = 1_000


class TooManyHubs(LimitExceeded):
    code = "too_many_hubs"


class Allowed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """allow.json: names of collectors and of measurements."""

    only: tuple[str, ...]


def check_hub_name(name: str) -> str:
    """Errors: InputError."""
    if not _NAME.fullmatch(name):
        raise InputError(f"a hub's name is up to 32 of a-z, 0-9 and - within, not {name[:40]!r}")
    return name


def hub_folder(data: Path, name: str) -> Path:
    """Where an agent has what belongs to one hub; "" is the first. Errors: InputError."""
    return data if name in ("", MAIN) else data / FOLDER / check_hub_name(name)


def hub_names(data: Path) -> list[str]:
    """Hubs that the agent is enrolled with: the first, then the others by name."""
    found = [MAIN] if is_claimed(data) else []
    with contextlib.suppress(OSError):
        names = sorted(each.name for each in (data / FOLDER).iterdir())
        found += [
            name
            for name in names
            if name != MAIN and _NAME.fullmatch(name) and is_claimed(data / FOLDER / name)
        ]
    return found[:MAX_HUBS]


def require_place(data: Path, name: str) -> None:
    """Before another hub is joined. Errors: TooManyHubs."""
    known = hub_names(data)
    if (name or MAIN) not in known and len(known) >= MAX_HUBS:
        raise TooManyHubs(f"an agent belongs to {MAX_HUBS} hubs at most: {', '.join(known)}")


def require_hub(data: Path, name: str) -> Path:
    """The folder of a hub that the agent is enrolled with. Errors: NotClaimed, InputError."""
    folder = hub_folder(data, name)
    if not is_claimed(folder):
        known = ", ".join(hub_names(data)) or "none"
        raise NotClaimed(f"this agent is enrolled with no hub {name or MAIN!r}; it is with {known}")
    return folder


def read_allowed(folder: Path, name: str = ALLOW) -> frozenset[str] | None:
    """What a hub may have; None: everything."""
    try:
        text = (folder / name).read_bytes()
        return frozenset(msgspec.json.decode(text, type=Allowed).only)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        log.warning("hub gets nothing", extra={"file": str(folder / name), "cause": str(error)})
        return frozenset()


def write_allowed(folder: Path, names: Iterable[str] | None, name: str = ALLOW) -> None:
    """Say what a hub may have; None: everything. Errors: InputError; of the disk."""
    only = None if names is None else tuple(sorted(set(names)))
    if only is not None and len(only) > _MAX_ALLOWED:
        raise InputError(f"up to {_MAX_ALLOWED} names, not {len(only)}")
    fresh = folder / f"{name}.new"
    try:
        make_folder(folder)
        fresh.unlink(missing_ok=True)
        if only is None:
            (folder / name).unlink(missing_ok=True)
        else:
            write_new(fresh, msgspec.json.encode(Allowed(only=only)) + b"\n")
            fresh.replace(folder / name)
        sync(folder)
    except OSError as error:
        raise refused(error) from error


def is_less(before: frozenset[str] | None, after: frozenset[str] | None) -> bool:
    """Whether a hub may not have any more what it might before."""
    return after is not None and (before is None or not before <= after)


def settle_spool(folder: Path) -> bool:
    """Drop a spool that was filled while its hub might have more; whether there was one.

    Errors: of the disk.
    """
    before, now = read_allowed(folder, SPOOLED), read_allowed(folder)
    drops = is_less(before, now) and (folder / "spool").exists()
    if drops:
        try:
            remove_folder(folder / "spool")
        except OSError as error:
            raise refused(error) from error
    if before != now:
        write_allowed(folder, now, SPOOLED)
    return drops


def allowed_mark(folder: Path) -> tuple[int, int]:
    """Changes when what a hub may have was written anew."""
    try:
        found = (folder / ALLOW).stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_ino)


def ask_to_leave(folder: Path) -> None:
    """Let a running agent end its link to one of the other hubs. Errors: of the disk."""
    try:
        file = os.open(folder / LEAVING, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.close(file)
    except OSError as error:
        raise refused(error) from error


def is_leaving(folder: Path) -> bool:
    return (folder / LEAVING).exists()


def is_held(folder: Path) -> bool:
    """Whether an agent, or a claim, works in the folder. Errors: of the disk."""
    try:
        os.close(hold(folder / "agent.lock"))
    except Held:
        return True
    except OSError as error:
        raise refused(error) from error
    return False


def remove_hub(folder: Path) -> None:
    """Forget one of the other hubs, whose folder nobody holds; its first step unclaims.

    Errors: of the disk.
    """
    try:
        (folder / "identity").unlink(missing_ok=True)
        sync(folder)
        remove_folder(folder)
    except OSError as error:
        raise refused(error) from error

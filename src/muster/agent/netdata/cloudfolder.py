"""The folder `cloud.d` and what lies around it, named as Netdata names it.

Rules:
1. `claimed_id` makes a claim: 36 characters, no newline. What is no UUID is no claim.
2. Id and settings of a claim come into force together: they are written to `.switch` first,
   and whoever reads after a kill finishes that.
3. Each file is written beside its place, synced and renamed; scratch files are removed.
Folder 0770, keys and the one-time key 0600, other files 0640, owned by the agent's user.

Source: netdata-claim.sh (names, order); docs/formats/agent-folder.md
"""

import contextlib
import os
import pwd
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path

import msgspec

from muster.agent.netdata import ini
from muster.agent.netdata.outcome import ClaimExit, ClaimFailed
from muster.files import sync
from muster.model.ids import is_uuid

VARIABLE = "NETDATA_VARLIB_DIR"
# Ids that images of virtual machines were shipped with: thousands of machines have them.
_BAD_GUIDS = frozenset(
    ("8a795b0c-2311-11e6-8563-000c295076a6", "4aed1458-1c3e-11e6-a53f-000c290fc8f5")
)
_SECRET, _SHARED = 0o600, 0o640
_MAX_TEXT = 64 << 10


def lib_folder(data: Path, environment: Mapping[str, str]) -> Path:
    """What Netdata calls the library directory: the one it names, else the agent's folder."""
    named = environment.get(VARIABLE, "")
    return Path(named) if named else data


class _Switch(msgspec.Struct, frozen=True):
    """What a claim puts in force. Empty: stays as it is."""

    claimed_id: str
    conf: str


class CloudFolder:
    """Files of one agent's claim. Making it touches nothing."""

    def __init__(self, lib: Path) -> None:
        self.lib = lib
        self.folder = lib / "cloud.d"
        self.private = self.folder / "private.pem"
        self.public = self.folder / "public.pem"
        self.claimed_id = self.folder / "claimed_id"
        self.conf = self.folder / "cloud.conf"
        self.token = self.folder / "token"
        self.rooms = self.folder / "rooms"
        self.chain = self.folder / "cloud_fullchain.pem"  # trusted for the claim
        self.trusted = self.folder / "trusted.pem"  # as the one above, and before it
        self.request = self.folder / "tmpin.txt"
        self.answer = self.folder / "tmpout.txt"
        self.guid = lib / "registry" / "netdata.public.unique.id"
        self.one_time_key = lib / "netdata_random_session_id"
        self._switch = self.folder / ".switch"

    def make(self) -> None:
        """Make the folder unless it is there. Errors: ClaimFailed (2)."""
        try:
            if not self.folder.is_dir():
                self.folder.mkdir(parents=True)
                self.folder.chmod(0o770)
        except OSError as error:
            raise ClaimFailed(
                ClaimExit.FOLDER,
                f"Failed to create claiming working directory {self.folder}: {error.strerror}",
            ) from error
        if not os.access(self.folder, os.W_OK | os.X_OK):
            raise ClaimFailed(
                ClaimExit.FOLDER,
                f"No write permission in claiming working directory {self.folder}",
            )

    def read_claim_id(self) -> str:
        """The id of the claim in force, lower case; "" when there is none."""
        self._finish_switch()
        text = read(self.claimed_id).strip().lower()
        return text if is_uuid(text) else ""

    def has_broken_id(self) -> bool:
        """Whether `claimed_id` is there and is no id."""
        return bool(read(self.claimed_id).strip()) and not self.read_claim_id()

    def read_conf(self) -> dict[str, str]:
        """`[global]` of cloud.conf."""
        self._finish_switch()
        return ini.parse(read(self.conf)).get("global", {})

    def write_conf(self, settings: Mapping[str, str]) -> None:
        """Errors: ClaimFailed (2)."""
        self.write(self.conf, ini.format_sections({"global": settings}))

    def put_in_force(self, claim_id: str, conf: Mapping[str, str]) -> None:
        """Both at once; the token, which is used now, goes. "" keeps the old id.

        Errors: ClaimFailed (2).
        """
        switch = _Switch(claim_id, ini.format_sections({"global": conf}))
        self.write(self._switch, msgspec.json.encode(switch).decode(), _SECRET)
        self._finish_switch()

    def drop_claim(self) -> None:
        """Leave the cloud: no id, no settings, and no token that would claim again."""
        for path in (self._switch, self.claimed_id, self.conf, self.token, self.rooms):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    def drop_scratch(self) -> None:
        for path in (self.request, self.answer):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    def machine_guid(self) -> str:
        """The machine's id; made when there is none, or one that many machines have.

        Errors: ClaimFailed (18).
        """
        if self.guid.exists() and not os.access(self.guid, os.R_OK):
            raise ClaimFailed(
                ClaimExit.NO_MACHINE_ID,
                "netdata.public.unique.id is not readable. Please make sure you have rights to"
                f" read it (Filename: {self.guid}).",
            )
        known = read(self.guid).strip().lower()
        if is_uuid(known) and known not in _BAD_GUIDS:
            return known
        fresh = str(uuid.uuid4())
        try:
            self.guid.parent.mkdir(parents=True, exist_ok=True)
            _write(self.guid, fresh, _SHARED)
        except OSError as error:
            raise ClaimFailed(
                ClaimExit.NO_MACHINE_ID,
                "Failed to write new machine GUID. Please make sure you have rights to write to"
                f" {self.guid}.",
            ) from error
        return fresh

    def fresh_one_time_key(self) -> str:
        """A new key for the claim API, in its file: who can read that owns the agent."""
        key = str(uuid.uuid4())
        _write(self.one_time_key, f"{key}\n", _SECRET)
        return key

    def write(self, path: Path, text: str, mode: int = _SHARED) -> None:
        """Errors: ClaimFailed (2)."""
        try:
            _write(path, text, mode)
        except OSError as error:
            raise ClaimFailed(
                ClaimExit.FOLDER, f"cannot write {path}: {error.strerror or error}"
            ) from error

    def write_secret(self, path: Path, text: str) -> None:
        """As `write`, for its owner alone. Errors: ClaimFailed (2)."""
        self.write(path, text, _SECRET)

    def give_to(self, user: str) -> None:
        """All of it becomes this user's, as far as root says so. Errors: ClaimFailed (2)."""
        if os.geteuid() != 0:
            return
        try:
            for path in (self.folder, *self.folder.iterdir(), self.guid.parent, self.guid):
                shutil.chown(path, user, pwd.getpwnam(user).pw_gid)
        except (OSError, LookupError) as error:
            raise ClaimFailed(
                ClaimExit.FOLDER, f"{self.folder} cannot be given to user {user!r}: {error}"
            ) from error

    def _finish_switch(self) -> None:
        text = read(self._switch)
        if not text:
            return
        try:
            switch = msgspec.json.decode(text, type=_Switch)
        except msgspec.DecodeError:
            self._switch.unlink(missing_ok=True)  # never renamed half written: somebody else's
            return
        if switch.claimed_id:
            self.write(self.claimed_id, switch.claimed_id)
        self.write(self.conf, switch.conf)
        self.token.unlink(missing_ok=True)
        self._switch.unlink(missing_ok=True)
        sync(self.folder)


def read(path: Path) -> str:
    """A file's text; "" for one that is not there or cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(_MAX_TEXT).decode("utf-8", "replace")
    except OSError:
        return ""


def _write(path: Path, text: str, mode: int) -> None:
    """Whole or not at all, with this mode whatever the umask, of the folder's owner."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    beside.unlink(missing_ok=True)
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _SECRET)
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(text.encode())
            stream.flush()
            os.fsync(file)
            if os.geteuid() == 0:
                owner = path.parent.stat()
                os.fchown(file, owner.st_uid, owner.st_gid)
            os.fchmod(file, mode)
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
    sync(path.parent)

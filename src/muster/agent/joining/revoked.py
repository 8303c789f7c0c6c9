"""That this folder's node was revoked or removed: kept, so that a kept token does not undo it.

A machine that claims by its environment at each start would otherwise come back by itself
after an administrator took it away. Who means it says so: `muster agent claim --force-new`.
"""

import contextlib
import logging
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from muster.clock import SECOND_NS
from muster.errors import Conflict
from muster.files import write_new

log = logging.getLogger(__name__)

FILE = "revoked.json"


class WasRevoked(Conflict):
    """The hub has done with the node that this folder was."""

    code = "was_revoked"


class Revocation(msgspec.Struct, frozen=True, kw_only=True):
    """What the hub said when it refused the node for good."""

    node: str
    hub: str
    code: str  # node_revoked or node_unknown
    text: str
    time_ns: int


def note_revocation(data: Path, revocation: Revocation) -> None:
    """Write it down once; a disk that refuses is logged."""
    known = read_revocation(data)
    if known is not None and known.node == revocation.node:
        return
    try:
        (data / FILE).unlink(missing_ok=True)
        write_new(data / FILE, msgspec.json.format(msgspec.json.encode(revocation)))
    except OSError as error:
        log.warning("revocation not noted", extra={"cause": str(error)})


def read_revocation(data: Path) -> Revocation | None:
    """What is written; None when nothing, or nothing that can be read."""
    try:
        return msgspec.json.decode((data / FILE).read_bytes(), type=Revocation)
    except (OSError, msgspec.MsgspecError):
        return None


def forget_revocation(data: Path) -> None:
    """The hub takes the node again, or it is another one now."""
    with contextlib.suppress(OSError):
        (data / FILE).unlink(missing_ok=True)


def require_not_revoked(data: Path) -> None:
    """Before a claim that was not forced. Errors: WasRevoked, and what to do."""
    known = read_revocation(data)
    if known is None:
        return
    when = datetime.fromtimestamp(known.time_ns / SECOND_NS, UTC)
    done = "revoked" if known.code == "node_revoked" else "removed"
    raise WasRevoked(
        f"node {known.node} of this folder was {done} at its hub (told {when:%d %b %Y %H:%M} UTC):"
        " a token does not bring it back; to join as a new node: --force-new"
    )

"""netdata.json in the agent's folder: what became of a claim in Netdata's words.

It says which claim the native identity beside it came from, so that whoever removes
`cloud.d` removes the access too, and a claim with Muster's own token is never touched.
"""

import contextlib
from enum import StrEnum
from pathlib import Path

import msgspec

from muster.files import make_folder, sync, write_new

FILE = "netdata.json"


class Ending(StrEnum):
    """How a hub, or a cloud, answered to our wish for a link of our own."""

    ADOPTED = "adopted"  # we have one
    FOREIGN = "foreign"  # it knows no such thing: claimed, and no link
    REFUSED = "refused"  # it has done with this claim
    LATER = "later"  # it cannot be reached now, or asks to wait


class Adopted(msgspec.Struct, frozen=True, kw_only=True):
    """One claim and its ending."""

    claim_id: str
    url: str
    ending: Ending
    node: str = ""
    text: str = ""  # why there is no link


def read_adopted(data: Path) -> Adopted | None:
    """What is written; None for nothing, or nothing that can be read."""
    try:
        return msgspec.json.decode((data / FILE).read_bytes(), type=Adopted)
    except (OSError, msgspec.MsgspecError):
        return None


def write_adopted(data: Path, adopted: Adopted) -> None:
    """Errors: OSError."""
    make_folder(data)
    beside = data / f"{FILE}.new"
    beside.unlink(missing_ok=True)
    write_new(beside, msgspec.json.format(msgspec.json.encode(adopted)) + b"\n")
    beside.replace(data / FILE)
    sync(data)


def forget_adopted(data: Path) -> None:
    with contextlib.suppress(OSError):
        (data / FILE).unlink(missing_ok=True)

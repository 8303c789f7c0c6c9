"""A short-lived process that has in hand, for a backup, what the hub's process must never hold.

    python -P -m muster.hub.keys.keypacker pack --folder DIR/ca --to DESCRIPTOR
    python -P -m muster.hub.keys.keypacker check FILE

`pack` writes the files of the CA as one frame to an archive that the hub has open; `check` reads
a whole archive against its manifest, the keys in it too. Each prints one line of JSON that
holds no key: names, lengths, digests, or what went wrong. Neither reaches a network or starts a
program (signerjail.py).
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from muster.errors import MusterError
from muster.hub.keys.signerjail import lock_up
from muster.store.archive import (
    BackupDamaged,
    Packed,
    Summary,
    pack_frame,
    read_archive,
    sha256_of,
)
from muster.store.keystore import ALL_FILES


class Checked(msgspec.Struct, frozen=True, tag=True):
    """An archive that is whole."""

    sha256: str
    summary: Summary


class Failed(msgspec.Struct, frozen=True, tag=True):
    """Why not. `damaged`: it is the archive, not this machine."""

    text: str
    damaged: bool


class Done(msgspec.Struct, frozen=True, tag=True):
    """The frame was written."""

    packed: Packed


Outcome = Checked | Done | Failed


def pack(folder: Path, descriptor: int) -> Outcome:
    """Write the CA's files, those there are, behind what an open file holds already."""
    files = {f"ca/{name}": folder / name for name in ALL_FILES if (folder / name).is_file()}
    try:
        with os.fdopen(descriptor, "wb", closefd=False) as target:
            return Done(pack_frame(target, files))
    except (MusterError, OSError) as error:  # what is buffered fails once more at the close
        return Failed(str(error), damaged=False)


def check(file: Path) -> Outcome:
    """Read all of it."""
    try:
        manifest = read_archive(file, lambda _name, _body, _size: None)
        return Checked(sha256_of(file), Summary.of(manifest))
    except MusterError as error:
        return Failed(str(error), damaged=isinstance(error, BackupDamaged))


def main(arguments: Sequence[str]) -> int:
    """Do one thing and say what came of it on standard output."""
    lock_up()
    outcome: Outcome
    match arguments:
        case ["pack", "--folder", folder, "--to", descriptor] if descriptor.isdecimal():
            outcome = pack(Path(folder), int(descriptor))
        case ["check", file]:
            outcome = check(Path(file))
        case _:
            sys.stderr.write("usage: python -m muster.hub.keys.keypacker (by the hub)\n")
            return 2
    sys.stdout.buffer.write(msgspec.json.encode(outcome))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

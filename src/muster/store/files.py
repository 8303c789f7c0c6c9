"""Small files that must be whole or absent: written beside, synced, moved into place."""

from pathlib import Path

from muster.errors import Unavailable
from muster.files import make_folder, sync, write_new


def write_private(path: Path, data: bytes) -> None:
    """Replace a file (0600); after a crash it holds the old content or the new.

    Errors: Unavailable when the disk is full or refuses; the old content stays.
    """
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.unlink(missing_ok=True)  # of a run that was killed
        write_new(beside, data)  # never into what somebody else has put there
        beside.replace(path)
        sync(path.parent)
    except OSError as error:
        raise Unavailable(f"cannot write {str(path)!r}: {error.strerror}") from error


def make_private_folder(path: Path) -> None:
    """A folder (0700) and those above it, unless it is there.

    Errors: Unavailable.
    """
    try:
        make_folder(path)
    except OSError as error:
        raise Unavailable(f"cannot make folder {str(path)!r}: {error.strerror}") from error

"""Whether the agent's folder outlives the container, or the boot, that it runs in.

A container's own layer and memory are gone with it; the identity in them is then lost, and
what starts anew is another node. Source: proc(5), mountinfo.
"""

import re
from contextlib import suppress
from pathlib import Path

_LOST = ("overlay", "aufs", "tmpfs", "ramfs")
_ESCAPE = re.compile(r"\\([0-7]{3})")


def volatile_kind(folder: Path, mounts: str) -> str:
    """The kind of file system that loses the folder; empty when it stays, or is not known."""
    inner = folder.absolute()
    found, depth = "", -1
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        point = Path(_ESCAPE.sub(lambda match: chr(int(match[1], 8)), fields[4]))
        # The later mount of one place covers the earlier.
        if inner.is_relative_to(point) and len(point.parts) >= depth:
            found, depth = after.split(" ")[0], len(point.parts)
    return found if found in _LOST else ""


def lies_on(folder: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str:
    """`volatile_kind` by the mounts of now."""
    with suppress(OSError):
        return volatile_kind(folder, mounts.read_text("utf-8", "replace"))
    return ""

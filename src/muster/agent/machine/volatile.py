"""Whether the agent's folder outlives the container, or the boot, that it runs in.

A container's own layer and memory are gone with it; so is a volume that nobody named, which
engines make for an image's VOLUME, and an emptyDir with its pod. The identity in them is then
lost, and what starts anew is another node. Source: proc(5), mountinfo.
"""

import re
from contextlib import suppress
from pathlib import Path

_LOST = ("overlay", "aufs", "tmpfs", "ramfs")
# By where on its file system a volume lies: engines name the nameless by 64 hexadecimal digits.
_LOST_ROOTS = (
    (re.compile(r"/volumes/[0-9a-f]{64}/_data$"), "anonymous volume"),
    (re.compile(r"/volumes/kubernetes\.io~empty-dir/[^/]+$"), "emptyDir"),
)
_ESCAPE = re.compile(r"\\([0-7]{3})")


def volatile_kind(folder: Path, mounts: str) -> str:
    """The kind of mount that loses the folder; empty when it stays, or is not known."""
    inner = folder.absolute()
    found, root, depth = "", "", -1
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        point = Path(_ESCAPE.sub(lambda match: chr(int(match[1], 8)), fields[4]))
        # The later mount of one place covers the earlier.
        if inner.is_relative_to(point) and len(point.parts) >= depth:
            found, root, depth = after.split(" ")[0], fields[3], len(point.parts)
    if found in _LOST:
        return found
    return next((kind for shape, kind in _LOST_ROOTS if shape.search(root)), "")


def lies_on(folder: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str:
    """`volatile_kind` by the mounts of now."""
    with suppress(OSError):
        return volatile_kind(folder, mounts.read_text("utf-8", "replace"))
    return ""

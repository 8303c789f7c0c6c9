"""Which container the agent runs in: another one each time a container is made, none outside.

A container that is stopped and started keeps what is read here; one that is removed and made
anew from the same command does not. Source: proc(5), mountinfo.
"""

import re
from contextlib import suppress
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
_MAX_BYTES = 1 << 20
_ID = re.compile(r"/([0-9a-f]{64})/")
_LAYER = re.compile(r"(?:[ ,])upperdir=([^, ]+)")
_NAMING = ("/etc/hostname", "/etc/hosts", "/etc/resolv.conf")  # mounted from the container's folder


def container_of(mounts: Path = MOUNTS) -> str:
    """The container by the mounts of now; empty outside of one, or where its engine shows nothing.

    Docker and Podman mount files from a folder named by the container's id; where the id is only
    that of a pod, the layer that a container writes to tells one from the next.
    """
    text = ""
    with suppress(OSError), mounts.open("rb") as file:
        text = file.read(_MAX_BYTES).decode("utf-8", "replace")
    named = layer = ""
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5:
            continue
        if fields[4] == "/":
            layer = _first(_LAYER, after)
        elif fields[4] in _NAMING:
            named = named or _first(_ID, f"{fields[3]}/")
    return " ".join(filter(None, (named, layer)))


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""

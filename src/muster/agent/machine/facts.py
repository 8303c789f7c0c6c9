"""What the machine says of itself, from /etc/os-release, /proc and uname.

Whatever is missing stays empty: facts are shown, nothing depends on them.

Source: os-release(5), proc(5).
"""

import os
import shlex
from pathlib import Path

from muster import __version__
from muster.agent.machine.volatile import lies_on
from muster.clock import SECOND_NS
from muster.collectors.kernel import first_number
from muster.collectors.mem import parse as parse_memory
from muster.errors import InputError
from muster.model.inventory import Facts
from muster.wire.cells import COMPILED

_MAX_TEXT_BYTES = 1 << 20


def gather_facts(
    root: Path = Path("/"),
    *,
    data: Path | None = None,
    machine: Path | None = None,
    hostname: str = "",
) -> Facts:
    """Read the facts now. `root` is put before every path; `data` is the agent's own folder.

    `machine`: where, in a container, the machine's files are; its system is named, not the image's.
    `hostname`: in place of the kernel's, which in a container is often the container's.
    """
    stat = _read(root / "proc/stat")
    own = _read(root / "proc/sys/kernel/hostname").decode("utf-8", "replace").strip()
    return Facts(
        hostname=hostname or own or os.uname().nodename,
        os=(_system_name(machine) if machine else "") or _system_name(root),
        kernel=_read(root / "proc/sys/kernel/osrelease").decode("utf-8", "replace").strip(),
        architecture=os.uname().machine,
        cores=stat.partition(b"\nintr ")[0].count(b"\ncpu"),
        memory_bytes=_memory(root),
        boot_id=_read(root / "proc/sys/kernel/random/boot_id").decode("ascii", "replace").strip(),
        boot_time_ns=_boot_time_s(stat) * SECOND_NS,
        agent_version=__version__,
        compiled=COMPILED,
        volatile_state=data is not None and bool(lies_on(data)),
    )


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_TEXT_BYTES)
    except OSError:
        return b""


def _system_name(root: Path) -> str:
    for place in ("etc/os-release", "usr/lib/os-release"):
        for line in _read(root / place).decode("utf-8", "replace").splitlines():
            name, _, value = line.partition("=")
            if name == "PRETTY_NAME":
                try:
                    return " ".join(shlex.split(value))
                except ValueError:
                    return value.strip()
    return ""


def _memory(root: Path) -> int:
    try:
        return parse_memory(_read(root / "proc/meminfo")).get("total", 0)
    except InputError:
        return 0


def _boot_time_s(stat: bytes) -> int:
    try:
        return first_number(stat, b"btime")
    except InputError:
        return 0

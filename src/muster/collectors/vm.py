r"""Virtual machines that run here, from the control groups that libvirt and Proxmox give them.

No hypervisor is asked, and no right is needed: processor time, memory, threads and disk traffic
are those of QEMU and all that it does for its guest. libvirt names a group by the guest's name,
`machine-qemu\x2d3\x2dweb01.scope`; Proxmox by its number, `101.scope`. Version 2 of control
groups alone.

Source: Documentation/admin-guide/cgroup-v2.rst, systemd.unit(5) on names.
Golden: tests/golden/collectors/*/expected/vm.json
"""

import re
from collections.abc import Iterable, Mapping

from muster.collectors.api import Collector, Glob, Measurement, Sample, fields, parsing, tag
from muster.model.metric import Kind, Point, Value

LIBVIRT, PROXMOX = "/sys/fs/cgroup/machine.slice", "/sys/fs/cgroup/qemu.slice"
SCOPES = (f"{LIBVIRT}/machine-qemu*.scope/", f"{PROXMOX}/*.scope/")
CPU, IO = "cpu.stat", "io.stat"
# Field -> the file that holds it and nothing else.
NUMBERS = {
    "memory": "memory.current",
    "swap": "memory.swap.current",
    "threads": "pids.current",
}
TIMES = {b"usage_usec": "usage_usec", b"user_usec": "user_usec", b"system_usec": "system_usec"}
TRAFFIC = {b"rbytes": "read_bytes", b"wbytes": "write_bytes"}
_ESCAPED = re.compile(r"\\x([0-9a-f]{2})")
_NUMBER = re.compile(r"qemu-\d+-")


def collect(sample: Sample, _previous: Sample | None) -> Iterable[Point]:
    """Yield one `vm` point per virtual machine."""
    for scope in SCOPES:
        for path, text in sample.groups.get(scope + CPU, {}).items():
            folder = path.removesuffix(CPU)
            found = _times(path, text) | _numbers(sample, scope, folder)
            found |= _traffic(folder + IO, sample.groups.get(scope + IO, {}).get(folder + IO, b""))
            yield Point("vm", found, sample.time_ns, {"name": name_of(folder)})


def name_of(folder: str) -> str:
    """The guest's name, of the folder of its group."""
    unit = folder.rstrip("/").rpartition("/")[2].removesuffix(".scope").removeprefix("machine-")
    # Escapes are of bytes. The number is of this run of the guest; its values go on in the next.
    plain = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), unit).encode("latin-1", "replace")
    return _NUMBER.sub("", tag(plain), count=1) or unit


def _times(path: str, text: bytes) -> dict[str, Value]:
    with parsing(path, text):
        rows = (line.split() for line in text.splitlines())
        found: dict[str, Value] = {TIMES[key]: int(value) for key, value in rows if key in TIMES}
        if "usage_usec" not in found:
            raise ValueError("no usage_usec")
        return found


def _numbers(sample: Sample, scope: str, folder: str) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, file in NUMBERS.items():
        text = sample.groups.get(scope + file, {}).get(folder + file, b"").strip()
        if text:
            with parsing(folder + file, text):
                found[name] = int(text)
    return found


def _traffic(path: str, text: bytes) -> Mapping[str, Value]:
    """Of all block devices: "259:0 rbytes=1 wbytes=2 …" each; nothing where there was none."""
    found: dict[str, Value] = {}
    with parsing(path, text):
        for line in text.splitlines():
            for word in line.split()[1:]:
                key, _, value = word.partition(b"=")
                if key in TRAFFIC:
                    name = TRAFFIC[key]
                    found[name] = int(found.get(name, 0)) + int(value)
    return found


COLLECTOR = Collector(
    name="vm",
    sources=tuple(Glob(scope + file) for scope in SCOPES for file in (CPU, IO, *NUMBERS.values())),
    collect=collect,
    needs=(LIBVIRT, PROXMOX),
    measurements=(
        Measurement(
            name="vm",
            tags=("name",),
            fields=(
                *fields(Kind.INTEGER, "microseconds, counter", "usage_usec user_usec system_usec"),
                *fields(Kind.INTEGER, "bytes", "memory swap"),
                *fields(Kind.INTEGER, "count", "threads"),
                *fields(Kind.INTEGER, "bytes, counter", "read_bytes write_bytes"),
            ),
        ),
    ),
)

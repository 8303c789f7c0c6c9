"""What of Docker's answers is read: their JSON as types, all of it optional as Podman has less.

Source: Docker's Engine API 1.24 to 1.47; names are the API's own.
"""

import re
from datetime import UTC, datetime
from typing import Annotated

import msgspec

Natural = Annotated[int, msgspec.Meta(ge=0)]
Counters = dict[str, Natural]

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)")


class Info(msgspec.Struct, frozen=True):
    """GET /info."""

    name: str = msgspec.field(name="Name", default="")
    version: str = msgspec.field(name="ServerVersion", default="")
    containers: int = msgspec.field(name="Containers", default=0)
    running: int = msgspec.field(name="ContainersRunning", default=0)
    stopped: int = msgspec.field(name="ContainersStopped", default=0)
    paused: int = msgspec.field(name="ContainersPaused", default=0)
    images: int = msgspec.field(name="Images", default=0)
    cpus: int = msgspec.field(name="NCPU", default=0)
    goroutines: int = msgspec.field(name="NGoroutines", default=0)
    listeners: int = msgspec.field(name="NEventsListener", default=0)
    descriptors: int = msgspec.field(name="NFd", default=0)
    memory_total: int = msgspec.field(name="MemTotal", default=0)


class Container(msgspec.Struct, frozen=True):
    """One of GET /containers/json."""

    id: str = msgspec.field(name="Id")
    names: list[str] | None = msgspec.field(name="Names", default=None)
    image: str = msgspec.field(name="Image", default="")
    state: str = msgspec.field(name="State", default="unknown")


class CpuUsage(msgspec.Struct, frozen=True):
    """Nanoseconds."""

    total: Natural = msgspec.field(name="total_usage", default=0)
    user: Natural = msgspec.field(name="usage_in_usermode", default=0)
    kernel: Natural = msgspec.field(name="usage_in_kernelmode", default=0)
    by_cpu: list[Natural] | None = msgspec.field(name="percpu_usage", default=None)


class Throttling(msgspec.Struct, frozen=True):
    """Periods in which a limit was met."""

    periods: Natural = 0
    throttled_periods: Natural = 0
    throttled_time: Natural = 0


class Cpu(msgspec.Struct, frozen=True):
    """The processor's part of stats."""

    usage: CpuUsage = msgspec.field(name="cpu_usage", default=CpuUsage())
    system: Natural = msgspec.field(name="system_cpu_usage", default=0)
    online: Natural = msgspec.field(name="online_cpus", default=0)
    throttling: Throttling = msgspec.field(name="throttling_data", default=Throttling())


class Memory(msgspec.Struct, frozen=True):
    """Bytes. `stats` are the kernel's own counters."""

    usage: Natural = 0
    limit: Natural = 0
    max_usage: Natural = 0
    stats: Counters | None = None


class BlockEntry(msgspec.Struct, frozen=True):
    """One counter of one device."""

    operation: str = msgspec.field(name="op")
    major: Natural = 0
    minor: Natural = 0
    value: Natural = 0


class Blocks(msgspec.Struct, frozen=True):
    """Accesses to disks."""

    bytes_: list[BlockEntry] | None = msgspec.field(name="io_service_bytes_recursive", default=None)
    requests: list[BlockEntry] | None = msgspec.field(name="io_serviced_recursive", default=None)


class Stats(msgspec.Struct, frozen=True):
    """GET /containers/ID/stats."""

    cpu: Cpu = msgspec.field(name="cpu_stats", default=Cpu())
    memory: Memory = msgspec.field(name="memory_stats", default=Memory())
    networks: dict[str, Counters] | None = None
    blocks: Blocks = msgspec.field(name="blkio_stats", default=Blocks())


class Health(msgspec.Struct, frozen=True):
    """What a container's own check says."""

    status: str = msgspec.field(name="Status", default="")
    failing_streak: int = msgspec.field(name="FailingStreak", default=0)


class State(msgspec.Struct, frozen=True):
    """How a container is."""

    running: bool = msgspec.field(name="Running", default=False)
    oom_killed: bool = msgspec.field(name="OOMKilled", default=False)
    pid: int = msgspec.field(name="Pid", default=0)
    exit_code: int = msgspec.field(name="ExitCode", default=0)
    started: str = msgspec.field(name="StartedAt", default="")
    finished: str = msgspec.field(name="FinishedAt", default="")
    health: Health | None = msgspec.field(name="Health", default=None)


class Inspected(msgspec.Struct, frozen=True):
    """GET /containers/ID/json."""

    state: State = msgspec.field(name="State", default=State())


def nanoseconds(text: str) -> int:
    """A time of the API in ns since 1970; 0 for none. Errors: ValueError."""
    found = _TIME.fullmatch(text)
    if not text or text.startswith("0001-"):
        return 0
    if found is None:
        raise ValueError(f"not a time: {text[:40]!r}")
    whole, rest, zone = found.groups()
    when = datetime.fromisoformat(whole + ("+00:00" if zone == "Z" else zone)).astimezone(UTC)
    return int(when.timestamp()) * 1_000_000_000 + int((rest or "0").ljust(9, "0"))

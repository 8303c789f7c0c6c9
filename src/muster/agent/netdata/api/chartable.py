"""One table: which of our series make which of Netdata's charts, under Netdata's names.

Shapes: a Rule makes a chart of each set of tags that its measurement comes with; `{}` in its names
        is the value of its tag. A dimension is a sum of fields, each times its factor; `rate` ones
        are counters, told per second. What flows out is negative, as Netdata draws it.
Units:  bytes become KiB, MiB, GiB or kilobits as the chart says; the rest stays as it is.

Source: names, units, families and priorities as an agent of 1.37 tells them at /api/v1/charts
"""

from typing import NamedTuple

KIB, MIB, GIB = 1 / (1 << 10), 1 / (1 << 20), 1 / (1 << 30)
KILOBITS = 8 / 1000


class Dim(NamedTuple):
    """One line of a chart."""

    id: str
    name: str
    terms: tuple[tuple[str, float], ...]  # field, factor
    rate: bool = False


class Rule(NamedTuple):
    """One kind of chart."""

    measurement: str
    chart: str
    context: str
    family: str
    title: str
    units: str
    kind: str  # line, area or stacked
    priority: int
    module: str
    dims: tuple[Dim, ...]
    tag: str = ""  # whose value names the instance
    where: tuple[tuple[str, str], ...] = ()  # tags that have to be so
    unless: tuple[str, ...] = ()  # values of `tag` that make none
    plugin: str = "proc.plugin"
    adds_up: bool = False  # one chart of all instances


def _plain(name: str, field: str = "", factor: float = 1.0, id: str = "") -> Dim:
    return Dim(id or name, name, ((field or name, factor),))


def _rate(name: str, field: str, factor: float = 1.0, id: str = "") -> Dim:
    return Dim(id or name, name, ((field, factor),), True)


_CPU = tuple(
    _plain(name, f"usage_{name}")
    for name in (
        "guest_nice", "guest", "steal", "softirq", "irq", "user", "system", "nice", "iowait",
    )
)  # fmt: skip
_ALL_CPUS = "cpu-total"
_BANDWIDTH = (
    _rate("received", "bytes_recv", KILOBITS),
    _rate("sent", "bytes_sent", -KILOBITS),
)


def _pressure(resource: str, title: str, kind: str, family: str, priority: int) -> Rule:
    return Rule(
        "pressure",
        f"system.{resource}_{kind}_pressure",
        f"system.{resource}_{kind}_pressure",
        family,
        f"{title} {kind} pressure",
        "percentage",
        "line",
        priority,
        "/proc/pressure",
        tuple(_plain(f"{kind} {span}", f"avg{span}") for span in ("10", "60", "300")),
        where=(("resource", resource), ("type", kind)),
    )


RULES: tuple[Rule, ...] = (
    Rule(
        "cpu", "system.cpu", "system.cpu", "cpu", "Total CPU utilization", "percentage", "stacked",
        100, "/proc/stat", _CPU, where=(("cpu", _ALL_CPUS),),
    ),
    Rule(
        "cpu", "cpu.{}", "cpu.cpu", "utilization", "Core utilization", "percentage", "stacked",
        1001, "/proc/stat", _CPU, tag="cpu", unless=(_ALL_CPUS,),
    ),
    Rule(
        "system", "system.load", "system.load", "load", "System Load Average", "load", "line",
        100, "/proc/loadavg", (_plain("load1"), _plain("load5"), _plain("load15")),
    ),
    Rule(
        "system", "system.uptime", "system.uptime", "uptime", "System Uptime", "seconds", "line",
        1000, "/proc/uptime", (_plain("uptime"),),
    ),
    Rule(
        "mem", "system.ram", "system.ram", "ram", "System RAM", "MiB", "stacked", 200,
        "/proc/meminfo",
        (
            _plain("free", factor=MIB),
            Dim(
                "used", "used",
                (
                    ("total", MIB), ("free", -MIB), ("cached", -MIB), ("buffered", -MIB),
                    ("shared", MIB),
                ),
            ),
            # Our `cached` has reclaimable slabs in it, as theirs, and shared memory too.
            Dim("cached", "cached", (("cached", MIB), ("shared", -MIB))),
            _plain("buffers", "buffered", MIB),
        ),
    ),
    Rule(
        "mem", "mem.available", "mem.available", "system", "Available RAM for applications", "MiB",
        "area", 1010, "/proc/meminfo", (_plain("avail", "available", MIB, "MemAvailable"),),
    ),
    Rule(
        "mem", "mem.committed", "mem.committed", "system", "Committed (Allocated) Memory", "MiB",
        "area", 1030, "/proc/meminfo", (_plain("Committed_AS", "committed_as", MIB),),
    ),
    Rule(
        "mem", "mem.kernel", "mem.kernel", "kernel", "Memory Used by Kernel", "MiB", "stacked",
        1101, "/proc/meminfo",
        (
            _plain("Slab", "slab", MIB), _plain("PageTables", "page_tables", MIB),
            _plain("VmallocUsed", "vmalloc_used", MIB),
        ),
    ),
    Rule(
        "mem", "mem.slab", "mem.slab", "slab", "Reclaimable Kernel Memory", "MiB", "stacked", 1200,
        "/proc/meminfo",
        (_plain("reclaimable", "sreclaimable", MIB), _plain("unreclaimable", "sunreclaim", MIB)),
    ),
    Rule(
        "mem", "mem.writeback", "mem.writeback", "kernel", "Writeback Memory", "MiB", "line", 1100,
        "/proc/meminfo", (_plain("Dirty", "dirty", MIB), _plain("Writeback", "write_back", MIB)),
    ),
    Rule(
        "swap", "system.swap", "system.swap", "swap", "System Swap", "MiB", "stacked", 201,
        "/proc/meminfo", (_plain("free", factor=MIB), _plain("used", factor=MIB)),
    ),
    Rule(
        "kernel", "system.pgpgio", "system.pgpgio", "disk", "Memory Paged from/to disk", "KiB/s",
        "area", 151, "/proc/vmstat",
        (_rate("in", "disk_pages_in"), _rate("out", "disk_pages_out", -1.0)),
    ),
    Rule(
        "kernel", "system.ctxt", "system.ctxt", "processes", "CPU Context Switches",
        "context switches/s", "line", 800, "/proc/stat", (_rate("switches", "context_switches"),),
    ),
    Rule(
        "kernel", "system.intr", "system.intr", "interrupts", "CPU Interrupts", "interrupts/s",
        "line", 900, "/proc/stat", (_rate("interrupts", "interrupts"),),
    ),
    Rule(
        "kernel", "system.forks", "system.forks", "processes", "Started Processes", "processes/s",
        "line", 700, "/proc/stat", (_rate("started", "processes_forked"),),
    ),
    Rule(
        "kernel", "system.entropy", "system.entropy", "entropy", "Available Entropy", "entropy",
        "line", 1000, "/proc/sys/kernel/random/entropy_avail",
        (_plain("entropy", "entropy_avail"),),
    ),
    Rule(
        "processes", "system.processes", "system.processes", "processes", "System Processes",
        "processes", "line", 600, "/proc/stat", (_plain("running"), _plain("blocked")),
    ),
    Rule(
        "processes", "system.active_processes", "system.active_processes", "processes",
        "System Active Processes", "processes", "line", 750, "/proc/loadavg",
        (_plain("active", "total_threads"),),
    ),
    Rule(
        "diskio", "system.io", "system.io", "disk", "Disk I/O", "KiB/s", "area", 150,
        "/proc/diskstats",
        (_rate("in", "read_bytes", KIB), _rate("out", "write_bytes", -KIB)), tag="name",
        adds_up=True,
    ),
    Rule(
        "diskio", "disk.{}", "disk.io", "{}", "Disk I/O Bandwidth", "KiB/s", "area", 2000,
        "/proc/diskstats",
        (_rate("reads", "read_bytes", KIB), _rate("writes", "write_bytes", -KIB)), tag="name",
    ),
    Rule(
        "diskio", "disk_ops.{}", "disk.ops", "{}", "Disk Completed I/O Operations", "operations/s",
        "line", 2010, "/proc/diskstats", (_rate("reads", "reads"), _rate("writes", "writes", -1.0)),
        tag="name",
    ),
    Rule(
        "diskio", "disk_qops.{}", "disk.qops", "{}", "Disk Current I/O Operations", "operations",
        "line", 2015, "/proc/diskstats", (_plain("operations", "iops_in_progress"),), tag="name",
    ),
    Rule(
        "diskio", "disk_backlog.{}", "disk.backlog", "{}", "Disk Backlog", "milliseconds", "area",
        2020, "/proc/diskstats", (_rate("backlog", "weighted_io_time"),), tag="name",
    ),
    Rule(
        "diskio", "disk_busy.{}", "disk.busy", "{}", "Disk Busy Time", "milliseconds", "area", 2030,
        "/proc/diskstats", (_rate("busy", "io_time"),), tag="name",
    ),
    Rule(
        "diskio", "disk_util.{}", "disk.util", "{}", "Disk Utilization Time", "% of time working",
        "area", 2040, "/proc/diskstats", (_plain("utilization", "io_util"),), tag="name",
    ),
    Rule(
        "diskio", "disk_mops.{}", "disk.mops", "{}", "Disk Merged Operations",
        "merged operations/s", "line", 2080, "/proc/diskstats",
        (_rate("reads", "merged_reads"), _rate("writes", "merged_writes", -1.0)), tag="name",
    ),
    Rule(
        "diskio", "disk_iotime.{}", "disk.iotime", "{}", "Disk Total I/O Time", "milliseconds/s",
        "line", 2090, "/proc/diskstats",
        (_rate("reads", "read_time"), _rate("writes", "write_time", -1.0)), tag="name",
    ),
    Rule(
        "disk", "disk_space.{}", "disk.space", "{}", "Disk Space Usage", "GiB", "stacked", 2023,
        "",
        (
            _plain("avail", "free", GIB), _plain("used", "used", GIB),
            Dim(
                "reserved_for_root", "reserved for root",
                (("total", GIB), ("free", -GIB), ("used", -GIB)),
            ),
        ),
        tag="path", plugin="diskspace.plugin",
    ),
    Rule(
        "disk", "disk_inodes.{}", "disk.inodes", "{}", "Disk Files (inodes) Usage", "inodes",
        "stacked", 2024, "", (_plain("avail", "inodes_free"), _plain("used", "inodes_used")),
        tag="path", plugin="diskspace.plugin",
    ),
    Rule(
        "net", "system.net", "system.net", "network",
        "Physical Network Interfaces Aggregated Bandwidth", "kilobits/s", "area", 500,
        "/proc/net/dev",
        (
            _rate("received", "bytes_recv", KILOBITS, "InOctets"),
            _rate("sent", "bytes_sent", -KILOBITS, "OutOctets"),
        ),
        tag="interface", unless=("all", "lo"), adds_up=True,
    ),
    Rule(
        "net", "net.{}", "net.net", "{}", "Bandwidth", "kilobits/s", "area", 7000, "/proc/net/dev",
        _BANDWIDTH, tag="interface", unless=("all",),
    ),
    Rule(
        "net", "net_packets.{}", "net.packets", "{}", "Packets", "packets/s", "line", 7001,
        "/proc/net/dev",
        (_rate("received", "packets_recv"), _rate("sent", "packets_sent", -1.0)),
        tag="interface", unless=("all",),
    ),
    Rule(
        "net", "net_errors.{}", "net.errors", "{}", "Interface Errors", "errors/s", "line", 7002,
        "/proc/net/dev", (_rate("inbound", "err_in"), _rate("outbound", "err_out", -1.0)),
        tag="interface", unless=("all",),
    ),
    Rule(
        "net", "net_drops.{}", "net.drops", "{}", "Interface Drops", "drops/s", "line", 7003,
        "/proc/net/dev", (_rate("inbound", "drop_in"), _rate("outbound", "drop_out", -1.0)),
        tag="interface", unless=("all",),
    ),
    Rule(
        "netstat", "ipv4.tcpsock", "ipv4.tcpsock", "tcp", "IPv4 TCP Connections",
        "active connections", "line", 5200, "/proc/net/netstat",
        (_plain("connections", "tcp_established", id="CurrEstab"),),
    ),
    _pressure("cpu", "CPU", "some", "cpu", 140),
    _pressure("cpu", "CPU", "full", "cpu", 150),
    _pressure("io", "I/O", "some", "disk", 190),
    _pressure("io", "I/O", "full", "disk", 200),
    _pressure("memory", "Memory", "some", "ram", 240),
    _pressure("memory", "Memory", "full", "ram", 250),
)  # fmt: skip
# As Netdata writes what stands in a chart's id.
_UNFIT = str.maketrans(dict.fromkeys(" /\\\"'`*?:|<>[]{}()&;$#%,", "_"))


def instance_id(value: str) -> str:
    """A tag's value as it stands in a chart's id: `/` is `_`, `/dev/shm` is `_dev_shm`."""
    return value.translate(_UNFIT)

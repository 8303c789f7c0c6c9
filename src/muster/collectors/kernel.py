"""Counters of the kernel itself, from /proc/stat, /proc/vmstat and the entropy pool.

`disk_pages_in` and `_out` were a line of /proc/stat up to 2.4; since then /proc/vmstat counts
the same (KiB in spite of the name).

Source: proc(5), random(4). Golden: tests/golden/collectors/*/expected/kernel.json
"""

from collections.abc import Iterable

from muster.collectors.api import Collector, File, Measurement, Sample, fields, parsing
from muster.collectors.swap import counter
from muster.model.metric import Kind, Point

STAT = "/proc/stat"
VMSTAT = "/proc/vmstat"
ENTROPY = "/proc/sys/kernel/random/entropy_avail"
LINES = {
    "boot_time": b"btime",
    "context_switches": b"ctxt",
    "interrupts": b"intr",
    "processes_forked": b"processes",
}
PAGES = {"disk_pages_in": b"pgpgin", "disk_pages_out": b"pgpgout"}


def collect(sample: Sample, _previous: Sample | None) -> Iterable[Point]:
    """Yield one `kernel` point."""
    text = sample.text(STAT)
    counts = {field: first_number(text, name) for field, name in LINES.items()}
    vmstat = sample.texts.get(VMSTAT)
    if vmstat is not None:
        pages = {field: counter(vmstat, name) for field, name in PAGES.items()}
        counts |= {field: count for field, count in pages.items() if count is not None}
    entropy = sample.texts.get(ENTROPY)
    if entropy is not None:
        with parsing(ENTROPY, entropy):
            counts["entropy_avail"] = int(entropy)
    yield Point("kernel", counts, sample.time_ns)


def first_number(text: bytes, name: bytes) -> int:
    """The number after a name that starts a line of /proc/stat; the line may be very long."""
    start = text.find(b"\n" + name + b" ")
    line = text[start + 1 : start + len(name) + 24] if start >= 0 else b""
    with parsing(STAT, name + b": " + line):
        return int(line.splitlines()[0].split()[1])


COLLECTOR = Collector(
    name="kernel",
    sources=(File(STAT), File(VMSTAT), File(ENTROPY)),
    collect=collect,
    measurements=(
        Measurement(
            name="kernel",
            fields=(
                *fields(Kind.INTEGER, "seconds since 1970", "boot_time"),
                *fields(
                    Kind.INTEGER,
                    "count since boot",
                    "context_switches interrupts processes_forked",
                ),
                *fields(Kind.INTEGER, "KiB since boot", "disk_pages_in disk_pages_out"),
                *fields(Kind.INTEGER, "bits", "entropy_avail"),
            ),
        ),
    ),
)

"""Memory, from /proc/meminfo.

As in Telegraf, `cached` holds the page cache and reclaimable slabs, and `used` is what is
not available. Kernels before 3.14 do not say what is available: there it is the sum of
free, buffers and cached.

Source: proc(5), gopsutil's mem.
Golden: tests/golden/collectors/*/expected/mem.json
"""

from collections.abc import Iterable

from muster.collectors.api import Collector, File, Measurement, Sample, fields, parsing, percent
from muster.errors import InputError
from muster.model.metric import Kind, Point

PATH = "/proc/meminfo"
# The kernel's name -> the field's. All but the huge page counts are in KiB.
BYTES = {
    b"MemTotal": "total",
    b"MemFree": "free",
    b"MemAvailable": "available",
    b"Active": "active",
    b"Buffers": "buffered",
    b"Cached": "cached",
    b"CommitLimit": "commit_limit",
    b"Committed_AS": "committed_as",
    b"Dirty": "dirty",
    b"HighFree": "high_free",
    b"HighTotal": "high_total",
    b"Hugepagesize": "huge_page_size",
    b"Inactive": "inactive",
    b"LowFree": "low_free",
    b"LowTotal": "low_total",
    b"Mapped": "mapped",
    b"PageTables": "page_tables",
    b"Shmem": "shared",
    b"Slab": "slab",
    b"SReclaimable": "sreclaimable",
    b"SUnreclaim": "sunreclaim",
    b"SwapCached": "swap_cached",
    b"SwapFree": "swap_free",
    b"SwapTotal": "swap_total",
    b"VmallocChunk": "vmalloc_chunk",
    b"VmallocTotal": "vmalloc_total",
    b"VmallocUsed": "vmalloc_used",
    b"Writeback": "write_back",
    b"WritebackTmp": "write_back_tmp",
}
COUNTS = {b"HugePages_Free": "huge_pages_free", b"HugePages_Total": "huge_pages_total"}


def collect(sample: Sample, _previous: Sample | None) -> Iterable[Point]:
    """Yield one `mem` point."""
    text = sample.text(PATH)
    amounts = parse(text)
    total, free = amounts.get("total", 0), amounts.get("free")
    if total <= 0 or free is None:
        raise InputError(f"{PATH}: without MemTotal or MemFree")
    cached = amounts.get("cached", 0) + amounts.get("sreclaimable", 0)
    available = amounts.get("available", free + amounts.get("buffered", 0) + cached)
    # A container's limits may leave more available than there is in total (lxcfs).
    used = max(total - available, 0)
    with parsing(PATH, text):
        shares = {
            "available_percent": percent(available, total),
            "used_percent": percent(used, total),
        }
    sums = {"cached": cached, "available": available, "used": used}
    yield Point("mem", {**amounts, **sums, **shares}, sample.time_ns)


def parse(text: bytes) -> dict[str, int]:
    """Field -> bytes or count, of the lines that have a field."""
    amounts: dict[str, int] = {}
    with parsing(PATH, text):
        for line in text.splitlines():
            name, _, rest = line.partition(b":")
            if (field := BYTES.get(name)) is not None:
                amounts[field] = int(rest.removesuffix(b" kB")) * 1024
            elif (field := COUNTS.get(name)) is not None:
                amounts[field] = int(rest)
    return amounts


COLLECTOR = Collector(
    name="mem",
    sources=(File(PATH),),
    collect=collect,
    measurements=(
        Measurement(
            name="mem",
            fields=(
                *fields(Kind.INTEGER, "bytes", " ".join([*BYTES.values(), "used"])),
                *fields(Kind.INTEGER, "count", " ".join(COUNTS.values())),
                *fields(Kind.FLOAT, "percent", "available_percent used_percent"),
            ),
        ),
    ),
)

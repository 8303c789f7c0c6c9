"""Traffic of block devices, from /proc/diskstats.

A device that never moved a byte (loop7, ram3) is left out until it does. Partitions of
kernels before 2.6.25 have four counters only and are left out too.

Source: Documentation/admin-guide/iostats.rst, Telegraf's diskio.
Golden: tests/golden/collectors/*/expected/diskio.json
"""

from collections.abc import Iterable, Mapping

from muster.collectors.api import Collector, File, Measurement, Sample, fields, parsing, tag
from muster.model.metric import Kind, Point

PATH = "/proc/diskstats"
SECTOR_BYTES = 512  # whatever the device's own sector is
COLUMNS = 11  # later kernels add discards (4.18) and flushes (5.5)


def collect(sample: Sample, previous: Sample | None) -> Iterable[Point]:
    """Yield one `diskio` point per device. Shares of the interval need an earlier sample."""
    before = _counters(previous.text(PATH)) if previous is not None else {}
    interval_ms = (sample.clock_s - previous.clock_s) * 1000.0 if previous is not None else 0.0
    for name, now in _counters(sample.text(PATH)).items():
        reads, merged_reads, read_sectors, read_ms = now[:4]
        writes, merged_writes, written_sectors, write_ms, in_progress, io_ms, weighted_ms = now[4:]
        counts: dict[str, int | float] = {
            "reads": reads,
            "writes": writes,
            "read_bytes": read_sectors * SECTOR_BYTES,
            "write_bytes": written_sectors * SECTOR_BYTES,
            "read_time": read_ms,
            "write_time": write_ms,
            "io_time": io_ms,
            "weighted_io_time": weighted_ms,
            "iops_in_progress": in_progress,
            "merged_reads": merged_reads,
            "merged_writes": merged_writes,
        }
        then = before.get(name)
        if then is not None:
            with parsing(PATH, name):
                counts |= _shares(now, then, interval_ms)
        yield Point("diskio", counts, sample.time_ns, {"name": tag(name)})


def _counters(text: bytes) -> Mapping[bytes, list[int]]:
    counters: dict[bytes, list[int]] = {}
    with parsing(PATH, text):
        for line in text.splitlines():
            _major, _minor, name, *columns = line.split()
            if len(columns) < COLUMNS:
                if len(columns) != 4:
                    raise ValueError("neither a device nor an old partition")
                continue
            numbers = [int(column) for column in columns[:COLUMNS]]
            if any(numbers):
                counters[name] = numbers
    return counters


def _shares(now: list[int], then: list[int], interval_ms: float) -> dict[str, float]:
    """Utilisation and waits of the interval; none when a counter was reset or wrapped."""
    operations, milliseconds = (
        now[0] + now[4] - then[0] - then[4],
        now[3] + now[7] - then[3] - then[7],
    )
    busy = now[9] - then[9]
    if min(now[0] - then[0], now[4] - then[4], now[3] - then[3], now[7] - then[7], busy) < 0:
        return {}
    shares = {}
    if interval_ms > 0.0:
        # The kernel books busy time at the end of a request, which may have begun earlier.
        shares["io_util"] = min(100.0 * busy / interval_ms, 100.0)
    if operations:
        shares["io_await"] = milliseconds / operations
        shares["io_svctm"] = busy / operations
    return shares


COLLECTOR = Collector(
    name="diskio",
    sources=(File(PATH),),
    collect=collect,
    compares=True,
    measurements=(
        Measurement(
            name="diskio",
            tags=("name",),
            fields=(
                *fields(Kind.INTEGER, "count since boot", "reads writes"),
                *fields(Kind.INTEGER, "bytes since boot", "read_bytes write_bytes"),
                *fields(
                    Kind.INTEGER,
                    "milliseconds since boot",
                    "read_time write_time io_time weighted_io_time",
                ),
                *fields(Kind.INTEGER, "count", "iops_in_progress"),
                *fields(Kind.INTEGER, "count since boot", "merged_reads merged_writes"),
                *fields(Kind.FLOAT, "percent", "io_util"),
                *fields(Kind.FLOAT, "milliseconds", "io_await io_svctm"),
            ),
        ),
    ),
)

"""Swap space and traffic, from /proc/meminfo and /proc/vmstat.

Source: proc(5). Golden: tests/golden/collectors/*/expected/swap.json
"""

from collections.abc import Iterable

from muster.collectors.api import Collector, File, Measurement, Sample, fields, parsing, percent
from muster.collectors.mem import PATH as MEMORY
from muster.collectors.mem import parse
from muster.errors import InputError
from muster.model.metric import Kind, Point

TRAFFIC = "/proc/vmstat"
PAGE_BYTES = 4096  # Telegraf's figure on every machine, so that the numbers agree


def collect(sample: Sample, _previous: Sample | None) -> Iterable[Point]:
    """Yield one `swap` point of sizes and one of traffic since boot."""
    text = sample.text(MEMORY)
    amounts = parse(text)
    try:
        total, free = amounts["swap_total"], amounts["swap_free"]
    except KeyError as error:
        raise InputError(f"{MEMORY}: without SwapTotal or SwapFree") from error
    used = max(total - free, 0)
    with parsing(MEMORY, text):
        share = percent(used, total)
    sizes = {"total": total, "used": used, "free": free, "used_percent": share}
    yield Point("swap", sizes, sample.time_ns)
    traffic = sample.texts.get(TRAFFIC)
    if traffic is not None:
        moved = {"in": counter(traffic, b"pswpin"), "out": counter(traffic, b"pswpout")}
        bytes_moved = {name: n * PAGE_BYTES for name, n in moved.items() if n is not None}
        if bytes_moved:
            yield Point("swap", bytes_moved, sample.time_ns)


def counter(text: bytes, name: bytes) -> int | None:
    """One counter of /proc/vmstat; None when the kernel does not count it."""
    at = text.find(b"\n" + name + b" ")
    if at < 0:
        return None
    start = at + len(name) + 2
    value = text[start : text.find(b"\n", start)]
    with parsing(TRAFFIC, name + b" " + value):
        return int(value)


COLLECTOR = Collector(
    name="swap",
    sources=(File(MEMORY), File(TRAFFIC)),
    collect=collect,
    measurements=(
        Measurement(
            name="swap",
            fields=(
                *fields(Kind.INTEGER, "bytes", "total used free"),
                *fields(Kind.FLOAT, "percent", "used_percent"),
                *fields(Kind.INTEGER, "bytes since boot", "in out"),
            ),
        ),
    ),
)

"""Processor time by use, per core and in total, from /proc/stat.

Percent of the time between two samples. Guest time is part of user time in the kernel's
count; here, as in Telegraf, it is taken out of it. A core's idle and iowait counters may
step back by a tick (proc(5)): such a negative share counts as none.

Source: proc(5), kernel/sched/cputime.c.
Golden: tests/golden/collectors/*/expected/cpu.json
"""

from collections.abc import Iterable, Iterator, Mapping

from muster.collectors.api import Collector, File, Measurement, Sample, fields, parsing, tag
from muster.model.metric import Kind, Point

PATH = "/proc/stat"
# Columns of a line: user nice system idle iowait irq softirq steal guest guest_nice. Kernels
# before 2.6.33 lack the last, before 2.6.24 the last two.
COLUMNS = 10


def collect(sample: Sample, previous: Sample | None) -> Iterable[Point]:
    """Yield one `cpu` point per core and one for `cpu-total`; none without an earlier sample."""
    if previous is None:
        return
    before = _times(previous.text(PATH))
    for name, now in _times(sample.text(PATH)).items():
        then = before.get(name)
        if then is None:
            continue  # it came online just now
        with parsing(PATH, name):
            yield from _usage(name, now, then, sample.time_ns)


def _times(text: bytes) -> Mapping[bytes, list[int]]:
    """Counters per line that starts with `cpu`; these come first in the file."""
    times: dict[bytes, list[int]] = {}
    head = text.partition(b"\nintr ")[0]
    with parsing(PATH, head):
        for line in head.splitlines():
            if not line.startswith(b"cpu"):
                break
            name, *counters = line.split()
            numbers = [int(counter) for counter in counters[:COLUMNS]]
            numbers.extend([0] * (COLUMNS - len(numbers)))
            times[name] = numbers
        if not times:
            raise ValueError("no line starts with cpu")
    return times


def _usage(name: bytes, now: list[int], then: list[int], time_ns: int) -> Iterator[Point]:
    user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice = (
        a - b if a > b else 0 for a, b in zip(now, then, strict=True)
    )
    total = user + nice + system + idle + iowait + irq + softirq + steal
    if not total:
        return
    part = 100.0 / total
    usage = {
        "usage_user": max(user - guest, 0) * part,
        "usage_system": system * part,
        "usage_idle": idle * part,
        "usage_active": (total - idle) * part,
        "usage_nice": max(nice - guest_nice, 0) * part,
        "usage_iowait": iowait * part,
        "usage_irq": irq * part,
        "usage_softirq": softirq * part,
        "usage_steal": steal * part,
        "usage_guest": guest * part,
        "usage_guest_nice": guest_nice * part,
    }
    yield Point("cpu", usage, time_ns, {"cpu": "cpu-total" if name == b"cpu" else tag(name)})


COLLECTOR = Collector(
    name="cpu",
    sources=(File(PATH),),
    collect=collect,
    compares=True,
    measurements=(
        Measurement(
            name="cpu",
            tags=("cpu",),
            fields=fields(
                Kind.FLOAT,
                "percent",
                "usage_user usage_system usage_idle usage_active usage_nice usage_iowait usage_irq"
                " usage_softirq usage_steal usage_guest usage_guest_nice",
            ),
        ),
    ),
)

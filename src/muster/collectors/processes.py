"""Processes by state.

Two collectors feed one measurement, each field by one of them. What the kernel counts anyway
(/proc/stat, /proc/loadavg) comes every second; as the kernel counts them, `running` and
`blocked` are threads. The other states take a look at every process: process_states.py.

Source: proc(5), Telegraf's processes.
Golden: tests/golden/collectors/*/expected/processes.json
"""

from collections.abc import Iterable

from muster.collectors.api import Collector, File, Measurement, Sample, fields, parsing
from muster.collectors.kernel import STAT, first_number
from muster.model.metric import Kind, Point

LOAD = "/proc/loadavg"


def collect(sample: Sample, _previous: Sample | None) -> Iterable[Point]:
    """Yield one `processes` point of what the kernel counts itself."""
    stat = sample.text(STAT)
    load = sample.text(LOAD)
    with parsing(LOAD, load):
        total_threads = int(load.split()[3].split(b"/")[1])
    counts = {
        "running": first_number(stat, b"procs_running"),
        "blocked": first_number(stat, b"procs_blocked"),
        "total_threads": total_threads,
    }
    yield Point("processes", counts, sample.time_ns)


COLLECTOR = Collector(
    name="processes",
    sources=(File(STAT), File(LOAD)),
    collect=collect,
    measurements=(
        Measurement(
            name="processes", fields=fields(Kind.INTEGER, "count", "running blocked total_threads")
        ),
    ),
)

"""Pressure stall information, from /proc/pressure.

Kernels before 4.20, and those started with psi=0, have none. As in Telegraf, `full` of the
processor is left out: for the whole machine it is always zero.

Source: Documentation/accounting/psi.rst. Golden: tests/golden/collectors/*/expected/pressure.json
"""

from collections.abc import Iterable

from muster.collectors.api import Collector, File, Measurement, Sample, fields, parsing, real, tag
from muster.model.metric import Kind, Point

PATHS = {name: f"/proc/pressure/{name}" for name in ("cpu", "memory", "io")}


def collect(sample: Sample, _previous: Sample | None) -> Iterable[Point]:
    """Yield two `pressure` points, averages and total, per resource and type."""
    for resource, path in PATHS.items():
        text = sample.texts.get(path)
        if text is None:
            continue
        with parsing(path, text):
            for line in text.splitlines():
                type_, *pairs = line.split()
                tags = {"resource": resource, "type": tag(type_)}
                if type_ not in (b"some", b"full"):
                    raise ValueError("neither some nor full")
                if resource == "cpu" and type_ == b"full":
                    continue
                values = dict(pair.split(b"=") for pair in pairs)
                averages = {
                    "avg10": real(values[b"avg10"]),
                    "avg60": real(values[b"avg60"]),
                    "avg300": real(values[b"avg300"]),
                }
                yield Point("pressure", averages, sample.time_ns, tags)
                yield Point("pressure", {"total": int(values[b"total"])}, sample.time_ns, tags)


COLLECTOR = Collector(
    name="pressure",
    sources=tuple(File(path) for path in PATHS.values()),
    collect=collect,
    measurements=(
        Measurement(
            name="pressure",
            tags=("resource", "type"),
            fields=(
                *fields(Kind.FLOAT, "percent of time", "avg10 avg60 avg300"),
                *fields(Kind.INTEGER, "microseconds since boot", "total"),
            ),
        ),
    ),
)

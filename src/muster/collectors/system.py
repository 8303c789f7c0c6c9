"""Load, processors, sessions and uptime, from /proc/loadavg, /proc/stat, utmp and /proc/uptime.

Distributions without utmp (it cannot tell times after 2038) have no `n_users`.

Source: proc(5), utmp(5). Golden: tests/golden/collectors/*/expected/system.json
"""

from collections.abc import Iterable

from muster.collectors.api import (
    Collector,
    File,
    Glob,
    Measurement,
    Sample,
    fields,
    parsing,
    real,
)
from muster.errors import InputError
from muster.model.metric import Kind, Point

LOAD = "/proc/loadavg"
STAT = "/proc/stat"
UPTIME = "/proc/uptime"
UTMP = "/run/utmp"
SIBLINGS = "/sys/devices/system/cpu/cpu*/topology/thread_siblings_list"

# struct utmp of glibc on Linux: the same 384 bytes on all of its 64-bit machines but those
# few (arm64, riscv64) where two times are wider.
_RECORD_BYTES = (384, 400)
_USER = slice(44, 76)
_USER_PROCESS = 7


def collect(sample: Sample, _previous: Sample | None) -> Iterable[Point]:
    """Yield three `system` points: load and counts, uptime, uptime in words."""
    text = sample.text(LOAD)
    with parsing(LOAD, text):
        load1, load5, load15, _entities, _last_pid = text.split()
        load = {"load1": real(load1), "load5": real(load5), "load15": real(load15)}
    counts = {"n_cpus": _processors(sample.text(STAT)), **_users(sample), **_cores(sample)}
    yield Point("system", {**load, **counts}, sample.time_ns)

    text = sample.text(UPTIME)
    with parsing(UPTIME, text):
        uptime = int(real(text.split()[0]))
    yield Point("system", {"uptime": uptime}, sample.time_ns)
    yield Point("system", {"uptime_format": format_uptime(uptime)}, sample.time_ns)


def format_uptime(seconds: int) -> str:
    """Write "14 days, 11:07"."""
    days, rest = divmod(seconds, 86_400)
    hours, minutes = rest // 3600, rest // 60 % 60
    prefix = f"{days} day{'s' if days > 1 else ''}, " if days else ""
    return f"{prefix}{hours:2d}:{minutes:02d}"


def _processors(text: bytes) -> int:
    count = text.partition(b"\nintr ")[0].count(b"\ncpu")  # the first line is their sum
    if not count:
        raise InputError(f"{STAT}: unexpected shape {text[:80]!r}")
    return count


def _cores(sample: Sample) -> dict[str, int]:
    siblings = sample.groups.get(SIBLINGS)
    return {"n_physical_cpus": len(set(siblings.values()))} if siblings else {}


def _users(sample: Sample) -> dict[str, int]:
    text = sample.texts.get(UTMP)
    if text is None:
        return {}
    size = next((size for size in _RECORD_BYTES if len(text) % size == 0), 0)
    if not size:
        raise InputError(f"{UTMP}: {len(text)} bytes are no whole records")
    records = (text[start : start + size] for start in range(0, len(text), size))
    users = [
        record[_USER].partition(b"\0")[0]
        for record in records
        if record[0] | record[1] == _USER_PROCESS  # a 16-bit type below 16, in either byte order
    ]
    return {"n_users": len(users), "n_unique_users": len(set(users))}


COLLECTOR = Collector(
    name="system",
    sources=(
        File(LOAD),
        File(STAT),
        File(UPTIME),
        File(UTMP, every_s=10),
        Glob(SIBLINGS, every_s=3600),
    ),
    collect=collect,
    measurements=(
        Measurement(
            name="system",
            fields=(
                *fields(Kind.FLOAT, "mean of runnable tasks", "load1 load5 load15"),
                *fields(Kind.INTEGER, "count", "n_cpus n_users n_unique_users n_physical_cpus"),
                *fields(Kind.INTEGER, "seconds", "uptime"),
                *fields(Kind.STRING, "days, hours:minutes", "uptime_format"),
            ),
        ),
    ),
)

"""Interfaces and protocols, from /proc/net/dev, /proc/net/snmp and /sys/class/net.

As in Telegraf, loopback and interfaces that are down are left out. Reading a link's speed
asks the driver under a lock of the whole network stack, so it is read once a minute.

Source: proc(5), sysfs-class-net.
Golden: tests/golden/collectors/*/expected/net.json
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from muster.collectors.api import (
    Collector,
    File,
    Glob,
    Measurement,
    Sample,
    fields,
    parsing,
    tag,
)
from muster.model.metric import Kind, Point

DEVICES = "/proc/net/dev"
PROTOCOLS = "/proc/net/snmp"
SPEED = "/sys/class/net/*/speed"
FLAGS = "/sys/class/net/*/flags"

UP, LOOPBACK = 0x1, 0x8  # IFF_UP, IFF_LOOPBACK
COLUMNS = 16  # of a line: eight of receiving, eight of sending


def collect(sample: Sample, _previous: Sample | None) -> Iterable[Point]:
    """Yield one `net` point per interface and one of all protocols (`interface=all`)."""
    skipped = _skipped(sample.groups.get(FLAGS, {}))
    speeds = sample.groups.get(SPEED, {})
    text = sample.text(DEVICES)
    with parsing(DEVICES, text):
        head1, head2, *lines = text.splitlines()
        if b"|" not in head1 or b"|" not in head2:
            raise ValueError("no header")
        for line in lines:
            # Aliases have colons in their names; old kernels put no blank after the last.
            name, _, counters = line.rpartition(b":")
            interface = tag(name.strip())
            if interface == "lo" or interface in skipped:
                continue
            counts = _counts(counters, speeds.get(SPEED.replace("*", interface)))
            yield Point("net", counts, sample.time_ns, {"interface": interface})
    protocols = sample.texts.get(PROTOCOLS)
    if protocols is not None:
        yield Point("net", _protocols(protocols), sample.time_ns, {"interface": "all"})


def _counts(counters: bytes, speed: bytes | None) -> dict[str, int]:
    numbers = [int(number) for number in counters.split()]
    if len(numbers) < COLUMNS:
        raise ValueError("too few columns")
    return {
        "bytes_sent": numbers[8],
        "bytes_recv": numbers[0],
        "packets_sent": numbers[9],
        "packets_recv": numbers[1],
        "err_in": numbers[2],
        "err_out": numbers[10],
        "drop_in": numbers[3],
        "drop_out": numbers[11],
        "speed": _speed(speed),
    }


def _speed(text: bytes | None) -> int:
    """Mbit/s; -1 where the driver knows none (virtual links, links that are down)."""
    if text is None:
        return -1
    try:
        speed = int(text)
    except ValueError:
        return -1
    return speed if 0 < speed < 0xFFFF_FFFF else -1  # old drivers: -1 as an unsigned


def _skipped(flags: Mapping[str, bytes]) -> set[str]:
    """Names of interfaces that are down or loopback."""
    skipped = set()
    for path, text in flags.items():
        with parsing(path, text):
            bits = int(text, 16)
        if not bits & UP or bits & LOOPBACK:
            skipped.add(path.split("/")[-2])
    return skipped


def _protocols(text: bytes) -> dict[str, int]:
    """Lines come in pairs: names, then values, each led by "Tcp:"."""
    counts: dict[str, int] = {}
    lines = text.splitlines()
    with parsing(PROTOCOLS, text):
        for names, line in zip(lines[::2], lines[1::2], strict=True):
            values = line.split()
            fields_ = _names(names)
            if values[0] != names.split(None, 1)[0] or len(values) != len(fields_) + 1:
                raise ValueError("names and values do not match")
            counts.update(zip(fields_, map(int, values[1:]), strict=True))
        if not counts:
            raise ValueError("no protocol")
    return counts


@lru_cache(maxsize=64)
def _names(line: bytes) -> tuple[str, ...]:
    protocol, *names = tag(line).lower().split()
    return tuple(f"{protocol.removesuffix(':')}_{name}" for name in names)


COLLECTOR = Collector(
    name="net",
    sources=(File(DEVICES), File(PROTOCOLS), Glob(FLAGS, every_s=10), Glob(SPEED, every_s=60)),
    collect=collect,
    measurements=(
        Measurement(
            name="net",
            tags=("interface",),
            fields=(
                *fields(Kind.INTEGER, "bytes since boot", "bytes_sent bytes_recv"),
                *fields(
                    Kind.INTEGER,
                    "packets since boot",
                    "packets_sent packets_recv err_in err_out drop_in drop_out",
                ),
                *fields(Kind.INTEGER, "Mbit/s, -1 unknown", "speed"),
            ),
            open_fields="on the point `interface=all`, integers `<protocol>_<name>` in lower case"
            " of /proc/net/snmp (`tcp_activeopens`)",
        ),
    ),
)

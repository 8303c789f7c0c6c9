"""All counters of the network stack, from /proc/net/netstat, snmp and snmp6.

Zeros are kept, as by Telegraf's default, so that a counter's first step is seen. That makes
some 400 series, most of which never move: each second, they would be two thirds of all that a
small machine sends and the hub keeps (402 of 627 values on two cores). So every ten seconds.

Source: proc(5), Documentation/networking/snmp_counter.rst.
Golden: tests/golden/collectors/*/expected/nstat.json
"""

from collections.abc import Iterable
from functools import lru_cache

from muster.collectors.api import Collector, File, Measurement, Sample, parsing, tag
from muster.model.metric import Point

PAIRED = {"netstat": "/proc/net/netstat", "snmp": "/proc/net/snmp"}
LISTED = "/proc/net/snmp6"


def collect(sample: Sample, _previous: Sample | None) -> Iterable[Point]:
    """Yield one `nstat` point per table that the kernel has."""
    for name, path in PAIRED.items():
        text = sample.texts.get(path)
        if text is not None:
            yield Point("nstat", _paired(path, text), sample.time_ns, {"name": name})
    text = sample.texts.get(LISTED)
    if text is not None:
        with parsing(LISTED, text):
            words = text.split()
            counts = {
                _word(name): int(value) for name, value in zip(words[::2], words[1::2], strict=True)
            }
        yield Point("nstat", counts, sample.time_ns, {"name": "snmp6"})


def _paired(path: str, text: bytes) -> dict[str, int]:
    """Lines come in pairs: names, then values, each led by "TcpExt:"."""
    counts: dict[str, int] = {}
    lines = text.splitlines()
    with parsing(path, text):
        for head, line in zip(lines[::2], lines[1::2], strict=True):
            names = _names(head)
            prefix, *values = line.split()
            if not head.startswith(prefix):
                raise ValueError("names and values do not match")
            counts.update(zip(names, map(int, values), strict=True))
    return counts


@lru_cache(maxsize=64)
def _names(line: bytes) -> tuple[str, ...]:
    prefix, *names = tag(line).split()
    return tuple(prefix.removesuffix(":") + name for name in names)


@lru_cache(maxsize=512)
def _word(name: bytes) -> str:
    return tag(name)


COLLECTOR = Collector(
    name="nstat",
    sources=(*(File(path) for path in PAIRED.values()), File(LISTED)),
    collect=collect,
    interval_s=10,
    measurements=(
        Measurement(
            name="nstat",
            tags=("name",),
            fields=(),
            open_fields="integers, counts since boot, named prefix and column as in the kernel's"
            " tables (`TcpExtListenDrops`, `IpExtInOctets`, `Ip6InReceives`)",
        ),
    ),
)

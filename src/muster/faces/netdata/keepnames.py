"""What values of Netdata nodes are called in the hub's store.

Where a context says the same as a measurement of our own agent it gets that name, so that one
query and one chart serve both; the unit is then ours too. Every other context becomes a
measurement by its own name (`disk.io` is `disk_io`), its dimensions fields. Each series keeps
the context as a tag, and the instance where there are several.

Source: docs/guide/netdata.md, "Names of copied values"
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from muster.model.metric import Kind, Series, sorted_tags

_MIB, _GIB = float(1 << 20), float(1 << 30)
_PLAIN = re.compile(r"[^A-Za-z0-9_]+")
_LONGEST = 200  # characters of one name


class _Ours(NamedTuple):
    """A measurement of our own agent. `tag` is what tells instances apart there."""

    measurement: str
    fields: Mapping[str, str]  # dimension -> field
    scale: float = 1.0
    tag: str = ""
    prefix: str = ""  # of instances, before what the tag says
    fixed: tuple[tuple[str, str], ...] = ()


_CPU = {
    name: f"usage_{name}"
    for name in (
        "user",
        "system",
        "nice",
        "iowait",
        "irq",
        "softirq",
        "steal",
        "guest",
        "guest_nice",
        "idle",
    )
}
_SPACE = {"avail": "free", "used": "used", "reserved_for_root": "reserved"}

_KNOWN: dict[str, _Ours] = {
    "system.cpu": _Ours("cpu", _CPU, fixed=(("cpu", "cpu-total"),)),
    "cpu.cpu": _Ours("cpu", _CPU, tag="cpu", prefix="cpu."),
    "system.load": _Ours("system", {name: name for name in ("load1", "load5", "load15")}),
    "system.uptime": _Ours("system", {"uptime": "uptime"}),
    "system.processes": _Ours("processes", {"running": "running", "blocked": "blocked"}),
    "system.active_processes": _Ours("processes", {"active": "total"}),
    "system.ram": _Ours(
        "mem", {name: name for name in ("free", "used", "cached", "buffers")}, _MIB
    ),
    "mem.available": _Ours("mem", {"avail": "available", "MemAvailable": "available"}, _MIB),
    "mem.swap": _Ours("swap", {"free": "free", "used": "used"}, _MIB),
    "system.swap": _Ours("swap", {"free": "free", "used": "used"}, _MIB),
    "disk.space": _Ours("disk", _SPACE, _GIB, tag="path", prefix="disk_space."),
    "disk.inodes": _Ours(
        "disk",
        {"avail": "inodes_free", "used": "inodes_used"},
        tag="path",
        prefix="disk_inodes.",
    ),
}


class Named(NamedTuple):
    """A series, and what its values are multiplied by."""

    series: Series
    scale: float


def name_of(context: str, label: str) -> Named:
    """The series of a label such as `user` or `used,disk_space./var`.

    An instance that is called as its context tells nothing and makes no tag.
    """
    dimension, _, instance = label.rpartition(",") if "," in label else (label, "", "")
    instance = "" if instance == context else instance
    ours = _KNOWN.get(context)
    field = ours.fields.get(dimension.replace(" ", "_"), "") if ours else ""
    if ours is None or not field:
        tags = {"context": context, "instance": instance[:_LONGEST]}
        return Named(_series(_plain(context), _plain(dimension), tags), 1.0)
    tags = {"context": context, **dict(ours.fixed)}
    if instance:
        tags[ours.tag or "instance"] = instance.removeprefix(ours.prefix)[:_LONGEST]
    return Named(_series(ours.measurement, field, tags), ours.scale)


def _series(measurement: str, field: str, tags: Mapping[str, str]) -> Series:
    return Series(measurement, sorted_tags(tags), field, Kind.FLOAT)


def _plain(name: str) -> str:
    return _PLAIN.sub("_", name)[:_LONGEST].strip("_") or "unnamed"

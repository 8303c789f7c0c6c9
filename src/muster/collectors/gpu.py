"""GPUs of AMD and Intel, from what their drivers show under /sys/class/drm.

NVIDIA's own driver shows nothing there; its GPUs are those of nvidia_smi. A GPU that sleeps is
left alone: reading would wake it. Every ten seconds, as most machines have none of these files:
to find that out takes 0.03 ms each time.

Source: Documentation/gpu/amdgpu/thermal.rst, Documentation/ABI/testing/sysfs-driver-intel-i915-*
and sysfs-driver-intel-xe-*. Golden: tests/golden/collectors/*/expected/gpu.json
"""

from collections.abc import Iterable
from typing import NamedTuple

from muster.collectors.api import Collector, Glob, Measurement, Sample, fields, parsing, tag
from muster.model.metric import Kind, Point, Value

CARDS = "/sys/class/drm/card[0-9]/"
STATUS = "device/power/runtime_status"
UEVENT = CARDS + "device/uevent"


class Place(NamedTuple):
    """A file of a card that holds a number, and what that is to be multiplied by."""

    field: str
    file: str
    scale: float = 1  # whole numbers stay whole


# The first of several places of one field counts.
PLACES = (
    # amdgpu
    Place("utilization_gpu", "device/gpu_busy_percent"),
    Place("utilization_memory", "device/mem_busy_percent"),
    Place("memory_total", "device/mem_info_vram_total"),
    Place("memory_used", "device/mem_info_vram_used"),
    Place("power_draw", "device/hwmon/hwmon*/power1_average", 1e-6),
    Place("power_draw", "device/hwmon/hwmon*/power1_input", 1e-6),
    Place("clocks_current_graphics", "device/hwmon/hwmon*/freq1_input", 1e-6),
    # i915, xe
    Place("clocks_current_graphics", "gt/gt0/rps_act_freq_mhz"),
    Place("clocks_current_graphics", "device/tile0/gt0/freq0/act_freq"),
    Place("idle_ms", "gt/gt0/rc6_residency_ms"),
    Place("idle_ms", "device/tile0/gt0/gtidle/idle_residency_ms"),
)
INTEGERS = ("clocks_current_graphics",)  # though they are scaled
_CARD = len(CARDS.split("/")) - 2  # of a path's parts the one that names the card


def collect(sample: Sample, _previous: Sample | None) -> Iterable[Point]:
    """Yield one `gpu` point per GPU whose driver shows something."""
    cards: dict[str, dict[str, Value]] = {}
    for place in PLACES:
        for path, text in sample.groups.get(CARDS + place.file, {}).items():
            found = cards.setdefault(path.split("/")[_CARD], {})
            if text.strip() and place.field not in found:
                with parsing(path, text):
                    found[place.field] = _number(place, text)
    drivers = sample.groups.get(UEVENT, {})
    for card in sorted(cards):
        if cards[card]:
            known = _known(drivers.get(f"/sys/class/drm/{card}/device/uevent", b""))
            yield Point("gpu", cards[card], sample.time_ns, {"card": card} | known)


def _number(place: Place, text: bytes) -> Value:
    number = int(text)
    if place.scale == 1:
        return number
    scaled = number * place.scale
    return round(scaled) if place.field in INTEGERS else scaled


def _known(uevent: bytes) -> dict[str, str]:
    """Driver and slot, of lines like DRIVER=amdgpu."""
    lines = (line.partition(b"=") for line in uevent.splitlines())
    told = {key: tag(value) for key, _, value in lines if value}
    names = {"driver": b"DRIVER", "slot": b"PCI_SLOT_NAME"}
    return {name: told[key] for name, key in names.items() if key in told}


COLLECTOR = Collector(
    name="gpu",
    sources=(
        Glob(UEVENT, every_s=60),
        *(Glob(CARDS + place.file, blocking=True, asleep=CARDS + STATUS) for place in PLACES),
    ),
    collect=collect,
    interval_s=10,
    needs=("/sys/class/drm/card0", "/sys/class/drm/card1"),
    measurements=(
        Measurement(
            name="gpu",
            tags=("card",),
            some_tags=("driver", "slot"),
            fields=(
                *fields(Kind.INTEGER, "percent", "utilization_gpu utilization_memory"),
                *fields(Kind.INTEGER, "bytes", "memory_total memory_used"),
                *fields(Kind.FLOAT, "watts", "power_draw"),
                *fields(Kind.INTEGER, "MHz", "clocks_current_graphics"),
                *fields(Kind.INTEGER, "milliseconds, counter", "idle_ms"),
            ),
        ),
    ),
)

"""Temperatures of the machine's sensors, from /sys/class/hwmon.

A sensor is named by its chip and label (`coretemp_package_id_0_input`), without a label by
its chip and place (`acpitz_temp1_input`). Chips of one name and label (two NVMe drives) are
told apart by a number from the second on (`nvme_1_composite_input`). Some sensors ask a slow
bus or a sleeping drive, hence a thread; one that gives no number now is left out.

Source: Documentation/hwmon/sysfs-interface.rst, Telegraf's temp (v2).
Golden: tests/golden/collectors/*/expected/temp.json
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from muster.collectors.api import Collector, Glob, Measurement, Sample, fields, parsing, tag
from muster.model.metric import Kind, Point

ROOT = "/sys/class/hwmon/hwmon*/"
INPUT = ROOT + "temp*_input"
NAME = ROOT + "name"
LABEL = ROOT + "temp*_label"
# File's ending -> sensor's ending. Limits hardly ever change, so they are read once a minute.
LIMITS = {"crit": "crit", "max": "max", "crit_alarm": "critalarm"}


def collect(sample: Sample, _previous: Sample | None) -> Iterable[Point]:
    """Yield one `temp` point per sensor and limit."""
    inputs = sample.groups.get(INPUT, {})
    sensors = _sensors(inputs, sample.groups.get(NAME, {}), sample.groups.get(LABEL, {}))
    for path, sensor in sensors.items():
        text = inputs[path].strip()
        if not text:
            continue
        yield _point(f"{sensor}_input", path, text, 1000.0, sample.time_ns)
        stem = path.removesuffix("input")
        for ending, name in LIMITS.items():
            limit = sample.groups.get(f"{ROOT}temp*_{ending}", {}).get(stem + ending, b"").strip()
            if limit:
                scale = 1.0 if name == "critalarm" else 1000.0
                yield _point(f"{sensor}_{name}", stem + ending, limit, scale, sample.time_ns)


def _point(sensor: str, path: str, text: bytes, scale: float, time_ns: int) -> Point:
    with parsing(path, text):
        return Point("temp", {"temp": int(text) / scale}, time_ns, {"sensor": sensor})


def _sensors(
    inputs: Mapping[str, bytes], names: Mapping[str, bytes], labels: Mapping[str, bytes]
) -> dict[str, str]:
    """Path of each input -> the sensor's name without its ending."""
    sensors: dict[str, str] = {}
    chips: Counter[str] = Counter()
    numbers: dict[str, str] = {}
    for path in sorted(inputs, key=_order):
        folder, _, file = path.rpartition("/")
        chip = _clean(names.get(f"{folder}/name", b"")) or folder.rpartition("/")[2]
        if folder not in numbers:
            numbers[folder] = f"_{chips[chip]}" if chips[chip] else ""
            chips[chip] += 1
        place = file.removesuffix("_input")
        label = _clean(labels.get(f"{folder}/{place}_label", b"")) or place
        sensors[path] = f"{chip}{numbers[folder]}_{label}"
    return sensors


def _order(path: str) -> tuple[int, str]:
    """Folders by number, hwmon10 after hwmon2."""
    return len(path.split("/")[-2]), path


def _clean(text: bytes) -> str:
    return "_".join(tag(text).lower().split())


COLLECTOR = Collector(
    name="temp",
    sources=(
        Glob(INPUT, blocking=True),
        Glob(NAME, every_s=60),
        Glob(LABEL, every_s=60),
        *(Glob(f"{ROOT}temp*_{ending}", every_s=60) for ending in LIMITS),
    ),
    collect=collect,
    measurements=(
        Measurement(
            name="temp",
            tags=("sensor",),
            fields=fields(Kind.FLOAT, "degrees Celsius; 0 or 1 of an alarm", "temp"),
        ),
    ),
)

"""What lm-sensors shows: temperatures, fans, voltages, currents, power.

Only where its program is installed (temp needs nothing of it). Every thirty seconds: starting it
and asking slow buses takes 10 to 50 ms. Fields are named as the program names them, without
their numbers: `temp1_input` is `temp_input`.

Source: sensors(1), Telegraf's sensors
Golden: tests/golden/collectors/*/expected/sensors.json
"""

import re
from collections.abc import Iterable

from muster.collectors.api import (
    Collector,
    Command,
    Measurement,
    Sample,
    fields,
    parsing,
    real,
    tag,
)
from muster.model.metric import Kind, Point, Value

NAME = "sensors"
_NUMBERS = re.compile("[0-9]+")


def collect(sample: Sample, _previous: Sample | None) -> Iterable[Point]:
    """Yield one `sensors` point per feature of a chip."""
    text = sample.texts.get(NAME)
    if text is None:
        return
    for block in tag(text).strip().split("\n\n"):
        chip, *lines = block.splitlines() or [""]
        with parsing(NAME, block.encode()):
            for feature, found in _features(lines):
                if found and chip and feature:
                    yield Point(NAME, found, sample.time_ns, {"chip": chip, "feature": feature})


def _features(lines: Iterable[str]) -> Iterable[tuple[str, dict[str, Value]]]:
    """Errors: ValueError, IndexError."""
    feature, found = "", dict[str, Value]()
    for line in lines:
        if not line.startswith("  "):
            yield feature, found
            feature, found = line.strip().lower().replace(" ", "_").rstrip(":"), {}
            continue
        name, colon, value = line.partition(":")
        if not colon:
            raise ValueError("no value")
        found[_NUMBERS.sub("", name.strip())] = real(value.strip().encode())
    yield feature, found


COLLECTOR = Collector(
    name=NAME,
    sources=(Command(NAME, ("sensors", "-A", "-u"), needs="/usr/bin/sensors"),),
    collect=collect,
    interval_s=30,
    needs=("/usr/bin/sensors",),
    measurements=(
        Measurement(
            name=NAME,
            tags=("chip", "feature"),
            fields=(
                *fields(Kind.FLOAT, "degrees Celsius", "temp_input temp_max temp_crit"),
                *fields(Kind.FLOAT, "revolutions per minute", "fan_input"),
                *fields(Kind.FLOAT, "volts", "in_input"),
                *fields(Kind.FLOAT, "amperes", "curr_input"),
                *fields(Kind.FLOAT, "watts", "power_average power_input"),
                *fields(Kind.FLOAT, "0 or 1", "temp_crit_alarm"),
            ),
            open_fields="as the program names them, without numbers, all of them floats",
        ),
    ),
)

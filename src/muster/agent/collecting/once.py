"""One collection outside the running agent, for `muster agent dump`.

Points are written as line protocol, so that what an agent would send can be read, compared
with Telegraf's output, or fed to anything that takes it.

Source: InfluxDB line protocol (escapes of strings; names are written as wire/linewriter.py does)
"""

import time
from collections.abc import Sequence

from muster.agent.collecting.sources import Reader, is_here
from muster.clock import SECOND_NS, Clock
from muster.collectors.api import Collector, Sample
from muster.errors import MusterError
from muster.model.metric import Point, Value, sorted_tags
from muster.wire.linewriter import key_text, name_text

INTERVAL_S = 1.0  # between the two samples of collectors that compare

_STRING = str.maketrans({'"': r"\"", "\\": r"\\", "\n": r"\n"})


def collect_once(
    collectors: Sequence[Collector], clock: Clock, *, wait_s: float = INTERVAL_S
) -> tuple[list[Point], list[str]]:
    """Points of one tick and what failed. Blocks; takes an interval if a collector compares."""
    reader = Reader(clock=clock)
    collectors = [each for each in collectors if is_here(each.needs)]
    try:
        before: dict[str, Sample] = {}
        comparing = [each for each in collectors if each.compares]
        for collector in comparing:
            before[collector.name] = reader.read(collector.sources, _tick(clock))
        if comparing:
            time.sleep(wait_s)
        points: list[Point] = []
        failures: list[str] = []
        for collector in collectors:
            sample = reader.read(collector.sources, _tick(clock))
            try:
                points += collector.collect(sample, before.get(collector.name))
            except MusterError as error:
                failures.append(f"{collector.name}: {error}")
        return points, failures
    finally:
        reader.close()


def _tick(clock: Clock) -> int:
    return clock.now_ns() // SECOND_NS * SECOND_NS


def format_line(point: Point) -> str:
    """One line of line protocol."""
    key = key_text(point.measurement, sorted_tags(point.tags))
    fields = ",".join(
        f"{name_text(name)}={_format_value(value)}" for name, value in point.fields.items()
    )
    return f"{key}{fields} {point.time_ns}"


def _format_value(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return f"{value}i"
        case float():
            return repr(value)
        case str():
            return f'"{value.translate(_STRING)}"'

"""Both twins of the line-protocol parser against what InfluxDB made of the same bytes."""

import json
from pathlib import Path

import pytest

from muster.model.metric import Kind, value_of
from muster.wire.lineprotocol import COMPILED, PureLineParser, line_parser

CASES = json.loads(
    (Path(__file__).parents[1] / "golden/influx/line_protocol.json").read_text(encoding="utf-8")
)
UNITS = {"u": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
NOW_NS = 1_700_000_000_123_456_789
TWINS = {"pure": PureLineParser, "compiled": line_parser} if COMPILED else {"pure": PureLineParser}


def escaped(text: str, specials: str) -> str:
    return "".join(f"\\{char}" if char in specials else char for char in text)


def key_of(series) -> str:
    """A series' key as InfluxDB writes it: tags sorted as they are written."""
    tags = sorted((escaped(key, ", ="), escaped(value, ", =")) for key, value in series.tags)
    return ",".join([escaped(series.measurement, ", "), *(f"{key}={value}" for key, value in tags)])


def typed(field) -> tuple[str, str, object]:
    kind, value = field["type"], field["value"]
    return field["key"], kind, float(value) if kind == "float" else str(value)


def points_of(parsed) -> list:
    """Measurement, key, sorted tags, sorted fields and time of each point, in the body's order."""
    points: list = [None] * parsed.points_total
    row = cell = 0
    for layout, rows, strings in zip(parsed.layouts, parsed.rows, parsed.strings, strict=True):
        first = layout.series[0]
        for _ in range(rows):
            fields = []
            for series in layout.series:
                value = value_of(parsed.values[cell], series.kind, strings)
                shown = value if series.kind is Kind.FLOAT else str(value)
                fields.append((series.field, series.kind.name.lower(), shown))
                cell += 1
            points[parsed.order[row]] = (
                first.measurement,
                key_of(first),
                sorted(first.tags),
                sorted(fields),
                parsed.times[row],
            )
            row += 1
    return points


@pytest.mark.parametrize("twin", TWINS.values(), ids=TWINS.keys())
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_recorded_input_gives_the_recorded_points_and_errors(case, twin):
    unit = UNITS.get(case["precision"], 1)
    expected = [
        (
            point["measurement"],
            point["key"],
            sorted(tuple(pair) for pair in point["tags"]),
            sorted(map(typed, point["fields"])),
            int(point["time_ns"]) if point["has_time"] else NOW_NS - NOW_NS % unit,
        )
        for point in case["points"]
    ]

    parsed = twin().parse(case["input"].encode(), unit, NOW_NS, case["uint_support"])

    assert points_of(parsed) == expected
    assert parsed.error_text == case.get("error", "")

"""Words of Grafana and what we call the same: units, colours, calculations, kinds of panels."""

import re
from collections.abc import Mapping

from muster.wire.grafanajson import Notes

UNITS: Mapping[str, str] = {
    "none": "",
    "string": "",
    "short": "short",
    "bytes": "bytes",
    "decbytes": "bytes",
    "Bps": "bytes/s",
    "binBps": "bytes/s",
    "bps": "bits/s",
    "binbps": "bits/s",
    "percent": "percent",
    "percentunit": "ratio",
    "s": "s",
    "dtdurations": "s",
    "clocks": "s",
    "ms": "ms",
    "dtdurationms": "ms",
    "clockms": "ms",
    "µs": "us",
    "ns": "ns",
    "hertz": "hertz",
    "celsius": "celsius",
    "volt": "volt",
    "watt": "watt",
    "rotrpm": "rpm",
}
CALCULATIONS: Mapping[str, str] = {
    "last": "last",
    "lastNotNull": "last_value",
    "current": "last_value",
    "first": "first_value",
    "firstNotNull": "first_value",
    "min": "min",
    "max": "max",
    "mean": "mean",
    "avg": "mean",
    "sum": "sum",
    "total": "sum",
    "count": "count",
    "distinctCount": "distinct",
    "range": "range",
    "diff": "difference",
    "delta": "difference",
}
KINDS: Mapping[str, str] = {
    "graph": "timeseries",
    "timeseries": "timeseries",
    "trend": "timeseries",
    "stat": "stat",
    "singlestat": "stat",
    "gauge": "gauge",
    "bargauge": "bar",
    "barchart": "bar",
    "grafana-polystat-panel": "bar",
    "table": "table",
    "table-old": "table",
    "histogram": "histogram",
    "heatmap": "heatmap",
    "state-timeline": "timeline",
    "status-history": "timeline",
    "text": "text",
}
_NAMES = ("green", "yellow", "orange", "red", "blue", "purple", "cyan", "white", "grey")
_OTHER_NAMES = {"gray": "grey", "text": "", "transparent": "", "black": "#000000"}
_SHADE = re.compile(r"^(super-light|light|semi-dark|dark)-")
_HEX = re.compile(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})([0-9a-fA-F]{2})?")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*(?:,[^)]*)?\)")


def unit_of(word: str, notes: Notes) -> str:
    """Our unit; one that we do not know is written behind the number as it is."""
    if word in UNITS:
        return UNITS[word]
    if word and not word.startswith("suffix:"):
        notes.say(f"unit {word[:40]!r} is written behind the number")
    return word.removeprefix("suffix:").removeprefix("prefix:")[:40]


def calculation_of(word: str, notes: Notes) -> str:
    if word and word not in CALCULATIONS:
        notes.say(f"calculation {word[:40]!r} became the last value")
    return CALCULATIONS.get(word, "last_value")


def color_of(word: str) -> str:
    """A name or #rrggbb; empty, so that the theme chooses, for what is neither."""
    bare = _SHADE.sub("", word.strip().lower())
    if bare in _NAMES:
        return bare
    if found := _HEX.fullmatch(bare):
        digits = found[1]
        return f"#{digits if len(digits) == 6 else ''.join(mark * 2 for mark in digits)}"
    if found := _RGB.fullmatch(bare):
        return "#" + "".join(f"{min(int(part), 255):02x}" for part in found.groups())
    return _OTHER_NAMES.get(bare, "")

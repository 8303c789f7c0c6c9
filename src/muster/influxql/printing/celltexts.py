"""Single cells of answers as texts: times, floats as Go writes them, series, fields of CSV."""

from math import isfinite
from typing import Any

import numpy as np

from muster.influxql.values.columns import Ints
from muster.influxql.values.streams import Tags
from muster.influxql.values.zones import SECOND_NS, Zone

_MINUTE_S = 60


def times_text(times: Ints, zone: Zone | None) -> list[str]:
    """RFC 3339, with as many digits of a second as needed."""
    seconds, nanoseconds = np.divmod(times, SECOND_NS)
    offsets = None if zone is None else zone.offsets_ns(times) // SECOND_NS
    local = seconds if offsets is None else seconds + offsets
    texts = np.datetime_as_string(local.astype("datetime64[s]")).tolist()
    ends = ["Z"] * len(texts) if offsets is None else [_offset(each) for each in offsets.tolist()]
    if not nanoseconds.any():
        return [text + end for text, end in zip(texts, ends, strict=True)]
    return [
        text + (f".{fraction:09d}".rstrip("0") if fraction else "") + end
        for text, fraction, end in zip(texts, nanoseconds.tolist(), ends, strict=True)
    ]


def time_text(time_ns: int) -> str:
    """Of one time, which may lie outside of what points can have."""
    second, nanosecond = divmod(time_ns, SECOND_NS)
    fraction = f".{nanosecond:09d}".rstrip("0") if nanosecond else ""
    return f"{np.datetime_as_string(np.datetime64(second, 's'))}{fraction}Z"


def float_text(value: float) -> str:
    """A float as Go's JSON writes it."""
    size = abs(value)
    if size and (size < 1e-6 or size >= 1e21):
        digits, _, exponent = f"{value!r}".partition("e")
        if not exponent:
            digits, _, exponent = np.format_float_scientific(value, trim="-").partition("e")
        sign = "-" if exponent.startswith("-") else "+"
        return f"{digits.removesuffix('.0')}e{sign}{exponent.lstrip('+-').lstrip('0')}"
    return plain_text(value)


def plain_text(value: float) -> str:
    """The shortest decimal of a float, without an exponent."""
    text: str = np.format_float_positional(value, trim="-")
    return text


def _offset(seconds: int) -> str:
    if not seconds:
        return "Z"
    hours, minutes = divmod(abs(seconds) // _MINUTE_S, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02d}:{minutes:02d}"


def csv_field(cell: Any) -> str:  # noqa: ANN401 - whatever an answer's cell is
    """A cell as CSV has it; a gap is nothing."""
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case float():
            return plain_text(cell) if isfinite(cell) else ""
        case str():
            return quoted(cell)
        case list() | tuple():
            return quoted(" ".join(str(each) for each in cell))
        case _:
            return str(cell)


def quoted(text: str) -> str:
    """A field of CSV as Go writes it."""
    if not text:
        return ""
    special = any(sign in text for sign in ',"\r\n') or text[0].isspace() or text == "\\."
    return '"' + text.replace('"', '""') + '"' if special else text


def series_key(measurement: str, tags: Tags) -> str:
    """A series as the line protocol writes it."""
    plain = ",".join([measurement, *map("=".join, tags)])
    if plain.count(",") == plain.count("=") == len(tags) and " " not in plain:
        return plain  # as is the rule
    name = measurement.replace(",", "\\,").replace(" ", "\\ ")
    return ",".join([name, *(f"{_escaped(key)}={_escaped(value)}" for key, value in tags)])


def _escaped(text: str) -> str:
    return text.replace(",", "\\,").replace("=", "\\=").replace(" ", "\\ ")

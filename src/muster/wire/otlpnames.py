"""Names of OTLP as Prometheus writes them: of metrics, with their unit, and of labels.

Source: opentelemetry.io, "Prometheus and OpenMetrics Compatibility", as Prometheus' own
receiver of OTLP translates by default (UnderscoreEscapingWithSuffixes)
"""

import base64
import binascii
import math
import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache

import msgspec

from muster.errors import InputError
from muster.wire.otlpmodel import AnyValue, Attributes, real, whole

_UNITS = {
    "d": "days",
    "h": "hours",
    "min": "minutes",
    "s": "seconds",
    "ms": "milliseconds",
    "us": "microseconds",
    "ns": "nanoseconds",
    "By": "bytes",
    "KiBy": "kibibytes",
    "MiBy": "mebibytes",
    "GiBy": "gibibytes",
    "TiBy": "tibibytes",
    "KBy": "kilobytes",
    "MBy": "megabytes",
    "GBy": "gigabytes",
    "TBy": "terabytes",
    "m": "meters",
    "V": "volts",
    "A": "amperes",
    "J": "joules",
    "W": "watts",
    "g": "grams",
    "Cel": "celsius",
    "Hz": "hertz",
    "1": "",
    "%": "percent",
}
_PER = {
    "s": "second",
    "m": "minute",
    "h": "hour",
    "d": "day",
    "w": "week",
    "mo": "month",
    "y": "year",
}
_APART = re.compile(r"[^a-zA-Z0-9:]+")
_NO_LABEL = re.compile(r"[^a-zA-Z0-9_]")
_BRACES = re.compile(r"\{[^}]*\}")
_NAMES = 4_096  # that are remembered
_DEPTH = 8  # of values within a value


@lru_cache(maxsize=_NAMES)
def metric_name(name: str, unit: str, *, is_counter: bool, is_gauge: bool) -> str:
    """A metric's name with its unit, and `_total` where it counts. Errors: InputError."""
    words = [word for word in _APART.split(name) if word]
    if not words:
        raise InputError(f"a metric's name has no letter: {name[:100]!r}")
    main, per = _unit_words(unit)
    if main and main not in words:
        words.append(main)
    if per and per not in words:
        words += ["per", per]
    if is_counter:
        words = [*(word for word in words if word != "total"), "total"]
    if is_gauge and unit == "1":
        words = [*(word for word in words if word != "ratio"), "ratio"]
    text = "_".join(words)
    return f"_{text}" if text[0].isdigit() else text


def _unit_words(unit: str) -> tuple[str, str]:
    main, _, per = _BRACES.sub("", unit).strip().partition("/")
    words = _UNITS.get(main, "_".join(word for word in _APART.split(main) if word))
    per = per.strip()
    return words, _PER.get(per, "_".join(word for word in _APART.split(per) if word))


@lru_cache(maxsize=_NAMES)
def label_name(key: str) -> str:
    """An attribute's key as a label may have it. Errors: InputError."""
    name = _NO_LABEL.sub("_", key)
    if not name.strip("_"):
        raise InputError(f"an attribute's key has no letter: {key[:100]!r}")
    if name[0].isdigit():
        return f"key_{name}"
    return f"key{name}" if name.startswith("_") and not name.startswith("__") else name


def labels_of(attributes: Iterable[Attributes]) -> dict[str, str]:
    """Labels of attributes; what comes later covers what came before.

    Of keys of one place that become the same name, the values are joined. Errors: InputError.
    """
    labels: dict[str, str] = {}
    for place in attributes:
        own: dict[str, list[str]] = {}
        for each in sorted(place, key=lambda each: each.key):
            if text := value_text(each.value):
                own.setdefault(label_name(each.key), []).append(text)
        labels |= {name: ";".join(texts) for name, texts in own.items()}
    return labels


def value_text(value: AnyValue | None) -> str:
    """A value of an attribute as a label has it. Errors: InputError."""
    plain = _plain(value, 0)
    if plain is None:
        return ""
    if isinstance(plain, str):
        return plain
    return msgspec.json.encode(plain).decode()


Plain = None | str | bool | int | float | list["Plain"] | dict[str, "Plain"]


def _plain(value: AnyValue | None, depth: int) -> Plain:
    if value is None:
        return None
    if depth > _DEPTH:
        raise InputError(f"an attribute holds more than {_DEPTH} values within each other")
    if value.string_value is not None:
        return value.string_value
    if value.bool_value is not None:
        return value.bool_value
    if value.int_value is not None:
        return whole(value.int_value)
    if value.double_value is not None:
        return _number(real(value.double_value), depth)
    return _composed(value, depth)


def _composed(value: AnyValue, depth: int) -> Plain:
    if value.array_value is not None:
        return [_plain(each, depth + 1) for each in value.array_value.values]
    if value.kvlist_value is not None:
        return {each.key: _plain(each.value, depth + 1) for each in value.kvlist_value.values}
    if value.bytes_value is not None:
        try:
            base64.b64decode(value.bytes_value, validate=True)
        except binascii.Error as error:
            raise InputError("an attribute's bytes are no base64") from error
        return value.bytes_value
    return None


def _number(number: float, depth: int) -> Plain:
    """JSON has no words for NaN and infinities; a label has."""
    return number_text(number) if not depth or not math.isfinite(number) else number


def number_text(number: float) -> str:
    """A number in the fewest digits that tell it, without an exponent: as `le` has it."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    text = format(Decimal(repr(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text

"""Floats as Go prints and reads them."""

import re
from decimal import Decimal
from math import inf, isfinite, isnan, nan

_LEAST, _MOST = 1e-6, 1e21
_VERB_LEAST, _VERB_MOST = 1e-4, 1e6
_DIGITS, _HEX_DIGITS = (f"[{each}](?:_?[{each}])*" for each in ("0-9", "0-9a-fA-F"))
_DECIMAL = re.compile(rf"[+-]?(?:{_DIGITS}\.?(?:{_DIGITS})?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?")
_HEX = re.compile(
    rf"[+-]?0[xX](?:_?{_HEX_DIGITS}\.?(?:{_HEX_DIGITS})?|\.{_HEX_DIGITS})[pP][+-]?{_DIGITS}"
)
_WORDS = {"inf": inf, "infinity": inf, "nan": nan}
_MOST_CHARS = 1_000


def format_float(value: float) -> str:
    """The shortest decimal that is this float, without an exponent: `'f', -1`."""
    if not isfinite(value):
        return _word(value)
    text = repr(value)
    if "e" in text:
        text = format(Decimal(text), "f")
    return text.removesuffix(".0")


def format_sample(value: float) -> str:
    """As the API writes values: with an exponent only where they are very large or small."""
    size = abs(value)
    if size == 0 or _LEAST <= size < _MOST or not isfinite(value):
        return format_float(value)
    return _exponent(value)


def format_verb(value: float) -> str:
    """As `%v` prints it."""
    size = abs(value)
    if size == 0 or _VERB_LEAST <= size < _VERB_MOST or not isfinite(value):
        return format_float(value)
    return _exponent(value)


def parse_float(text: str) -> float | None:
    """What Go's ParseFloat takes; None for what it does not."""
    if len(text) > _MOST_CHARS:
        return None
    if _DECIMAL.fullmatch(text):
        value = float(text)
        return value if isfinite(value) else None
    if _HEX.fullmatch(text):
        try:
            return float.fromhex(text.replace("_", ""))
        except OverflowError:
            return None
    sign = -1.0 if text.startswith("-") else 1.0
    word = _WORDS.get(text[1:].lower() if text[:1] in ("+", "-") else text.lower())
    if word is None or (isnan(word) and text[:1] in ("+", "-")):
        return None
    return sign * word


def float_fault(text: str) -> str:
    """What is wrong with a text that `parse_float` does not take."""
    is_float = _DECIMAL.fullmatch(text) or _HEX.fullmatch(text)
    return "value out of range" if is_float else "invalid syntax"


def _word(value: float) -> str:
    if isnan(value):
        return "NaN"
    return "+Inf" if value > 0 else "-Inf"


def _exponent(value: float) -> str:
    """`1.5e-07`: the digits of the shortest decimal, and an exponent of at least two."""
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    head = str(digits[0])
    rest = "".join(map(str, digits[1:]))
    power = int(exponent) + len(digits) - 1
    mantissa = f"{head}.{rest}" if rest else head
    return f"{'-' if sign else ''}{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"

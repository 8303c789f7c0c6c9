"""Canonical texts of tag sets and fields, and the 64-bit hashes by which rows know them.

Format: docs/formats/catalogue.md
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from sys import intern

import numpy as np

from muster.model.metric import Tags
from muster.ports.series import U64


def tags_text(tags: Tags) -> str:
    """`a=1,b=2`, escaped so that no two tag sets share a text."""
    text = ",".join([f"{key}={value}" for key, value in tags])
    signs = text.count(","), text.count("=")
    if signs == (max(0, len(tags) - 1), len(tags)) and "\\" not in text:
        return text  # nothing to escape, as nearly always
    return ",".join(f"{_escape(key)}={_escape(value)}" for key, value in tags)


def parse_tags(text: str) -> Tags:
    """The tag set behind a canonical text."""
    if "\\" not in text:
        return tuple([_pair(part) for part in text.split(",")]) if text else ()
    tags = []
    key, part = "", ""
    signs = iter(text + ",")
    for sign in signs:
        if sign == "\\":
            part += next(signs)
        elif sign == "=":
            key, part = part, ""
        elif sign == ",":
            tags.append((key, part))
            part = ""
        else:
            part += sign
    return tuple(tags)


@lru_cache(maxsize=65_536)
def _pair(part: str) -> tuple[str, str]:
    """A tag of a text without escapes; tag sets that are read together share it."""
    key, _, value = part.partition("=")
    return intern(key), value


def tag_of(tags: Tags, key: str) -> str:
    """The value of one tag; empty when it is not there."""
    return next((value for name, value in tags if name == key), "")


def field_text(measurement: str, field: str) -> str:
    """`measurement field`, escaped likewise."""
    return " ".join(part.replace("\\", "\\\\").replace(" ", "\\ ") for part in (measurement, field))


def hash_of(text: str, salt: int = 0) -> int:
    """The unsigned 64-bit hash of a canonical text."""
    salted = f"{text}\0{salt}" if salt else text
    return int.from_bytes(blake2b(salted.encode(), digest_size=8).digest(), "little")


def hashes_of(texts: Sequence[str]) -> U64:
    """Of many texts, without a salt."""
    digests = [blake2b(text.encode(), digest_size=8).digest() for text in texts]
    return np.frombuffer(bytearray(b"".join(digests)), "<u8").astype(np.uint64, copy=False)


def signed(number: int) -> int:
    """The same 64 bits as SQLite and int64 columns hold them."""
    return number - (1 << 64) if number >> 63 else number


def unsigned(number: int) -> int:
    return number & 0xFFFFFFFFFFFFFFFF


def memory_of(text: str) -> int:
    """Bytes that the characters of a text take in memory, at most."""
    return len(text) if text.isascii() else 4 * len(text)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace(",", "\\,").replace("=", "\\=")

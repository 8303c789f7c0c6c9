"""Canonical texts of tag sets and fields, and the 64-bit hashes by which rows know them.

Compiled (`_names.pyx`, `names.hpp`) a tag set takes a quarter of the time; the pure twin is here.

Format: docs/formats/catalogue.md
"""

from functools import lru_cache
from hashlib import blake2b
from sys import intern

import numpy as np

from muster.model.metric import Tags
from muster.ports.series import U64

try:
    from muster.store.catalogue import _names  # type: ignore[attr-defined]  # compiled, no stub
except ImportError:  # no compiler here: this file does the work
    _names = None

COMPILED = _names is not None


def tags_text(tags: Tags) -> str:
    """`a=1,b=2`, escaped so that no two tag sets share a text."""
    text: str | None = None if _names is None else _names.tags_text(tags)
    return tags_text_plainly(tags) if text is None else text


def named(tagsets: list[Tags]) -> tuple[list[str], U64]:
    """The texts of tag sets and their hashes without a salt."""
    if _names is None:
        return named_plainly(tagsets)
    texts: list[str] = []
    hashes = np.empty(len(tagsets), np.uint64)
    done = _names.named(tagsets, texts, hashes)
    if done < len(tagsets):  # from the first on that is not ASCII
        more, hashes[done:] = named_plainly(tagsets[done:])
        texts += more
    return texts, hashes


def tags_text_plainly(tags: Tags) -> str:
    """The pure twin of `tags_text`."""
    text = ",".join([f"{key}={value}" for key, value in tags])
    signs = text.count(","), text.count("=")
    if signs == (max(0, len(tags) - 1), len(tags)) and "\\" not in text:
        return text  # nothing to escape, as nearly always
    return ",".join(f"{_escape(key)}={_escape(value)}" for key, value in tags)


def tag_text(tag: tuple[str, str]) -> str:
    """One tag's part of a canonical text."""
    return tags_text_plainly((tag,))


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
    number: int = hash_plainly(salted) if _names is None else _names.hash_of(salted)
    return number


def hash_plainly(text: str) -> int:
    """The pure twin of `hash_of`, without a salt."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def named_plainly(tagsets: list[Tags]) -> tuple[list[str], U64]:
    """The pure twin of `named`."""
    texts = [tags_text_plainly(tags) for tags in tagsets]
    return texts, np.array([hash_plainly(text) for text in texts], np.uint64)


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

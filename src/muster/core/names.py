"""What people and machines may call things, and how much a machine may say of itself."""

import re
from collections.abc import Mapping

import msgspec

from muster.errors import InputError
from muster.model.inventory import Facts

MAX_NAME = 100
MAX_FACT = 200
MAX_LABELS = 32
MAX_LABEL = 100  # characters of a value
# What the audit log calls those who are no users (core/audit.py and its callers).
_RESERVED = frozenset(("hub", "operator", "stranger", "system"))
_RESERVED_FORMS = re.compile(r"(node|token|hub for|influx) .*|.* by api token .*")
_ID = re.compile(r"[0-9a-z-]{1,36}")
_MAX_INT = (1 << 63) - 1
_LABEL = re.compile(r"[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?")


def check_name(name: str, what: str) -> str:
    """The name, when it is 1 to 100 printable characters without space at the ends.

    What is not printable includes line breaks, NUL and marks that turn the direction of
    text, so a name can forge neither a log line nor its neighbour in a table.
    Errors: InputError.
    """
    if not name or len(name) > MAX_NAME:
        raise InputError(f"{what} is 1 to {MAX_NAME} characters: {name[:MAX_NAME]!r}")
    if not name.isprintable() or name != name.strip():
        raise InputError(f"{what} has characters that do not print: {name!r}")
    return name


def check_user_name(name: str) -> str:
    """The name, when a user may bear it: as `check_name`, and nobody else's in the audit log.

    Errors: InputError.
    """
    plain = check_name(name, "user name").lower()
    if plain in _RESERVED or _RESERVED_FORMS.fullmatch(plain):
        raise InputError(f"user name stands for something else in the audit log: {name!r}")
    return name


def is_id(text: str) -> bool:
    """Whether a text can be an id at all: what cannot is not looked up."""
    return _ID.fullmatch(text) is not None


def tidy_facts(facts: Facts) -> Facts:
    """Facts cut to what is kept: texts printable and bounded, numbers not negative."""
    tidy = {field: _tidy(getattr(facts, field)) for field in Facts.__struct_fields__}
    return msgspec.structs.replace(facts, **tidy)


def _tidy(value: str | int | bool) -> str | int | bool:
    match value:
        case bool():
            return value
        case int():
            return min(max(value, 0), _MAX_INT)
        case _:
            return "".join(mark if mark.isprintable() else "?" for mark in value[:MAX_FACT])


def check_text(text: str, limit: int, what: str) -> str:
    """The text, when it is printable and not longer than a limit; it may be empty.

    Errors: InputError.
    """
    if len(text) > limit:
        raise InputError(f"{what} is up to {limit} characters, not {len(text)}")
    if not text.isprintable():
        raise InputError(f"{what} has characters that do not print: {text!r}")
    return text


def check_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Labels, in the order of their keys. Errors: InputError."""
    if len(labels) > MAX_LABELS:
        raise InputError(f"up to {MAX_LABELS} labels, not {len(labels)}")
    for key, value in labels.items():
        if not _LABEL.fullmatch(key):
            raise InputError(
                f"a label's key is up to 63 of a-z 0-9 . _ / -, a letter or digit at both ends,"
                f" not {key[:63]!r}"
            )
        check_text(value, MAX_LABEL, f"label {key}")
    return dict(sorted(labels.items()))

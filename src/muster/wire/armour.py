"""Armour: a document as text that survives mail, notepads and cameras.

    -----BEGIN MUSTER REQUEST-----
    <base64, 64 characters a line>
    =<12 characters: checksum>
    -----END MUSTER REQUEST-----

or as lines for QR codes, in any order: `MUSTER:REQUEST:1/3:<checksum>:<base32>`. The checksum
tells a slip on the way from a forgery, which only the signatures inside can tell. Pure.
Format page: docs/formats/air-gap.md.
"""

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Sequence
from enum import StrEnum

from muster.errors import InputError

VERSION = 1
MAX_TEXT = 256 << 10  # characters of mail around it included
MAX_DOCUMENT = 96 << 10
MAX_PARTS = 99
PART = 580  # base32 characters in one code: it fits a terminal of 80 columns
MAX_PART = 2_000
_LINE = 64
_CHECK_BYTES = 9
_PART_CHECK_BYTES = 5
_FRAME = re.compile(r"-----(BEGIN|END) MUSTER (\w+)-----")
_PART = re.compile(r"MUSTER:([A-Z]{3,16}):(\d{1,2})/(\d{1,2}):([A-Z2-7]{8}):([A-Z2-7]{1,4000})")
_QUOTED = " \t>"  # what mail programs put before a line


class Kind(StrEnum):
    REQUEST = "REQUEST"
    RESPONSE = "RESPONSE"


class BadArmour(InputError):
    """Text that was cut, altered on its way, or is none of ours."""

    code = "bad_armour"


class OtherArmour(InputError):
    """Whole, and not what is due here."""

    code = "other_armour"


def format_armour(kind: Kind, document: bytes) -> str:
    """The document as armour. Errors: InputError when it is too long."""
    body = _pack(document)
    text = base64.b64encode(body).decode()
    lines = [text[at : at + _LINE] for at in range(0, len(text), _LINE)]
    check = base64.b64encode(_digest(kind, body)[:_CHECK_BYTES]).decode()
    frame = f"MUSTER {kind}-----"
    return "\n".join((f"-----BEGIN {frame}", *lines, f"={check}", f"-----END {frame}", ""))


def format_parts(kind: Kind, document: bytes, *, length: int = PART) -> list[str]:
    """The same as lines for QR codes of alphanumeric mode. Errors: InputError when too long."""
    length = min(length, MAX_PART)
    body = _pack(document)
    text = base64.b32encode(body).decode().rstrip("=")
    check = base64.b32encode(_digest(kind, body)[:_PART_CHECK_BYTES]).decode()
    pieces = [text[at : at + length] for at in range(0, len(text), length)]
    if len(pieces) > MAX_PARTS:
        raise InputError(f"{len(pieces)} codes would be needed, at most {MAX_PARTS} are made")
    return [
        f"MUSTER:{kind}:{number}/{len(pieces)}:{check}:{piece}"
        for number, piece in enumerate(pieces, 1)
    ]


def parse_armour(kind: Kind, text: str) -> bytes:
    """The document in a text, as armour or as lines of codes; what stands around it is left.

    Errors: BadArmour, saying what is missing or wrong; OtherArmour.
    """
    if len(text) > MAX_TEXT:
        raise BadArmour(f"text is longer than {MAX_TEXT} characters")
    parts = _PART.findall(text)
    if parts and not _FRAME.search(text):
        return _unpack(kind, *_joined(kind, parts))
    return _unpack(kind, *_unframed(kind, text))


def _unframed(kind: Kind, text: str) -> tuple[bytes, bytes]:
    """Body and its checksum."""
    frames = list(_FRAME.finditer(text))
    begins = [frame for frame in frames if frame[1] == "BEGIN"]
    if not begins:
        raise BadArmour(f"no MUSTER {kind} in this text: its line -----BEGIN … is missing")
    if len(begins) > 1:
        raise BadArmour("more than one document in this text: give one of them")
    _require_kind(kind, begins[0][2])
    ends = [frame for frame in frames if frame[1] == "END" and frame.start() > begins[0].end()]
    if not ends or ends[0][2] != begins[0][2]:
        raise BadArmour("cut short: its line -----END … is missing; copy all of it")
    inner = text[begins[0].end() : ends[0].start()]
    lines = [line.strip(_QUOTED) for line in inner.splitlines()]
    lines = [line for line in lines if line]
    if not lines or not lines[-1].startswith("="):
        raise BadArmour("cut short: its checksum is missing; copy all of it")
    return _base64("".join(lines[:-1])), _base64(lines[-1][1:])


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadArmour("altered: characters that are no base64, or some are missing") from error


def _joined(kind: Kind, parts: Sequence[tuple[str, ...]]) -> tuple[bytes, bytes]:
    first_kind, _, total, check, _ = parts[0]
    _require_kind(kind, first_kind)
    pieces: dict[int, str] = {}
    for part in parts:
        if (part[0], part[2], part[3]) != (first_kind, total, check):
            raise BadArmour("codes of more than one document: give those of one")
        if pieces.setdefault(int(part[1]), part[4]) != part[4]:
            raise BadArmour(f"altered: code {part[1]} is there twice, in two forms")
    if missing := [str(n) for n in range(1, int(total) + 1) if n not in pieces]:
        raise BadArmour(f"codes are missing: {', '.join(missing)} of {total}")
    text = "".join(pieces[number] for number in sorted(pieces))
    try:
        body = base64.b32decode(text + "=" * (-len(text) % 8))
    except (binascii.Error, ValueError) as error:
        raise BadArmour("altered: what the codes say is no base32") from error
    return body, base64.b32decode(check)


def _require_kind(kind: Kind, found: str) -> None:
    if found != kind:
        raise OtherArmour(f"this is a MUSTER {found[:16]}; a MUSTER {kind} is due here")


def _pack(document: bytes) -> bytes:
    if len(document) > MAX_DOCUMENT:
        raise InputError(f"document is longer than {MAX_DOCUMENT} bytes")
    return bytes((VERSION,)) + zlib.compress(document, 9)


def _unpack(kind: Kind, body: bytes, check: bytes) -> bytes:
    if not body or len(check) < _PART_CHECK_BYTES or _digest(kind, body)[: len(check)] != check:
        raise BadArmour("altered or damaged on its way: its checksum is another")
    if body[0] != VERSION:
        raise BadArmour(f"written by a newer Muster: version {body[0]}, this one reads {VERSION}")
    unpacking = zlib.decompressobj()
    try:
        document = unpacking.decompress(body[1:], MAX_DOCUMENT)
    except zlib.error as error:
        raise BadArmour("what it holds cannot be unpacked") from error
    if not unpacking.eof or unpacking.unused_data:
        raise BadArmour(f"what it holds is longer than {MAX_DOCUMENT} bytes, or has no end")
    return document


def _digest(kind: Kind, body: bytes) -> bytes:
    return hashlib.sha256(kind.encode() + b"\0" + body).digest()

"""Names and dates of a certificate, from its DER: read where no library for it is loaded.

Only for showing. Whether a certificate counts is never decided by what is read here.

Source: RFC 5280 section 4.1; X.690 sections 8.1, 11.7, 11.8.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from muster.errors import InputError

MAX_BYTES = 65_536
_SEQUENCE, _SET, _OID, _UTC_TIME, _TIME, _VERSION = 0x30, 0x31, 0x06, 0x17, 0x18, 0xA0
_COMMON_NAME = b"\x55\x04\x03"  # 2.5.4.3
_TEXTS = {0x0C: "utf-8", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1E: "utf-16-be"}


class CertificateDates(NamedTuple):
    """What is shown of it. Units: seconds since 1970."""

    common_name: str
    issuer: str
    begins_s: int
    ends_s: int


class _Piece(NamedTuple):
    tag: int
    content: bytes


def parse_certificate(der: bytes) -> CertificateDates:
    """Errors: InputError for bytes that are no certificate."""
    try:
        if len(der) > MAX_BYTES:
            raise ValueError("too long")
        (whole,) = _pieces(der)
        signed = next(_pieces(_content(whole, _SEQUENCE)))
        pieces = list(_pieces(_content(signed, _SEQUENCE)))
        if pieces[0].tag == _VERSION:
            del pieces[0]
        _serial, _algorithm, issuer, validity, subject = pieces[:5]
        begins, ends = _pieces(_content(validity, _SEQUENCE))
        return CertificateDates(_name(subject), _name(issuer), _seconds(begins), _seconds(ends))
    except (ValueError, IndexError, StopIteration, OverflowError) as error:
        raise InputError(f"not a certificate: {der[:40].hex()}") from error


def _pieces(data: bytes) -> Iterator[_Piece]:
    """Tag, length, content, one after the other. Errors: ValueError, IndexError."""
    place = 0
    while place < len(data):
        tag, length = data[place], data[place + 1]
        place += 2
        if length & 0x80:
            size = length & 0x7F
            if not 1 <= size <= 4:
                raise ValueError("length of a length")
            length = int.from_bytes(data[place : place + size], "big")
            place += size
        if place + length > len(data):
            raise ValueError("cut short")
        yield _Piece(tag, data[place : place + length])
        place += length


def _content(piece: _Piece, tag: int) -> bytes:
    if piece.tag != tag:
        raise ValueError("another tag")
    return piece.content


def _name(name: _Piece) -> str:
    """The last common name; empty when there is none."""
    found = ""
    for group in _pieces(_content(name, _SEQUENCE)):
        for pair in _pieces(_content(group, _SET)):
            kind, value = list(_pieces(_content(pair, _SEQUENCE)))[:2]
            if kind == _Piece(_OID, _COMMON_NAME):
                found = value.content.decode(_TEXTS.get(value.tag, "ascii"), "replace")
    return found[:256]


def _seconds(moment: _Piece) -> int:
    text = moment.content.decode("ascii")
    if moment.tag == _UTC_TIME:
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    elif moment.tag != _TIME:
        raise ValueError("no time")
    when = datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    return int(when.timestamp())

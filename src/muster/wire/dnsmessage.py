"""A question to a name server and what its answer says: bytes, no sockets.

Of an answer only its head and its repeated question are read: whether it is the answer, its
code, whether it was cut short. Over TCP two bytes of length come first; that is the caller's.

Source: RFC 1035 sections 4.1 and 4.2; RFC 6895 section 2.3 (codes); RFC 3490 (names).
"""

import struct
from typing import NamedTuple

from muster.errors import InputError, ProtocolError

RECORD_TYPES = {
    "A": 1,
    "NS": 2,
    "CNAME": 5,
    "SOA": 6,
    "PTR": 12,
    "MX": 15,
    "TXT": 16,
    "AAAA": 28,
    "SRV": 33,
    "SPF": 99,
    "ANY": 255,
}
RCODES = {
    0: "NOERROR",
    1: "FORMERR",
    2: "SERVFAIL",
    3: "NXDOMAIN",
    4: "NOTIMP",
    5: "REFUSED",
    6: "YXDOMAIN",
    7: "YXRRSET",
    8: "NXRRSET",
    9: "NOTAUTH",
    10: "NOTZONE",
}
MAX_BYTES = 65_535
_HEAD = struct.Struct("!HHHHHH")
_RECURSE = 0x0100
_IS_REPLY, _IS_CUT, _CODE = 0x8000, 0x0200, 0x000F
_INTERNET = 1


class Reply(NamedTuple):
    """What an answer says."""

    rcode: int
    is_cut: bool  # the rest is to be had over TCP
    answers: int

    @property
    def code_name(self) -> str:
        return RCODES.get(self.rcode, f"RCODE{self.rcode}")


def format_query(number: int, domain: str, record_type: str) -> bytes:
    """One question, to be answered with all the server can find. Errors: InputError."""
    question = _name(domain) + struct.pack("!HH", RECORD_TYPES[record_type], _INTERNET)
    return _HEAD.pack(number, _RECURSE, 1, 0, 0, 0) + question


def is_reply_to(query: bytes, data: bytes) -> bool:
    """Whether these bytes claim to answer the query: its number, and a reply at all."""
    if len(data) < _HEAD.size:
        return False
    return data[:2] == query[:2] and bool(data[2] & 0x80)


def parse_reply(query: bytes, data: bytes) -> Reply:
    """Errors: ProtocolError for bytes that are no answer to this query."""
    if len(data) < _HEAD.size or len(data) > MAX_BYTES:
        raise ProtocolError(f"an answer of {len(data)} bytes")
    number, flags, questions, answers, _, _ = _HEAD.unpack_from(data)
    if number != _HEAD.unpack_from(query)[0] or not flags & _IS_REPLY:
        raise ProtocolError("an answer to something else")
    rcode = flags & _CODE
    asked = query[_HEAD.size :]
    # Who refuses a question may leave it out. Letters may come back in another case.
    if questions and data[_HEAD.size : _HEAD.size + len(asked)].lower() != asked.lower():
        raise ProtocolError("an answer to another question", _HEAD.size)
    if not questions and not rcode:
        raise ProtocolError("an answer without its question")
    return Reply(rcode, bool(flags & _IS_CUT), answers)


def _name(domain: str) -> bytes:
    """Labels with their lengths, and the root."""
    parts = []
    for label in domain.strip(".").split(".") if domain.strip(".") else ():
        try:
            text = label.encode("ascii") if label.isascii() else label.encode("idna")
        except UnicodeError as error:
            raise InputError(f"not a domain: {domain[:80]!r}") from error
        if not 1 <= len(text) <= 63:
            raise InputError(f"a part of a domain has 1 to 63 characters: {domain[:80]!r}")
        parts.append(bytes((len(text),)) + text)
    name = b"".join(parts) + b"\0"
    if len(name) > 255:
        raise InputError(f"a domain that is too long: {domain[:80]!r}")
    return name

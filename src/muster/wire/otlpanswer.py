"""Answers to a client of OTLP, in the form in which it asked. No state, no I/O.

Source: OTLP 1.x, "OTLP/HTTP Response"; google.rpc.Status
"""

from enum import Enum

import msgspec

from muster.errors import InputError
from muster.wire.protowriter import put_message
from muster.wire.varint import MASK, put_varint

_MESSAGE_BYTES = 8_192
_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 413: 8, 415: 3, 429: 8, 500: 13, 503: 14}
_UNKNOWN = 2


class Encoding(Enum):
    """How a request is written, and its answer."""

    PROTOBUF = "application/x-protobuf"
    JSON = "application/json"


def encoding_of(content_type: str) -> Encoding:
    """Errors: NotRead for a type that is neither."""
    media = content_type.partition(";")[0].strip().lower()
    for each in Encoding:
        if media == each.value:
            return each
    types = " or ".join(each.value for each in Encoding)
    raise NotRead(f"Content-Type {content_type[:100]!r} is not read: use {types}")


class NotRead(InputError):
    """A media type, or a packing, that is not read."""

    code = "unsupported_media_type"
    status = 415


class OtlpAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How many points of a request were rejected, and why."""

    rejected: int = 0
    message: str = ""

    def body(self, encoding: Encoding) -> bytes:
        """An ExportMetricsServiceResponse; without anything to tell it is empty."""
        message = _cut(self.message)
        if encoding is Encoding.JSON:
            if not (self.rejected or message):
                return b"{}"
            told = {"rejectedDataPoints": str(self.rejected), "errorMessage": message}
            return msgspec.json.encode({"partialSuccess": told})
        inside, out = bytearray(), bytearray()
        if self.rejected:
            put_varint(inside, 0x08)
            put_varint(inside, self.rejected & MASK)
        if message:
            put_message(inside, 0x12, message.encode())
        if inside:
            put_message(out, 0x0A, inside)
        return bytes(out)


def status_body(status: int, message: str, encoding: Encoding) -> bytes:
    """A Status: why a request was refused whole."""
    code, message = _CODES.get(status, _UNKNOWN), _cut(message)
    if encoding is Encoding.JSON:
        return msgspec.json.encode({"code": code, "message": message})
    out = bytearray()
    put_varint(out, 0x08)
    put_varint(out, code)
    put_message(out, 0x12, message.encode())
    return bytes(out)


def _cut(message: str) -> str:
    return message.encode(errors="replace")[:_MESSAGE_BYTES].decode(errors="ignore")

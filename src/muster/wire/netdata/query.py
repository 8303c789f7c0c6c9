"""Queries to an agent and their replies: a JSON header, an empty line, raw HTTP.

Both ends: the cloud writes queries and reads replies, an agent (or what stands for one) the
other way round. A reply's body ends where its `Content-Length` says, for agents leave bytes of
earlier replies behind it. What HTTP could be read in two ways is refused. The content type
says nothing (`text/plain` for compressed JSON) and is passed on as a header like the others.

Source: docs/formats/netdata-link.md ("Queries")
"""

import re
import zlib
from functools import lru_cache
from typing import TypeVar

import msgspec

from muster.errors import LimitExceeded, ProtocolError

VERSION = 2
MAX_QUERY_BYTES = (128 << 10) - 1_024  # whole, so that its packet and frame stay below 128 KiB
MAX_REPLY_BYTES = 16 << 20  # a body, unpacked
MAX_HEAD_BYTES = 16_384
MAX_HEADERS = 64
METHODS = ("GET", "POST", "PUT", "DELETE")  # agents give no answer to others

_MAX_NUMBER = (1 << 53) - 1
_GAP = b"\r\n\r\n"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_HEADER = re.compile(rf"(?:(?<=\r\n)|\A)({_TOKEN.pattern}):({_VALUE.pattern})\r\n")
_TARGET = re.compile(r"/[\x21-\x7e]*")
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?")
_REQUEST = re.compile(rb"([A-Z]{1,16}) (/[\x21-\x7e]*) HTTP/1\.1")
_ZLIB_FORMS = {"gzip": 31, "deflate": 15}

Headers = tuple[tuple[str, str], ...]
T = TypeVar("T")


class QueryError(ProtocolError):
    """A query or reply of another shape; the link itself is sound."""

    code = "query_error"


class HttpQuery(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP request through the link. `headers` are without Host and Content-Length.

    Units: milliseconds, 0 for no limit; the agent counts the time in its queue too.
    """

    msg_id: str
    callback_topic: str
    target: str  # path and query
    method: str = "GET"
    headers: Headers = ()
    body: bytes = b""
    timeout_ms: int = 0
    version: int = VERSION


class HttpReply(msgspec.Struct, frozen=True, kw_only=True):
    """What came back. Without an HTTP part `error_code` says why; the body is unpacked.

    Units: microseconds; `sent_us` and `session_us` since 1970.
    """

    msg_id: str
    status: int
    headers: Headers = ()  # names in lower case
    body: bytes = b""
    error_code: int = 0
    error_description: str = ""
    sent_us: int = 0
    session_us: int = 0
    executed_us: int = 0
    received_us: int = 0  # 0 from 2.x
    version: int = VERSION


class _QueryHeader(msgspec.Struct, rename="kebab", kw_only=True):
    type: str
    msg_id: str
    callback_topic: str
    timeout: int | float = 0
    version: int = 0


class _ReplyHeader(msgspec.Struct, rename="kebab", kw_only=True):
    type: str
    msg_id: str
    timestamp: int = 0
    timestamp_offset_usec: int = 0
    connect: int = 0
    connect_offset_usec: int = 0
    version: int = VERSION
    t_exec: int = 0
    t_rx: int = 0
    http_code: int = 0
    error_code: int = 0
    error_description: str = ""


def encode_query(query: HttpQuery) -> bytes:
    """Write a query. Errors: QueryError for what would break its form, LimitExceeded."""
    if query.method not in METHODS or not _TARGET.fullmatch(query.target):
        raise QueryError(f"no request: {query.method[:16]!r} {query.target[:128]!r}")
    header = {
        "type": "http",
        "msg-id": query.msg_id,
        "callback-topic": query.callback_topic,
        "timeout": query.timeout_ms,
        "version": query.version,
    }
    length = f"Content-Length: {len(query.body)}\r\n" if query.body else ""
    head = f"{query.method} {query.target} HTTP/1.1\r\n{_asker_lines(query.headers)}{length}\r\n"
    data = b"%b%b%b%b" % (_json(header), _GAP, head.encode("latin-1"), query.body)
    if len(data) > MAX_QUERY_BYTES:
        raise LimitExceeded(
            f"a query of {len(data)} bytes; an agent takes up to {MAX_QUERY_BYTES}", too_large=True
        )
    return data


def parse_query(data: bytes) -> HttpQuery:
    """Read a query, as an agent does. Errors: QueryError.

    Whether the version and callback topic earn an answer is the agent's to say.
    """
    text, _, request = data.partition(_GAP)
    header = _read_json(text, _QueryHeader)
    first, headers, end = _split(request)
    rest = request[end:]
    line = _REQUEST.fullmatch(first)
    if line is None or header.type != "http":
        raise QueryError(f"no HTTP request: {first[:64]!r}")
    length = _length_of(headers, len(rest)) if rest or _named(headers, "content-length") else 0
    return HttpQuery(
        msg_id=header.msg_id,
        callback_topic=header.callback_topic,
        method=line[1].decode(),
        target=line[2].decode(),
        headers=tuple(each for each in headers if each[0] != "content-length"),
        body=rest[:length],
        timeout_ms=_natural(header.timeout),
        version=header.version,
    )


def encode_reply(reply: HttpReply, *, encoding: str = "", stale: bytes = b"") -> bytes:
    """Write a reply, as an agent does. `encoding` packs the body ("gzip", "deflate").

    `stale` are the bytes that agents leave behind some. Errors: QueryError.
    """
    header = _reply_header(reply)
    if reply.error_code:
        return _json(header)
    body, headers = reply.body, reply.headers
    if encoding:
        body = _pack(body, encoding)
        headers = (*headers, ("Content-Encoding", encoding))
    lines = f"{_lines(headers)}Content-Length: {len(body)}\r\n"
    head = f"HTTP/1.1 {reply.status} OK\r\n{lines}\r\n".encode("latin-1")
    return _json(header) + _GAP + head + body + stale


def parse_reply(data: bytes, max_bytes: int = MAX_REPLY_BYTES) -> HttpReply:
    """Read a reply. Errors: QueryError; LimitExceeded for a body of more than `max_bytes`."""
    end = data.find(_GAP)
    gap = end >= 0
    header = _read_json(data[:end] if gap else data, _ReplyHeader)
    if header.type != "http" or not 0 <= header.http_code < 1_000:
        raise QueryError(f"a reply of another type: {header.type[:32]!r} {header.http_code}")
    if not gap and not header.error_code:
        raise QueryError("a reply without an HTTP part, and without an error")
    nothing: tuple[int, Headers, bytes] = (header.http_code, (), b"")
    start = end + len(_GAP)
    status, headers, body = _read_response(data, start, max_bytes) if gap else nothing
    return HttpReply(
        msg_id=header.msg_id,
        status=status,
        headers=headers,
        body=body,
        error_code=_natural(header.error_code),
        error_description=header.error_description,
        sent_us=_natural(header.timestamp * 1_000_000 + header.timestamp_offset_usec),
        session_us=_natural(header.connect * 1_000_000 + header.connect_offset_usec),
        executed_us=_natural(header.t_exec),
        received_us=_natural(header.t_rx),
        version=_natural(header.version),
    )


def _natural(number: float) -> int:
    """What a clock that was set tells wrongly is no reason to lose a reply."""
    return int(min(max(number, 0), _MAX_NUMBER))


def _read_response(data: bytes, at: int, max_bytes: int) -> tuple[int, Headers, bytes]:
    first, headers, start = _split(data, at)
    line = _STATUS.fullmatch(first)
    if line is None:
        raise QueryError(f"no HTTP status: {first[:64]!r}")
    length = _length_of(headers, len(data) - start)
    if length > max_bytes:
        raise _too_large(max_bytes)
    body, encodings = data[start : start + length], _named(headers, "content-encoding")
    if body and encodings and encodings != ["identity"]:  # nothing is packed as nothing
        body = _unpack(body, ",".join(encodings).strip().lower(), max_bytes)
    return int(line[1]), headers, body


def _split(data: bytes, at: int = 0) -> tuple[bytes, Headers, int]:
    """First line, headers with names in lower case, and where they end."""
    end = data.find(_GAP, at, at + MAX_HEAD_BYTES)
    if end < 0:
        raise QueryError(f"no end of HTTP headers within {MAX_HEAD_BYTES} bytes")
    first, _, block = data[at:end].partition(b"\r\n")
    lines = block.decode("latin-1") + "\r\n" if block else ""
    headers = tuple([(name.lower(), text.strip()) for name, text in _HEADER.findall(lines)])
    if len(headers) > MAX_HEADERS:
        raise QueryError(f"more than {MAX_HEADERS} HTTP headers")
    if len(headers) != lines.count("\r\n"):
        raise QueryError(f"no HTTP header: {_faulty(lines)!r}")
    return first, headers, end + len(_GAP)


def _faulty(lines: str) -> bytes:
    """The first that is no header."""
    faulty = (line for line in lines.split("\r\n") if not _HEADER.fullmatch(f"{line}\r\n"))
    return next(faulty).encode("latin-1")[:64]


def _length_of(headers: Headers, there: int) -> int:
    """How much of what is there is the body."""
    if _named(headers, "transfer-encoding"):
        raise QueryError("a transfer encoding, where the packet is the frame")
    lengths = _named(headers, "content-length")
    if not lengths:
        return there
    if len(lengths) > 1:
        raise QueryError("more than one Content-Length")
    text = lengths[0]
    if not (text.isascii() and text.isdecimal()) or len(text) > 12:
        raise QueryError(f"no Content-Length: {text[:32]!r}")
    if int(text) > there:
        raise QueryError(f"Content-Length {text} where {there} bytes came")
    return int(text)


def _named(headers: Headers, wanted: str) -> list[str]:
    return [value for name, value in headers if name == wanted]


@lru_cache(256)
def _asker_lines(headers: Headers) -> str:
    """Headers of a query as they are written: of many queries they are the same."""
    given = {name.lower() for name, _ in headers}
    if forbidden := given & {"content-length", "transfer-encoding", "host", "expect"}:
        raise QueryError(f"a header that is not the asker's: {min(forbidden)}")
    return _lines(headers)


def _lines(headers: Headers) -> str:
    for name, value in headers:
        if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
            raise QueryError(f"no HTTP header: {name[:32]!r}")
    return "".join(f"{name}: {value}\r\n" for name, value in headers)


def _pack(body: bytes, encoding: str) -> bytes:
    if encoding not in _ZLIB_FORMS:
        raise QueryError(f"no encoding of a body: {encoding[:32]!r}")
    packer = zlib.compressobj(wbits=_ZLIB_FORMS[encoding])
    return packer.compress(body) + packer.flush()


def _unpack(body: bytes, encoding: str, max_bytes: int) -> bytes:
    if encoding not in _ZLIB_FORMS:
        raise QueryError(f"no encoding of a body: {encoding[:32]!r}")
    unpacker = zlib.decompressobj(wbits=_ZLIB_FORMS[encoding])
    try:
        plain = unpacker.decompress(body, max_bytes + 1)
    except zlib.error as error:
        raise QueryError(f"a body that is no {encoding}: {error}") from error
    if len(plain) > max_bytes:
        raise _too_large(max_bytes)
    if not unpacker.eof or unpacker.unused_data:
        raise QueryError(f"a body of {encoding} that is cut off, or followed by something")
    return plain


def _too_large(max_bytes: int) -> LimitExceeded:
    return LimitExceeded(f"a reply of more than {max_bytes} bytes", too_large=True)


def _reply_header(reply: HttpReply) -> dict[str, int | str]:
    sent, sent_us = divmod(reply.sent_us, 1_000_000)
    session, session_us = divmod(reply.session_us, 1_000_000)
    header: dict[str, int | str] = {
        "type": "http",
        "msg-id": reply.msg_id,
        "timestamp": sent,
        "timestamp-offset-usec": sent_us,
        "connect": session,
        "connect-offset-usec": session_us,
        "version": reply.version,
    }
    if reply.error_code:
        header |= {"http-code": reply.status, "error-code": reply.error_code}
        return header | {"error-description": reply.error_description}
    header |= {"t-exec": reply.executed_us, "t-rx": reply.received_us}
    return header | {"http-code": reply.status}


def _json(value: object) -> bytes:
    try:
        return msgspec.json.encode(value)
    except (UnicodeError, msgspec.MsgspecError, OverflowError) as error:
        raise QueryError(f"cannot be written as JSON: {error}") from error


def _read_json(data: bytes, kind: type[T]) -> T:
    if len(data) > MAX_HEAD_BYTES:
        raise QueryError(f"a JSON header of more than {MAX_HEAD_BYTES} bytes")
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise QueryError(f"JSON header: {error}") from error

"""WebSocket as one end of the agents' link needs it: bytes to whole messages and back.

Version 13, no extensions, no subprotocols. Strict: whatever RFC 6455 forbids ends in
ProtocolError, and every length has a limit. The opening handshake is made and checked here
too; HTTP itself is read in net/client.py.

Source: RFC 6455 sections 4.1 (opening), 5 (frames), 7.4 (close codes)
"""

import base64
import hashlib
import struct
from collections.abc import Callable, Mapping
from enum import IntEnum

import msgspec

from muster.errors import ProtocolError

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_MAX_CONTROL = 125
_WHOLE_BINARY, _MASKED, _LEAST = 0x82, 0x80, 8  # first byte; of the second; bytes worth a look
_MAX_FRAGMENTS = 1024
_CLOSE_CODES = frozenset({*range(1000, 1004), *range(1007, 1015)})


class Opcode(IntEnum):
    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


class Data(msgspec.Struct, frozen=True):
    """A whole message."""

    data: bytes
    is_text: bool = False


class Ping(msgspec.Struct, frozen=True):
    """To be answered with a Pong of the same data."""

    data: bytes = b""


class Pong(msgspec.Struct, frozen=True):
    data: bytes = b""


class Close(msgspec.Struct, frozen=True):
    """The peer ends the connection. 1005: it gave no code."""

    code: int = 1005
    reason: str = ""


Event = Data | Ping | Pong | Close


class _Broken(ProtocolError):
    """A breach for which RFC 6455 has a close code of its own."""

    def __init__(self, text: str, close_code: int) -> None:
        super().__init__(text)
        self.close_code = close_code


def close_code_of(error: ProtocolError) -> int:
    """By what code the peer is told of a breach (section 7.4.1)."""
    return error.close_code if isinstance(error, _Broken) else 1002


class WebSocketCodec:
    """Frames of one end. A client masks with `new_mask` (4 random bytes each time).

    A server has no `new_mask`; it demands masked frames, as a client refuses them.
    """

    __slots__ = ("_buffer", "_closed", "_limit", "_new_mask", "_parts", "_parts_opcode")

    def __init__(
        self,
        *,
        new_mask: Callable[[], bytes] | None,
        max_message_bytes: int = 8 << 20,
    ) -> None:
        self._new_mask = new_mask
        self._limit = max_message_bytes
        self._buffer = bytearray()
        self._parts: list[bytes] = []  # of a message that comes in fragments
        self._parts_opcode = Opcode.CONTINUATION
        self._closed = False

    def send(self, event: Event) -> bytes:
        """The bytes of one event, in one frame."""
        match event:
            case Data(data=data, is_text=False):
                return self.send_binary(data)
            case Data(data=data):
                return self._frame(Opcode.TEXT, data)
            case Ping(data=data):
                return self._frame(Opcode.PING, data)
            case Pong(data=data):
                return self._frame(Opcode.PONG, data)
            case Close(code=1005):
                return self._frame(Opcode.CLOSE, b"")
            case Close(code=code, reason=reason):
                text = reason.encode()[: _MAX_CONTROL - 2].decode(errors="ignore").encode()
                return self._frame(Opcode.CLOSE, struct.pack(">H", code) + text)

    def send_binary(self, data: bytes) -> bytes:
        """As `send` of a message that is no text."""
        return self._frame(Opcode.BINARY, data)

    def receive(self, data: bytes) -> list[Event]:
        """Take bytes as they come; whole messages and control frames leave.

        Errors: ProtocolError; the connection is of no further use. After a Close nothing
                is read any more.
        """
        is_between = not (self._buffer or self._parts or self._closed or self._new_mask)
        if is_between and (whole := whole_message(data, self._limit)) is not None:
            return [Data(whole)]
        self._buffer += data
        events: list[Event] = []
        while not self._closed and (frame := self._take_frame()) is not None:
            event = self._on_frame(*frame)
            if event is not None:
                events.append(event)
        return events

    def _frame(self, opcode: Opcode, data: bytes) -> bytes:
        size = len(data)
        masked = 0x80 if self._new_mask else 0
        if size < 126:
            head = struct.pack(">BB", 0x80 | opcode, masked | size)
        elif size < 1 << 16:
            head = struct.pack(">BBH", 0x80 | opcode, masked | 126, size)
        else:
            head = struct.pack(">BBQ", 0x80 | opcode, masked | 127, size)
        if self._new_mask is None:
            return head + data
        mask = self._new_mask()
        return head + mask + apply_mask(data, mask)

    def _take_frame(self) -> tuple[bool, Opcode, bytes] | None:
        """(final, opcode, data) of the next whole frame; None until there is one."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        final, opcode, masked = bool(buffer[0] & 0x80), self._opcode(buffer[0]), buffer[1] >> 7
        if bool(masked) == (self._new_mask is not None):
            raise ProtocolError(f"WebSocket frame {'is' if masked else 'is not'} masked")
        at, size = 2, buffer[1] & 0x7F
        if size >= 126:
            width, minimum = (2, 126) if size == 126 else (8, 1 << 16)
            if len(buffer) < 2 + width:
                return None
            at += width
            size = int.from_bytes(buffer[2:at], "big")
            if size < minimum:
                raise ProtocolError("WebSocket frame length is not in its shortest form")
        self._check_size(opcode, size, final)
        end = at + 4 * masked + size
        if len(buffer) < end:
            return None
        with memoryview(buffer) as whole:
            if masked:
                with whole[at + 4 : end] as data_masked:
                    data = apply_mask(data_masked, bytes(whole[at : at + 4]))
            else:
                data = bytes(whole[at:end])
        del buffer[:end]
        return final, opcode, data

    def _opcode(self, first: int) -> Opcode:
        if first & 0x70:
            raise ProtocolError("WebSocket frame uses an extension that was not agreed on")
        try:
            return Opcode(first & 0x0F)
        except ValueError as error:
            raise ProtocolError(f"unknown WebSocket opcode: {first & 0x0F}") from error

    def _check_size(self, opcode: Opcode, size: int, final: bool) -> None:
        if opcode >= Opcode.CLOSE:
            if size > _MAX_CONTROL or not final:
                raise ProtocolError("WebSocket control frame is too long or fragmented")
        elif size + sum(map(len, self._parts)) > self._limit:
            raise _Broken(f"WebSocket message is longer than {self._limit} bytes", 1009)

    def _on_frame(self, final: bool, opcode: Opcode, data: bytes) -> Event | None:
        match opcode:
            case Opcode.PING:
                return Ping(data)
            case Opcode.PONG:
                return Pong(data)
            case Opcode.CLOSE:
                self._closed = True
                return _parse_close(data)
            case Opcode.CONTINUATION | Opcode.TEXT | Opcode.BINARY:
                return self._on_part(final, opcode, data)

    def _on_part(self, final: bool, opcode: Opcode, data: bytes) -> Data | None:
        if opcode is Opcode.CONTINUATION:
            if not self._parts:
                raise ProtocolError("WebSocket continuation of nothing")
        elif self._parts:
            raise ProtocolError("WebSocket message begins inside another")
        else:
            self._parts_opcode = opcode
        self._parts.append(data)
        if len(self._parts) > _MAX_FRAGMENTS:
            raise ProtocolError(f"WebSocket message has more than {_MAX_FRAGMENTS} fragments")
        if not final:
            return None
        whole, is_text = b"".join(self._parts), self._parts_opcode is Opcode.TEXT
        self._parts = []
        if is_text:
            _check_text(whole)
        return Data(whole, is_text)


def pure_apply_mask(data: bytes | memoryview, mask: bytes) -> bytes:
    """XOR with a repeated mask; one big integer does it nearly at the speed of C."""
    size = len(data)
    pattern = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "little") ^ int.from_bytes(pattern, "little")).to_bytes(
        size, "little"
    )


def pure_whole_message(data: bytes, limit: int) -> bytes | None:
    """See whole_message."""
    if len(data) < _LEAST or data[0] != _WHOLE_BINARY or data[1] < _MASKED:
        return None
    at, size = 2, data[1] - _MASKED
    if size == 126:
        at, size = 4, data[2] << 8 | data[3]
        if size < 126:
            return None
    elif size == 127:
        return None
    if size > limit or len(data) != at + 4 + size:
        return None
    with memoryview(data) as view, view[at + 4 :] as masked:
        return pure_apply_mask(masked, data[at : at + 4])


def _check_text(data: bytes) -> None:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise _Broken(f"WebSocket text is not UTF-8 (at byte {error.start})", 1007) from error


def _parse_close(data: bytes) -> Close:
    if not data:
        return Close()
    if len(data) == 1:
        raise ProtocolError("WebSocket close frame of one byte")
    code = int.from_bytes(data[:2], "big")
    if code not in _CLOSE_CODES and not 3000 <= code < 5000:
        raise ProtocolError(f"WebSocket close code is not allowed: {code}")
    _check_text(data[2:])
    return Close(code, data[2:].decode())


def format_upgrade(host: str, target: str, nonce: bytes) -> bytes:
    """The request that opens a WebSocket. `nonce` is 16 random bytes."""
    lines = (
        f"GET {target} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(nonce).decode()}",
        "Sec-WebSocket-Version: 13",
    )
    return "\r\n".join((*lines, "", "")).encode("ascii")


def accept_of(key: str) -> str:
    """What a server answers to a client's `Sec-WebSocket-Key`."""
    digest = hashlib.sha1((key + _GUID).encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def check_upgrade(status: int, headers: Mapping[str, str], nonce: bytes) -> None:
    """Accept the server's answer. Header names in lower case.

    Errors: ProtocolError when the peer did not open a WebSocket.
    """
    if status != 101:
        raise ProtocolError(f"peer opens no WebSocket: HTTP status {status}")
    wanted = accept_of(base64.b64encode(nonce).decode())
    connection = [token.strip() for token in headers.get("connection", "").lower().split(",")]
    if headers.get("upgrade", "").lower() != "websocket" or "upgrade" not in connection:
        raise ProtocolError("peer opens no WebSocket: its answer is no upgrade")
    if headers.get("sec-websocket-accept", "").strip() != wanted:
        raise ProtocolError("peer opens no WebSocket: it answers another request")
    if headers.get("sec-websocket-extensions") or headers.get("sec-websocket-protocol"):
        raise ProtocolError("peer chose a WebSocket extension or protocol that was not offered")


apply_mask: Callable[[bytes | memoryview, bytes], bytes]
whole_message: Callable[[bytes, int], bytes | None]
"""The message, where the data is one masked frame of it and no more; None for all else.

So it is with most that comes to a server, and then there is little to find out.
"""
try:
    from muster.wire import _websocket  # type: ignore[attr-defined]  # compiled, no stub
except ImportError:
    apply_mask, whole_message = pure_apply_mask, pure_whole_message
    COMPILED = False
else:
    apply_mask, whole_message = _websocket.apply_mask, _websocket.whole_message
    COMPILED = True

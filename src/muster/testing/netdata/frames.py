"""WebSocket as the agent's own client knows it: narrower than RFC 6455, and strict about it.

Source: specification 5.1
"""

import base64

import msgspec

from muster.testing.netdata.httpreply import ReplyReader
from muster.testing.netdata.violation import demand
from muster.wire.websocket import Close as Closing
from muster.wire.websocket import Data, Opcode, Pong, WebSocketCodec, accept_of

_SECTION = "5.1"
_LINE_MAX = 4095
_KNOWN = {Opcode.BINARY, Opcode.CLOSE, Opcode.PING, Opcode.PONG}


class Frame(msgspec.Struct, frozen=True):
    opcode: Opcode
    data: bytes


class ClientFrames:
    """Both directions of one connection, from the upgrade on.

    `nonce` is 16 random bytes, `mask` four: an agent may use the same one all its life.
    """

    def __init__(self, *, nonce: bytes, mask: bytes, frame_max: int) -> None:
        self._key = base64.b64encode(nonce).decode()
        self._codec = WebSocketCodec(new_mask=lambda: mask)
        self._max = frame_max
        self._buffer = bytearray()

    def upgrade(self, host: str, origin: str) -> bytes:
        """The request: `Host` has no port, and `Origin` is empty or made up."""
        lines = (
            "GET /mqtt HTTP/1.1",
            f"Host: {host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {self._key}",
            f"Origin: {origin}",
            "Sec-WebSocket-Protocol: mqtt",
            "Sec-WebSocket-Version: 13",
        )
        return "\r\n".join((*lines, "", "")).encode()

    def upgraded(self, reader: ReplyReader) -> bool:
        """Look at the whole reply; False when it is no 101. Errors: Violation."""
        reply = reader.reply
        if reply is None or reply.status != 101:
            return False
        headers = reply.headers
        demand(_SECTION, all(headers.values()), "a header without a value")
        demand(
            _SECTION,
            headers.get("sec-websocket-accept") == accept_of(self._key),
            "Sec-WebSocket-Accept is of another request",
        )
        demand(_SECTION, "sec-websocket-extensions" not in headers, "an extension was chosen")
        chosen = headers.get("sec-websocket-protocol", "mqtt")
        demand(_SECTION, chosen == "mqtt", f"subprotocol is {chosen!r}")
        return True

    def feed(self, data: bytes) -> list[Frame]:
        """Whole frames. Errors: Violation."""
        self._buffer += data
        frames: list[Frame] = []
        while (frame := self._take()) is not None:
            frames.append(frame)
        return frames

    def send(self, data: bytes) -> bytes:
        return self._codec.send(Data(data))

    def pong(self, data: bytes) -> bytes:
        return self._codec.send(Pong(data))

    def close(self) -> bytes:
        return self._codec.send(Closing(1000))

    def _take(self) -> Frame | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        opcode = buffer[0] & 0x0F
        demand(_SECTION, buffer[0] & 0xF0 == 0x80, "a frame without FIN, or with an extension")
        demand(_SECTION, opcode in _KNOWN, f"a frame of kind {opcode}: only binary ones are read")
        demand(_SECTION, buffer[1] < 0x80, "a masked frame")
        size, at = buffer[1] & 0x7F, 2
        if size >= 126:
            at += 2 if size == 126 else 8
            if len(buffer) < at:
                return None
            size = int.from_bytes(buffer[2:at], "big")
        demand(_SECTION, size < self._max, f"a frame of {size} bytes: the limit is {self._max}")
        if len(buffer) < at + size:
            return None
        data = bytes(buffer[at : at + size])
        del buffer[: at + size]
        return Frame(Opcode(opcode), data)


def upgrade_reader() -> ReplyReader:
    """Reads the answer to the upgrade, whose lines may be longer."""
    return ReplyReader(section=_SECTION, line_max=_LINE_MAX)

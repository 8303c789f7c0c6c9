"""A reply as the agent's own small HTTP client reads it: strict, sans-I/O.

What the real one would refuse or misread is a Violation. Header names are in lower case.

Source: specification 1.2 (replies), 5.1 (the upgrade)
"""

import msgspec

from muster.testing.netdata.violation import Violation, demand

BUFFER = 16 << 10
_NAME_MAX = 1023
_FORBIDDEN = ("set-cookie", "location", "content-encoding")
_END = b"\r\n\r\n"


class Reply(msgspec.Struct, frozen=True):
    status: int
    headers: dict[str, str]
    body: bytes = b""


class ReplyReader:
    """Takes bytes as they come; `reply` is there once it is whole."""

    def __init__(self, *, section: str = "1.2", line_max: int = 2 * _NAME_MAX) -> None:
        self._section = section
        self._line_max = line_max
        self._buffer = bytearray()
        self._head: Reply | None = None
        self._chunks = bytearray()
        self.reply: Reply | None = None

    def feed(self, data: bytes) -> bool:
        """True once the reply is whole. Errors: Violation."""
        self._buffer += data
        if self._head is None:
            end = self._buffer.find(_END)
            if end < 0:
                self._demand(len(self._buffer) < BUFFER, "head of 16 KiB or more")
                return False
            self._head = self._parse_head(bytes(self._buffer[:end]))
            del self._buffer[: end + len(_END)]
        if self.reply is None and (body := self._take_body(self._head.headers)) is not None:
            self.reply = msgspec.structs.replace(self._head, body=body)
        return self.reply is not None

    @property
    def rest(self) -> bytes:
        """What came behind the reply."""
        return bytes(self._buffer)

    def _demand(self, kept: object, text: str) -> None:
        demand(self._section, kept, text)

    def _parse_head(self, head: bytes) -> Reply:
        first, *lines = head.decode("latin-1").split("\r\n")
        status = first[9:12]
        proper = first.startswith("HTTP/1.1 ") and status.isdecimal() and first[12:13] == " "
        self._demand(proper, f"status line is not 'HTTP/1.1 NNN …': {first[:80]!r}")
        headers: dict[str, str] = {}
        for line in lines:
            name, separator, value = line.partition(": ")
            name = name.lower()
            self._demand(separator and name, f"header without ': ': {line[:80]!r}")
            self._demand(len(name) <= _NAME_MAX, "header name of 1024 bytes or more")
            self._demand(len(value) <= _NAME_MAX, f"{name}: value of 1024 bytes or more")
            self._demand(len(line) <= self._line_max, f"{name}: line is too long")
            self._demand(
                not (name == "content-length" and name in headers), "Content-Length came twice"
            )
            headers[name] = value
        for name in _FORBIDDEN:
            self._demand(name not in headers, f"{name} is not for agents")
        self._check_body_headers(headers)
        return Reply(int(status), headers)

    def _check_body_headers(self, headers: dict[str, str]) -> None:
        length, coding = headers.get("content-length"), headers.get("transfer-encoding")
        self._demand(length is None or coding is None, "Content-Length and Transfer-Encoding")
        self._demand(length is None or length.isdecimal(), f"Content-Length is {length!r}")
        self._demand(coding in (None, "chunked"), f"Transfer-Encoding is {coding!r}")
        self._demand(
            "keep-alive" not in headers.get("connection", "").lower(),
            "keep-alive was not asked for",
        )

    def _take_body(self, headers: dict[str, str]) -> bytes | None:
        if "transfer-encoding" in headers:
            return self._take_chunks()
        size = int(headers.get("content-length", "0"))
        self._demand(size < BUFFER, "reply does not fit the buffer of 16 KiB")
        if len(self._buffer) < size:
            return None
        body = bytes(self._buffer[:size])
        del self._buffer[:size]
        return body

    def _take_chunks(self) -> bytes | None:
        while (end := self._buffer.find(b"\r\n")) >= 0:
            try:
                size = int(bytes(self._buffer[:end]), 16)
            except ValueError:
                text = f"size of a chunk: {bytes(self._buffer[:end])!r}"
                raise Violation(self._section, text) from None
            whole = end + 2 + size + 2
            if len(self._buffer) < whole:
                return None
            self._chunks += self._buffer[end + 2 : whole - 2]
            self._demand(self._buffer[whole - 2 : whole] == b"\r\n", "chunk without an end")
            del self._buffer[:whole]
            if size == 0:
                return bytes(self._chunks)
        return None

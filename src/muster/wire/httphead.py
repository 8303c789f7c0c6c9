"""The head of an HTTP/1.1 answer and the length of its body: bytes, no sockets.

Only what a probe needs: any answer that a browser would show is read, nothing is believed.

Source: RFC 9112 sections 4, 6, 7.1
"""

from collections.abc import Mapping
from typing import NamedTuple

from muster.errors import ProtocolError

MAX_HEAD = 65_536
MAX_CHUNK_LINE = 4_096
END = b"\r\n\r\n"


class Head(NamedTuple):
    """Status and headers by their name in lower case; of several alike the last one."""

    status: int
    headers: Mapping[str, str]

    @property
    def is_chunked(self) -> bool:
        codings = self.headers.get("transfer-encoding", "").lower()
        return codings.rpartition(",")[2].strip() == "chunked"

    def body_bytes(self, method: str) -> int | None:
        """Its length; None when it ends with the connection or is chunked.

        Errors: ProtocolError for a length that is no number.
        """
        if method == "HEAD" or self.status in (204, 304) or self.status < 200:
            return 0
        text = self.headers.get("content-length")
        if self.is_chunked or text is None:
            return None
        if not text.isascii() or not text.isdecimal() or len(text) > 15:
            raise ProtocolError(f"not a length: {text[:40]!r}")
        return int(text)


def parse_head(data: bytes) -> Head:
    """Errors: ProtocolError for what is no HTTP."""
    first, *lines = data.decode("latin-1").rstrip("\r\n").split("\r\n")
    version, _, rest = first.partition(" ")
    status = rest[:3]
    if not version.startswith("HTTP/1.") or len(status) != 3 or not status.isdecimal():
        raise ProtocolError(f"not an answer in HTTP/1.1: {first[:80]!r}")
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    return Head(int(status), headers)


def chunk_bytes(line: bytes) -> int:
    """The length that a chunk's first line tells. Errors: ProtocolError."""
    text = line.partition(b";")[0].strip()
    try:
        if not 1 <= len(text) <= 15 or text[:1] in b"+-":
            raise ValueError("no length")
        return int(text, 16)
    except ValueError as error:
        raise ProtocolError(f"not the length of a chunk: {line[:40]!r}") from error

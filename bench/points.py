"""A hub that takes points over InfluxDB's wire, and connections to it or to a peer.

Used by bench/influx_write.py, bench/cardinality.py and bench/kills.py. A connection sends
requests that were made beforehand and reads of an answer what it must: the server is measured.
"""

import gzip
import json
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import ingest

from muster.agent.joining.identity import load_identity
from muster.net.tls import client_context

DATABASE = "bench"
_FORM = b"application/x-www-form-urlencoded"
_DONE = (b"200", b"204")


class PointHub(ingest.Hub):
    """Its listener `influx` is at `port`: `auth` "mtls" by certificates, "off" for anybody."""

    def __init__(
        self,
        work: Path,
        auth: str = "mtls",
        *,
        base: int = 18600,
        port: int = 18690,
        keep: bool = False,
        settings: dict[str, str] | None = None,
    ) -> None:
        self.port, self.auth = port, auth
        words = ("--influx-port", str(port), "--influx-auth", auth)
        super().__init__(work, base, keep=keep, words=words, settings=settings)

    def token(self) -> str:
        """One of an administrator, for questions beside a certificate."""
        return json.loads(self.muster("user", "token", "create", "--json"))["token"]


def context_of(folder: Path) -> ssl.SSLContext:
    """Mutual TLS with the certificate of a claimed node."""
    identity = load_identity(folder)
    return client_context(identity.anchors(), key=identity.key, chain=identity.chain)


def write_request(path: str, body: bytes, packed: bool = False) -> bytes:
    """A whole request of POST, its body gzipped as Telegraf does it or plain."""
    content = gzip.compress(body, 6) if packed else body
    encoding = b"Content-Encoding: gzip\r\n" if packed else b""
    return b"".join(
        (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n".encode(),
            encoding,
            f"Content-Length: {len(content)}\r\n\r\n".encode(),
            content,
        )
    )


class Connection:
    """One connection that stays open. Errors: OSError, also when the peer hangs up."""

    def __init__(self, port: int, context: ssl.SSLContext | None = None, timeout_s: float = 600):
        plain = socket.create_connection(("127.0.0.1", port), timeout=timeout_s)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = plain
        if context is not None:
            self._socket = context.wrap_socket(plain, server_hostname="127.0.0.1")
        self._file = self._socket.makefile("rb")

    def send(self, request: bytes) -> tuple[bytes, bytes]:
        """Status and body of the answer."""
        self._socket.sendall(request)
        first = self._file.readline()
        if not first:
            raise ConnectionResetError("hung up")
        length, chunked = 0, False
        while (line := self._file.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            elif name.lower() == b"transfer-encoding":
                chunked = b"chunked" in value
        body = self._chunks() if chunked else self._file.read(length)
        return first.split(b" ", 2)[1], body

    def write(self, request: bytes) -> None:
        """Send points. Errors: SystemExit with what the server says, when it refuses any."""
        status, body = self.send(request)
        if status not in _DONE:
            raise SystemExit(f"refused: {status.decode()} {body[:400].decode(errors='replace')}")

    def ask(self, statement: str, token: str = "", **words: str) -> list[dict]:
        """The series that a statement of InfluxQL answers. Errors: SystemExit."""
        body = urlencode({"q": statement, "db": DATABASE, **words}).encode()
        signed = f"Authorization: Token {token}\r\n".encode() if token else b""
        head = b"POST /query HTTP/1.1\r\nHost: 127.0.0.1\r\n" + signed
        head += b"Content-Type: " + _FORM + f"\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        status, text = self.send(head + body)
        answer = json.loads(text)
        if status not in _DONE or "error" in answer or "error" in answer["results"][0]:
            raise SystemExit(f"{statement}: {text[:400].decode(errors='replace')}")
        return answer["results"][0].get("series", [])

    def _chunks(self) -> bytes:
        found = b""
        while size := int(self._file.readline().split(b";")[0], 16):
            found += self._file.read(size)
            self._file.readline()
        self._file.readline()
        return found

    def close(self) -> None:
        self._file.close()
        self._socket.close()


Connect = Callable[[int], Connection]  # the connection of one of several writers, by number

"""A connection to a node of a cluster: waits for one that works, and not for one that hangs.

A statement may take minutes, and the node says nothing meanwhile. So where no byte came for a
while it is asked on another connection whether it answers at all (`/ping`): if it does, the wait
goes on, up to a bound for the whole statement; if not, the connection is broken off. What is sent
goes in parts, each of which must be taken within a time.

Source: ClickHouse documentation, "HTTP interface"
"""

import io
import ssl
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_CONNECT_S = 5.0
_TAKE_S = 30.0  # for a part of what is sent
_QUIET_S = 10.0  # without a byte
_PING_S = 5.0  # to connect, and to answer
_PART_BYTES = 1 << 18
_PING_BYTES = 100


class Hangs(ConnectionError):
    """A node that holds its connections and does nothing on them."""


class _Patient(io.RawIOBase):
    """The bytes that come; `ask` is called when none did for a while, and may raise."""

    def __init__(
        self, connection: HTTPConnection, held: io.BufferedIOBase, ask: Callable[[], None]
    ) -> None:
        self._socket = connection.sock
        self._held = held  # keeps the socket open when the connection lets go of it
        self._ask = ask

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        while True:
            try:
                return self._socket.recv_into(buffer)
            except TimeoutError:
                self._ask()

    def close(self) -> None:
        super().close()
        self._held.close()


class Channel:
    """One statement at a time. Errors, of all calls: OSError, HTTPException."""

    def __init__(
        self, address: tuple[str, int], context: ssl.SSLContext | None, wait_s: float
    ) -> None:
        """Connects. Without a context there is no TLS; an answer may take `wait_s`."""
        self._address = address
        self._context = context
        self._wait_s = wait_s
        self._left_s = 0.0
        self._connection = self._connected(_CONNECT_S)

    def _connected(self, timeout_s: float) -> HTTPConnection:
        host, port = self._address
        connection = (
            HTTPSConnection(host, port, timeout=timeout_s, context=self._context)
            if self._context
            else HTTPConnection(host, port, timeout=timeout_s)
        )
        try:
            connection.connect()
        except BaseException:
            connection.close()
            raise
        return connection

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> HTTPResponse:
        """The answer, of which the rest may be read.

        Errors: TimeoutError where it takes longer than it may; Hangs, also where it does not take
                what is sent; other OSErrors where it broke off.
        """
        self._left_s = self._wait_s
        connection = self._connection
        try:
            connection.sock.settimeout(_TAKE_S)
            length = {"Content-Length": str(len(body))}
            connection.request("POST", path, _parts(body), {**headers, **length})
        except TimeoutError:
            raise Hangs(f"it took nothing in for {_TAKE_S:g} s") from None
        connection.sock.settimeout(min(_QUIET_S, self._wait_s))
        connection.response_class = partial(_Answer, connection, self._ask)  # type: ignore[assignment] # called alone
        return connection.getresponse()

    def _ask(self) -> None:
        self._left_s -= _QUIET_S
        if self._left_s <= 0:
            raise TimeoutError(f"it did not answer within {self._wait_s:g} s")
        if not self._is_alive():
            raise Hangs(f"it hangs: no byte for {_QUIET_S:g} s, and no /ping")

    def _is_alive(self) -> bool:
        try:
            other = self._connected(_PING_S)
        except OSError:
            return False
        try:
            other.request("GET", "/ping")
            answer = other.getresponse()
            answer.read(_PING_BYTES)
        except (OSError, HTTPException):
            return False
        else:
            return answer.status == 200
        finally:
            other.close()

    def close(self) -> None:
        """Ends it."""
        self._connection.close()


class _Answer(HTTPResponse):
    def __init__(
        self,
        connection: HTTPConnection,
        ask: Callable[[], None],
        *arguments: object,
        **named: object,
    ) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type] # as they come
        self.fp = io.BufferedReader(_Patient(connection, self.fp, ask))


def _parts(body: bytes) -> Iterator[memoryview]:
    view = memoryview(body)
    for at in range(0, len(view), _PART_BYTES):
        yield view[at : at + _PART_BYTES]

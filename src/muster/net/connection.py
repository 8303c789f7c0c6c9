"""One accepted connection: its place, its way in, its verified peer, whether it is at work."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from muster.errors import InputError, ProtocolError
from muster.model.identity import Identity
from muster.net.admission import Handshake
from muster.net.aiohttpweb import HttpProcessingError, web
from muster.net.atonce import AtOnce, Head, head_of, remembered
from muster.net.guards import answer_headers
from muster.net.http import Withdraw, error_response
from muster.net.lean import Lean, Work
from muster.net.pieces import LONG_BYTES, PIECE_BYTES
from muster.net.repeats import Repeats
from muster.pki.authority import identity_of

log = logging.getLogger(__name__)


class Connection(web.RequestHandler):
    """aiohttp's connection, with its place, its peer and whether it is at work.

    `entry` is its way in; it ends with the first request, or when a WebSocket's peer is settled.
    """

    # Of few listeners: not in each of ten thousand connections.
    at_once: AtOnce | None = None
    lean: Lean | None = None
    take_s = 60.0  # how long such an answer may wait for the peer
    fields: tuple[bytes, Mapping[str, str]] = b"", {}  # what came last behind a target
    repeats: Repeats | None = None
    begun: object = None
    _is_whole = True  # nothing but whole requests has come
    _is_answering = False  # a request of a lean route
    _ahead = b""  # what came meanwhile
    _withdraw: Withdraw | None = None  # what was asked for it of others

    def __init__(
        self,
        server: web.Server,
        address: str,
        leave: Callable[[], None],
        entry: Handshake,
        **options: Any,  # noqa: ANN401 - handed on as they are
    ) -> None:
        super().__init__(server, **options)
        self.address = address
        self.entry = entry
        self.busy = False
        self.host = ""  # that the request under way is for
        self.foreign = False  # its route is one that other programs' agents ask for
        self.abandonable: asyncio.Task[Any] | None = None  # cancelled when the peer goes away
        self.gone: Callable[[], None] | None = None  # called when the peer goes away
        self.peer: Identity | None = None
        self.certificate = b""
        self._leave: Callable[[], None] | None = leave

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        tls = transport.get_extra_info("ssl_object")
        if tls is not None and (der := tls.getpeercert(binary_form=True)):
            self.certificate = der
            self.peer = _identity(der)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if not data:  # aiohttp has its parser go on after a body; nothing came
            super().data_received(data)
            return
        if self._is_answering:
            self._ahead += data
            if self.transport is not None:
                self.transport.pause_reading()
            return
        if self._is_whole and self._answers(data):
            return
        super().data_received(data)

    def _answers(self, data: bytes) -> bool:
        """Whether a request is answered here, or will be; False: it goes the ordinary way."""
        at_once, lean = self.at_once, self.lean
        if at_once is None and lean is None:
            return False
        transport = self._idle()
        if transport is not None and at_once is not None and self.repeats is not None:
            answer = at_once.again(data, self)
            if answer is not None:
                self._send(transport, answer)
            if answer is not None or self.begun is not None:
                return answer is not None
        head = head_of(data, self.fields)
        if head is None:
            self._is_whole = False  # the parser may hold a part of a request from now on
        if head is None or transport is None:
            return False
        if head.headers is not self.fields[1]:
            self.fields = remembered(head, data)
        answer = None if at_once is None else at_once.answer(data, head, self)
        if answer is not None:
            self._send(transport, answer)
            return True
        return lean is not None and self._begin(lean, head, transport)

    def _begin(self, lean: Lean, head: Head, transport: asyncio.Transport) -> bool:
        """Have a request answered when others have; False: it goes the ordinary way."""
        found = lean.route_of(head)
        request = None if found is None else lean.request_of(head, *found, self)
        if found is None or request is None or lean.jobs is None:
            return False
        self.entry.end()
        self.busy = self._is_answering = True
        self._next_keepalive_close_time = self._loop.time() + lean.handle_s
        withdraw = lean.ask(found[0], request, partial(self._told, lean, transport))
        if withdraw is None:
            self._let_answer(lean, lean.answer(found[0], request), transport)
            self.abandonable = self.abandonable if found[0].abandonable else None
        elif self._is_answering:
            self._withdraw = withdraw
        return True

    def _told(self, lean: Lean, transport: asyncio.Transport, found: bytes | Work) -> None:
        """What others have answered is written where it came in, unless it is long."""
        self._withdraw = None
        if isinstance(found, bytes) and len(found) > LONG_BYTES:
            found = _known(found)
        if not isinstance(found, bytes):
            self._let_answer(lean, found, transport)
            return
        try:
            if not transport.is_closing():
                self._send(transport, (found,))
            self._go_on(transport)
        except Exception:  # who answers serves others as well
            log.exception("no answer", extra={"address": self.address})
            transport.abort()

    def _let_answer(self, lean: Lean, work: Work, transport: asyncio.Transport) -> None:
        if lean.jobs is not None:
            self.abandonable = lean.jobs.create_task(self._answer(work, transport))

    async def _answer(self, work: Work, transport: asyncio.Transport) -> None:
        try:
            answer = await work
            if len(answer) > LONG_BYTES:
                async with asyncio.timeout(self.take_s):
                    answer = await self._send_most(transport, answer)
            if not transport.is_closing():
                self._send(transport, (answer,))
        except (ConnectionError, TimeoutError):
            transport.abort()
        except Exception:  # one peer's connection must not end the listener
            log.exception("no answer", extra={"address": self.address})
            transport.abort()
        finally:
            self.abandonable = None
            self._go_on(transport)

    async def _send_most(self, transport: asyncio.Transport, answer: bytes) -> bytes:
        """What is left: more would be encrypted in one turn of the loop."""
        at = 0
        while len(answer) - at > LONG_BYTES:
            transport.write(answer[at : at + PIECE_BYTES])
            at += PIECE_BYTES
            await self._drain_helper()
        return answer[at:]

    def _go_on(self, transport: asyncio.Transport) -> None:
        """With what the peer asked meanwhile."""
        self.busy = self._is_answering = False
        self.gone = None
        ahead, self._ahead = self._ahead, b""
        if ahead and not transport.is_closing():
            transport.resume_reading()
            self.data_received(ahead)

    def _idle(self) -> asyncio.Transport | None:
        """Where to write while nothing is under way, in whatever aiohttp calls it."""
        waiter, transport = getattr(self, "_waiter", None), self.transport
        if waiter is None or waiter.done() or getattr(self, "_messages", True):
            return None
        if transport is None or transport.is_closing() or transport.get_write_buffer_size():
            return None
        return transport

    def _send(self, transport: asyncio.Transport, parts: Sequence[bytes]) -> None:
        self.entry.end()
        transport.writelines(parts)
        self._next_keepalive_close_time = self._loop.time() + self.keepalive_timeout
        if transport.get_write_buffer_size():
            self._loop.call_later(self.take_s, self._abort_unless_taken, transport)

    def _abort_unless_taken(self, transport: asyncio.Transport) -> None:
        if not self.busy and transport.get_write_buffer_size():
            transport.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        self.release()
        if self.abandonable is not None:
            self.abandonable.cancel()
        if self._withdraw is not None:
            self._withdraw()
        if self.gone is not None:
            self.gone()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer bytes that are no HTTP: in our form, and without repeating them.

        aiohttp would send them back, and log them with a traceback as an error: anybody could
        fill the log, and a malformed cookie would stand in it.
        """
        if not isinstance(exc, HttpProcessingError):
            return super().handle_error(request, status, exc, message)
        log.debug("no HTTP", extra={"address": self.address, "error": type(exc).__name__})
        told = error_response(ProtocolError("this is no HTTP request that can be read"))
        headers = answer_headers("", browser=False) | {"Content-Type": told.content_type}
        answer = web.Response(status=told.status, body=told.body, headers=headers)
        answer.force_close()
        return answer

    def hand_over(self) -> tuple[asyncio.Transport, Callable[[], None]]:
        """Let go of the transport, for another protocol; and of the place, for whoever ends it.

        For the request under way the connection is lost. Errors: ConnectionResetError.
        """
        transport, leave = self.transport, self._leave
        if transport is None or leave is None:
            raise ConnectionResetError("the connection ended")
        self.transport = self._leave = None
        super().connection_lost(None)
        return transport, leave

    def when_gone(self, told: Callable[[], None]) -> None:
        """Have something called if the peer goes away during this request."""
        self.gone = told

    @property
    def read_ahead(self) -> bytes:
        """What came behind the head of a request that opens a WebSocket."""
        return self._message_tail

    def release(self) -> None:
        """Give the place back, once."""
        self.entry.end()
        leave, self._leave = self._leave, None
        if leave is not None:
            leave()


async def _known(answer: bytes) -> bytes:
    """For who awaits one."""
    return answer


def why_nobody(der: bytes) -> str:
    """Why a certificate that TLS took, or its absence, names no node."""
    try:
        identity_of(der)
    except InputError as error:
        return str(error) if der else "a client certificate with a node's identity is needed"
    return ""


def _identity(der: bytes) -> Identity | None:
    """The node a verified certificate names; None when it is no agent's."""
    try:
        return identity_of(der)
    except InputError:
        return None

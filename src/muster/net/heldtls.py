"""TLS of a connection that is held for days: asyncio's shakes hands (net/tlsalerts.py), then this.

Of ten thousand links each kilobyte and each call for a message counts: here are OpenSSL's object
and its two buffers, and nothing of what a handshake, a backlog or a start of TLS needs. What it
is for its protocol is asyncio's Transport, as far as net/heldsocket.py needs one.

Whoever closes says so to the peer (close_notify) and waits some seconds for its answer.
"""

import asyncio
import ssl

from muster.net.tlsalerts import READ_BYTES, AlertingTls, reading_view

_CLOSE_S = 3.0  # for the peer to close its side
_UNSENT_BYTES = 256 * 1024  # that wait for the peer; with more its protocol is told to pause


class HeldTls(asyncio.BufferedProtocol):
    """One connection, taken over from a handshake that is done. `set_protocol` begins it.

    Errors: ConnectionResetError when the connection is on its way to its end.
    """

    __slots__ = (
        *("_incoming", "_is_closing", "_is_paused", "_loop", "_outgoing", "_protocol", "_tls"),
        *("_transport", "_view"),
    )

    def __init__(self, handshake: AlertingTls, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transport, self._tls, self._incoming, self._outgoing = handshake.let_go()
        self._view = reading_view()
        self._protocol: asyncio.Protocol | None = None
        self._is_closing = self._is_paused = False

    def set_protocol(self, protocol: asyncio.Protocol) -> None:
        """Who hears of data from here on; at the next turn of the loop, of what came before."""
        self._protocol = protocol
        self._transport.set_write_buffer_limits(high=_UNSENT_BYTES)
        self._transport.set_protocol(self)
        self._flush()
        self._loop.call_soon(self._read)

    def get_buffer(self, sizehint: int) -> memoryview:
        """See asyncio.BufferedProtocol."""
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        """See asyncio.BufferedProtocol."""
        self._incoming.write(self._view[:nbytes])
        if self._is_closing:
            self._finish()
        else:
            self._read()

    def _read(self) -> None:
        protocol = self._protocol
        try:
            while protocol is not None and not (self._is_paused or self._is_closing):
                data = self._tls.read(READ_BYTES)
                if not data:  # the peer's close_notify
                    self.close()
                    return
                protocol.data_received(data)
                if not (self._incoming.pending or self._tls.pending()):
                    break  # quicker than to be told by an exception that there is no more
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:  # what it is goes to the peer as an alert
            self._is_closing = True
            self._close_now()
        self._flush()

    def _flush(self) -> None:
        if self._outgoing.pending and not self._transport.is_closing():
            self._transport.write(self._outgoing.read())

    def write(self, data: bytes) -> None:
        """See asyncio.WriteTransport."""
        if self.is_closing():
            return
        rest = memoryview(data)
        while rest:  # a record takes 16 KiB
            rest = rest[self._tls.write(rest) :]
        self._flush()

    def close(self) -> None:
        """See asyncio.BaseTransport."""
        if self.is_closing():
            return
        self._is_closing = True
        if self._is_paused:  # or the peer's end would not be seen
            self._transport.resume_reading()
        self._loop.call_later(_CLOSE_S, self._transport.abort)
        self._finish()

    def _finish(self) -> None:
        """Say close_notify; once the peer has said it too, or anything else, end."""
        try:
            self._tls.unwrap()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError:
            self._close_now()
        else:
            self._close_now()

    def _close_now(self) -> None:
        self._flush()
        if not self._transport.is_closing():
            self._transport.close()
            self._loop.call_later(_CLOSE_S, self._transport.abort)

    def abort(self) -> None:
        """See asyncio.WriteTransport."""
        self._is_closing = True
        self._transport.abort()

    def is_closing(self) -> bool:
        """See asyncio.BaseTransport."""
        return self._is_closing or self._transport.is_closing()

    def pause_reading(self) -> None:
        """See asyncio.ReadTransport."""
        self._is_paused = True
        if not self.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """See asyncio.ReadTransport."""
        self._is_paused = False
        if not self.is_closing():
            self._transport.resume_reading()
            self._loop.call_soon(self._read)

    def get_write_buffer_size(self) -> int:
        """See asyncio.WriteTransport."""
        return self._transport.get_write_buffer_size()

    def pause_writing(self) -> None:
        """See asyncio.BaseProtocol."""
        if self._protocol is not None:
            self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """See asyncio.BaseProtocol."""
        if self._protocol is not None:
            self._protocol.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.BaseProtocol."""
        self._is_closing = True
        protocol, self._protocol = self._protocol, None
        if protocol is not None:
            protocol.connection_lost(exc)


def held(transport: asyncio.Transport) -> asyncio.Transport | HeldTls:
    """What serves a connection from here on: the transport itself where it is not our TLS.

    Errors: ConnectionResetError.
    """
    handshake = getattr(transport, "_ssl_protocol", None)
    if not isinstance(handshake, AlertingTls):
        return transport
    return HeldTls(handshake, asyncio.get_running_loop())

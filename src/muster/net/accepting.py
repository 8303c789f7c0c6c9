"""Accepting: from a listening socket to a connection that has a place and may shake hands.

In bursts, since one in each turn of a busy loop would be fewer than come; and no faster than
who came before is in (net/admission.py). Whoever gave up while waiting costs nothing: shaking
hands with the dead would keep the living waiting until they give up too.
"""

import asyncio
import logging
import socket
from collections.abc import Callable

from muster.net.admission import Admission, Handshake, Handshakes

log = logging.getLogger(__name__)

Take = Callable[[socket.socket, str, Handshake], None]
BURST = 8  # in one turn of the loop: some 20 ms of work, until all have what they came for
_AGAIN_S = 0.1
_TCP_INFO = getattr(socket, "TCP_INFO", None)  # Linux alone
# States in Linux' tcp_states.h of a connection that is still wanted: established, and the
# handshake of TCP that ends as we look.
_WANTED = (1, 3)


async def accept_all(
    listening: socket.socket,
    admission: Admission,
    handshakes: Handshakes,
    take: Take,
    name: str,
    *,
    tls: bool = True,
) -> None:
    """Hand every connection on that there is a place for, until cancelled.

    With TLS a peer that has ended its side wants no more answer; without it may.
    """
    loop = asyncio.get_running_loop()

    def enter(connection: socket.socket, peer: object) -> None:
        address = peer[0] if isinstance(peer, tuple) else "unix"
        if tls and has_left(connection):
            admission.left += 1
            connection.close()
        elif admission.enter(address):
            connection.setblocking(False)
            take(connection, address, handshakes.begin())
        else:
            connection.close()

    while True:
        await handshakes.wait()
        try:
            enter(*await loop.sock_accept(listening))
            for _ in range(BURST - 1):
                if handshakes.is_full:
                    break
                enter(*listening.accept())
            await asyncio.sleep(0)  # accepting by itself lets nobody else have a turn
        except BlockingIOError:
            pass
        except OSError as error:  # out of descriptors, or the peer is gone already
            log.warning("cannot accept", extra={"listener": name, "error": str(error)})
            await asyncio.sleep(_AGAIN_S)


def has_left(connection: socket.socket) -> bool:
    """Whether the peer of a connection just accepted has ended it already, as far as is known."""
    if _TCP_INFO is None or connection.family is socket.AF_UNIX:
        return False
    try:
        return connection.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, 1)[0] not in _WANTED
    except OSError:
        return True

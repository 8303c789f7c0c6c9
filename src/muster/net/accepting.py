"""Accepting: from a listening socket to a connection that has a place and may shake hands.

In bursts, since one in each turn of a busy loop would be fewer than come; and no faster than
handshakes end (net/admission.py).
"""

import asyncio
import logging
import socket
from collections.abc import Callable

from muster.net.admission import Admission, Handshake, Handshakes

log = logging.getLogger(__name__)

Take = Callable[[socket.socket, str, Handshake], None]
_AGAIN_S = 0.1


async def accept_all(
    listening: socket.socket,
    admission: Admission,
    handshakes: Handshakes,
    take: Take,
    name: str,
) -> None:
    """Hand every connection on that there is a place for, until cancelled."""
    loop = asyncio.get_running_loop()

    def enter(connection: socket.socket, peer: object) -> None:
        address = peer[0] if isinstance(peer, tuple) else "unix"
        if admission.enter(address):
            connection.setblocking(False)
            take(connection, address, handshakes.begin())
        else:
            connection.close()

    while True:
        await handshakes.wait()
        try:
            enter(*await loop.sock_accept(listening))
            while not handshakes.is_full:
                enter(*listening.accept())
        except BlockingIOError:
            pass
        except OSError as error:  # out of descriptors, or the peer is gone already
            log.warning("cannot accept", extra={"listener": name, "error": str(error)})
            await asyncio.sleep(_AGAIN_S)

"""Listening sockets. What cannot be bound is a setting that cannot be used, and says so."""

import errno
import socket
from collections.abc import Iterable
from pathlib import Path

from muster.errors import Conflict, MusterError, SettingsError
from muster.net.socketpath import short_path

RECEIVE_BYTES = 4 << 20  # of datagrams in the kernel, as far as net.core.rmem_max allows
BACKLOG = 16_384  # a whole fleet comes back at once; the kernel has a bound of its own


class PortInUse(Conflict):
    """Somebody else listens on the port."""

    code = "port_in_use"


def bind_tcp(hosts: Iterable[str], port: int, key: str) -> list[socket.socket]:
    """Listen on a port of each address; `key` is the setting that chose it.

    A machine without IPv6 is served over IPv4 alone.
    Errors: PortInUse; SettingsError (not permitted, no such address). Nothing stays open.
    """
    sockets: list[socket.socket] = []
    try:
        for host in hosts:
            sockets += _bind_host(host, port, key)
        if not sockets:
            raise SettingsError(f"no address to listen on in {list(hosts)}", key=key)
    except BaseException:
        for each in sockets:
            each.close()
        raise
    return sockets


def bind_unix(path: Path, mode: int = 0o600) -> socket.socket:
    """Listen on a socket only its owner may use, or as `mode` says.

    A leftover of an earlier run is replaced.

    Errors: SettingsError.
    """
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket() or not path.exists():
            path.unlink(missing_ok=True)
        with short_path(path) as name:
            listening.bind(name)
        path.chmod(mode)  # before anyone can connect: that needs listen()
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        raise SettingsError(f"cannot listen: {error.strerror}", str(path)) from error
    return listening


def bind_udp(hosts: Iterable[str], port: int, key: str) -> list[socket.socket]:
    """Take datagrams at a port of each address. Errors: as of `bind_tcp`."""
    sockets: list[socket.socket] = []
    try:
        for host in hosts:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE)
            sockets += [_take(family, address) for family, *_, address in dict.fromkeys(found)]
    except OSError as error:
        for each in sockets:
            each.close()
        raise _refusal(error, "an address", port, key) from error
    return sockets


def _take(family: int, address: tuple[object, ...]) -> socket.socket:
    taking = socket.socket(family, socket.SOCK_DGRAM)
    try:
        taking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        if family == socket.AF_INET6:
            taking.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        taking.bind(address)
        taking.setblocking(False)
    except OSError:
        taking.close()
        raise
    return taking


def _bind_host(host: str, port: int, key: str) -> list[socket.socket]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise SettingsError(f"no such address to listen on: {host!r}", key="listen") from error
    sockets: list[socket.socket] = []
    for family, _kind, _protocol, _name, address in dict.fromkeys(found):
        try:
            sockets.append(_listen(family, address))
        except OSError as error:
            if error.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL) and host == "::":
                continue
            for each in sockets:
                each.close()
            raise _refusal(error, host, port, key) from error
    return sockets


def _listen(family: int, address: tuple[object, ...]) -> socket.socket:
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening


def _refusal(error: OSError, host: str, port: int, key: str) -> MusterError:
    if error.errno == errno.EADDRINUSE:
        return PortInUse(
            f"port {port} is in use by another program; stop it or choose another port ({key})"
        )
    if error.errno == errno.EACCES:
        text = f"port {port} may not be used by this user; choose one above 1023"
    else:
        text = f"cannot listen on {host} port {port}: {error.strerror}"
    return SettingsError(text, key=key)

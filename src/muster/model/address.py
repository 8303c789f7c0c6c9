"""Network addresses as text: "host:port" and back, and the network a client counts under."""

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache

from muster.errors import InputError

MAX_ADDRESS = 300  # characters of one that an error quotes
_REMEMBERED = 1_024  # addresses: each request asks for its peer's again

_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]")


def join_address(host: str, port: int) -> str:
    """Write "host:port", with brackets about an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def split_address(address: str) -> tuple[str, int]:
    """("hub.example", 8402) of "hub.example:8402"; an IPv6 host stands in brackets.

    Errors: InputError when it has another shape.
    """
    host, colon, port = address.rpartition(":")
    known = colon and port.isascii() and port.isdigit() and len(port) <= 5
    if not known or not _HOST.fullmatch(host) or not 0 < int(port) < 65_536:
        raise InputError(f"not an address like hub.example:7444: {address[:MAX_ADDRESS]!r}")
    return host.strip("[]"), int(port)


def network_of(address: str) -> str:
    """The network that stands for a client: /24 of IPv4, /56 of IPv6 (one site's usual share).

    Other text, as of a unix socket's peer, is itself, cut to a length.
    """
    known = _parsed(address)
    if known is None:
        return address[:64]
    length = 24 if known.version == 4 else 56
    return str(ipaddress.ip_network((known, length), strict=False))


def is_own_machine(address: str) -> bool:
    """Whether a peer is on this machine: by loopback, or at a unix socket ("unix")."""
    known = _parsed(address)
    return address == "unix" if known is None else known.is_loopback


class Networks:
    """Networks and addresses as a set; "unix" stands for peers at a unix socket.

    Errors: InputError for a text that is neither.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._unix = False
        self._networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
        for text in texts:
            if text == "unix":
                self._unix = True
            else:
                self._networks.append(_network(text))

    def __contains__(self, address: str) -> bool:
        if not self._networks:
            return self._unix and address == "unix"
        known = _parsed(address)
        if known is None:
            return self._unix and address == "unix"
        return any(known in network for network in self._networks)


def literal_of(text: str) -> str:
    """The address of "192.0.2.7", "192.0.2.7:4711", "[2001:db8::7]:4711" ...; "" of all else."""
    host = text
    if text.startswith("["):
        host = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        host = text.partition(":")[0]
    known = _parsed(host)
    return "" if known is None else str(known)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise InputError(
            f"not a network or address like 10.0.0.0/8 or ::1: {text[:MAX_ADDRESS]!r}"
        ) from error


@lru_cache(_REMEMBERED)
def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped is not None:
        return known.ipv4_mapped
    return known

"""How many connections a listener holds, in total and from one neighbourhood.

Counted from the moment of accepting, before any TLS byte, so that silent handshakes count.
"""

import ipaddress
from collections import Counter


def neighbourhood(address: str) -> str:
    """The prefix an address is counted under: /24 of IPv4, /56 of IPv6 (one site's usual share)."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address  # a unix socket's peer
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    length = 24 if ip.version == 4 else 56
    return str(ipaddress.ip_network((ip, length), strict=False))


class Admission:
    """Counts connections; `refused` is how many were turned away."""

    def __init__(self, total: int, per_neighbourhood: int) -> None:
        self._total = total
        self._per = per_neighbourhood
        self._open: Counter[str] = Counter()
        self.held = 0
        self.refused = 0

    def enter(self, address: str) -> bool:
        """Take a place. False when there is none; then `leave` must not be called."""
        place = neighbourhood(address)
        if self.held >= self._total or self._open[place] >= self._per:
            self.refused += 1
            return False
        self._open[place] += 1
        self.held += 1
        return True

    def leave(self, address: str) -> None:
        place = neighbourhood(address)
        self.held -= 1
        self._open[place] -= 1
        if not self._open[place]:
            del self._open[place]

"""The addresses this machine can be reached at.

Source: Linux Documentation/networking/fib_trie.rst; /proc/net/if_inet6 (net/ipv6/addrconf.c).
"""

import ipaddress
import socket
from contextlib import suppress
from pathlib import Path

_TEMPORARY, _DEPRECATED, _FAILED, _TENTATIVE = 0x01, 0x20, 0x08, 0x40
_LINK_SCOPE = 0x20
# Of no machine anywhere (RFC 5737, RFC 3849): the route there is the default one.
_FAR = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


def machine_addresses() -> list[str]:
    """Loopback first, then the others, sorted. Only loopback where /proc is hidden."""
    found = {"127.0.0.1", "::1"}
    with suppress(OSError):
        found |= parse_fib_trie(Path("/proc/net/fib_trie").read_text())
    with suppress(OSError):
        found |= parse_if_inet6(Path("/proc/net/if_inet6").read_text())
    addresses = [ipaddress.ip_address(each) for each in found]
    addresses.sort(key=lambda each: (not each.is_loopback, each.version, int(each)))
    return [str(each) for each in addresses]


def outward_addresses() -> set[str]:
    """Those this machine sends from when it talks to far ones: at most one of each family.

    Other addresses may lead to its own containers alone. Nothing is sent.
    """
    found: set[str] = set()
    for family, far in _FAR:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((far, 9))
            found.add(probe.getsockname()[0])
    return found


def parse_fib_trie(text: str) -> set[str]:
    """IPv4 addresses of this host: leaves that are followed by a `/32 host LOCAL`."""
    found: set[str] = set()
    leaf = ""
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["|--"]:
            leaf = words[1]
        elif words == ["/32", "host", "LOCAL"]:
            found.add(leaf)
    return found


def parse_if_inet6(text: str) -> set[str]:
    """IPv6 addresses that last and that others can use: not link-local, not temporary."""
    found: set[str] = set()
    for line in text.splitlines():
        words = line.split()
        if len(words) != 6:
            continue
        scope, flags = int(words[3], 16), int(words[4], 16)
        if scope != _LINK_SCOPE and not flags & (_TEMPORARY | _DEPRECATED | _FAILED | _TENTATIVE):
            found.add(str(ipaddress.IPv6Address(int(words[0], 16))))
    return found

"""Which addresses a probe may reach: looked at after names are looked up, just before use.

An agent that a hub can tell where to knock would else be a way into the networks it stands in.
Addresses within others (IPv4 in IPv6, by whichever translation) count as what they lead to.

Source: RFC 6890 (special addresses), RFC 6052 (64:ff9b::/96), RFC 3056 (2002::/16).
"""

import ipaddress

from muster.model.probe import Reach

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_SHARED = ipaddress.IPv4Network("100.64.0.0/10")
# Where clouds tell a machine its secrets, in networks that are private otherwise.
_METADATA = frozenset(
    map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16"))
)


def allows(reach: Reach, address: Address) -> bool:
    """Whether a probe with this reach may talk to the address."""
    if reach is Reach.ANY:
        return True
    if reach is Reach.NONE:
        return False
    return all(_allows(reach, each) for each in (address, *_within(address)))


def _allows(reach: Reach, address: Address) -> bool:
    if address in _METADATA or address.is_multicast or address.is_unspecified:
        return False
    if address.is_loopback or address.is_link_local:
        return False
    is_shared = address.version == 4 and address in _SHARED
    if address.is_global:
        return True
    is_local = (address.is_private or is_shared) and not address.is_reserved
    return reach is Reach.PRIVATE and is_local


def _within(address: Address) -> list[Address]:
    """IPv4 addresses that an IPv6 one leads to."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found: list[Address | None] = [address.ipv4_mapped, address.sixtofour]
    found += address.teredo or ()
    if address in _TRANSLATED or (address in _COMPATIBLE and int(address) > 1):
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    return [each for each in found if each is not None]

"""Rules of rooms: which nodes fit one.

What a rule asks of a node is told by the node itself (host name), by who let it in (labels)
or by where it connects from (address): a rule sorts machines, it proves nothing of them.
"""

import fnmatch
import ipaddress
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from muster.core.names import check_labels, check_text
from muster.errors import InputError
from muster.model.inventory import Node, RoomRule

MAX_HOSTS = 32  # patterns of one rule
MAX_NETWORKS = 64
MAX_PATTERN = 253  # a host name is no longer. Source: RFC 1035, 3.1
_MOST_STARS = 4

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Traits(NamedTuple):
    """What rules look at."""

    labels: Mapping[str, str]
    host: str
    address: str


def traits_of(node: Node) -> Traits:
    """What rules look at, of a node; one that says no host name goes by its own."""
    return Traits(node.labels, node.facts.hostname or node.name, node.address)


def check_rule(rule: RoomRule) -> RoomRule:
    """The rule in its one form: labels sorted, patterns small, networks as they are written.

    Errors: InputError saying which part is wrong.
    """
    if len(rule.hosts) > MAX_HOSTS or len(rule.networks) > MAX_NETWORKS:
        raise InputError(f"a rule has up to {MAX_HOSTS} patterns and {MAX_NETWORKS} networks")
    return RoomRule(
        labels=check_labels(rule.labels),
        hosts=tuple(dict.fromkeys(_pattern(text) for text in rule.hosts)),
        networks=tuple(dict.fromkeys(str(_network(text)) for text in rule.networks)),
    )


def fitter(rule: RoomRule | None) -> Callable[[Traits], bool]:
    """A test of nodes. A rule without conditions, and none, fits no node."""
    if rule is None or not (rule.labels or rule.hosts or rule.networks):
        return lambda traits: False
    labels = rule.labels.items()
    hosts = re.compile("|".join(fnmatch.translate(text) for text in rule.hosts))
    networks = [_masked(_network(text)) for text in rule.networks]

    def fits(traits: Traits) -> bool:
        if labels and not labels <= traits.labels.items():
            return False
        if rule.hosts and not hosts.match(traits.host.lower()):
            return False
        return not networks or _lies_in(traits.address, networks)

    return fits


def _pattern(text: str) -> str:
    check_text(text, MAX_PATTERN, "host name pattern")
    if not text:
        raise InputError("a host name pattern cannot be empty; * fits every name")
    if text.count("*") > _MOST_STARS:
        raise InputError(f"a host name pattern has up to {_MOST_STARS} stars: {text!r}")
    return text.lower()


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError as error:
        raise InputError(f"not a network, such as 10.0.0.0/8 or fd00::/8: {text[:64]!r}") from error


def _masked(network: Network) -> tuple[int, int, int]:
    """Version, mask and what is left of an address in it: tens of thousands are compared."""
    return network.version, int(network.netmask), int(network.network_address)


def _lies_in(address: str, networks: list[tuple[int, int, int]]) -> bool:
    version, number = _number(address)
    return any(known == version and number & mask == left for known, mask, left in networks)


@lru_cache(maxsize=16_384)  # a hundred rules look at the same addresses
def _number(text: str) -> tuple[int, int]:
    """Version and number of an address; version 0 for none, as of a node that never connected."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return 0, 0
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.version, int(address)

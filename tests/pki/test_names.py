"""Names of servers in certificates."""

import ipaddress

import pytest
from cryptography import x509

from muster.errors import InputError
from muster.pki.names import MAX_NAMES, general_names


def test_host_names_and_addresses_are_told_apart_and_named_once():
    assert general_names(["Hub.Example", "192.0.2.7", "::1", "hub.example"]) == [
        x509.DNSName("hub.example"),
        x509.IPAddress(ipaddress.ip_address("192.0.2.7")),
        x509.IPAddress(ipaddress.ip_address("::1")),
    ]


@pytest.mark.parametrize("name", ["", "*.example", "a b", "a\nb", "a\x00b", "-a", "a..b", "ä"])
def test_what_is_neither_is_refused(name):
    with pytest.raises(InputError, match="neither a host name nor an IP address"):
        general_names([name])


@pytest.mark.parametrize("count", [0, MAX_NAMES + 1])
def test_none_and_too_many_are_refused(count):
    with pytest.raises(InputError, match=f"not {count}"):
        general_names([f"h{number}.example" for number in range(count)])

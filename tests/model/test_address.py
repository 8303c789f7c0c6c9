import pytest

from muster.errors import InputError
from muster.model.address import (
    Networks,
    is_own_machine,
    join_address,
    literal_of,
    network_of,
    split_address,
)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("hub.example:8402", "hub.example", 8402),
        ("hub:1", "hub", 1),
        ("10.0.0.1:9", "10.0.0.1", 9),
        ("[::1]:65535", "::1", 65_535),
    ],
)
def test_an_address_is_split_and_joined(text, host, port):
    assert split_address(text) == (host, port)
    assert join_address(host, port) == text


@pytest.mark.parametrize(
    "text", ["", "hub", "hub:", "hub:0", "hub:65536", ":1", "hub:x", "hub:²", "::1:5", "a b:1"]
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(InputError, match="not an address"):
        split_address(text)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.1.2.3", "10.1.2.0/24"),
        ("10.1.2.200", "10.1.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2ff:3::1", "2001:db8:1:200::/56"),
        ("fe80::1%eth0", "fe80::/56"),
        ("unix", "unix"),
        ("", ""),
        ("x" * 100, "x" * 64),
    ],
)
def test_a_client_counts_as_its_network(address, network):
    assert network_of(address) == network


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "unix"])
def test_the_machine_itself_is_known_by_its_address(address):
    assert is_own_machine(address)


@pytest.mark.parametrize("address", ["10.0.0.1", "::2", "::ffff:10.0.0.1", "", "localhost"])
def test_others_are_not_taken_for_the_machine_itself(address):
    assert not is_own_machine(address)


def test_networks_hold_addresses_of_both_families_and_the_unix_socket():
    networks = Networks(["10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "unix"])

    assert "10.1.2.3" in networks and "192.0.2.7" in networks and "unix" in networks
    assert "2001:db8::9" in networks and "::ffff:10.1.2.3" in networks
    assert "192.0.2.8" not in networks and "2001:db9::1" not in networks
    assert "no address" not in networks and "unix" not in Networks(["::1"])


@pytest.mark.parametrize("text", ["10.0.0.1/8", "10.0.0.0/33", "proxy.example", "", "::g"])
def test_what_is_no_network_is_refused_by_name(text):
    with pytest.raises(InputError, match="not a network"):
        Networks([text])


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7:4711", "192.0.2.7"),
        ("2001:DB8::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::1"),
        ("unknown", ""),
        ("_hidden", ""),
        ("hub.example", ""),
        ("", ""),
        ("[", ""),
        ("1.2.3", ""),
    ],
)
def test_an_address_is_found_with_or_without_its_port(text, address):
    assert literal_of(text) == address

import ipaddress

import pytest

from muster.agent.probing.reach import allows
from muster.model.probe import Reach

PUBLIC = ("8.8.8.8", "2606:4700::1111")
LOCAL = ("10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd12::1")
OWN = ("127.0.0.1", "127.9.9.9", "::1", "169.254.1.1", "fe80::1")
NEVER = (
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "255.255.255.255",
    "169.254.169.254",
    "fd00:ec2::254",
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
)
WITHIN = (
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::1",
    "::ffff:169.254.169.254",
    "::7f00:1",
)


@pytest.mark.parametrize(
    ("reach", "allowed"),
    [
        (Reach.NONE, ()),
        (Reach.PUBLIC, PUBLIC),
        (Reach.PRIVATE, PUBLIC + LOCAL),
        (Reach.ANY, PUBLIC + LOCAL + OWN + NEVER + WITHIN),
    ],
)
def test_a_probe_reaches_what_its_agent_allows_and_no_more(reach, allowed):
    every = PUBLIC + LOCAL + OWN + NEVER + WITHIN
    found = [each for each in every if allows(reach, ipaddress.ip_address(each))]

    assert found == list(allowed)


def test_a_private_address_within_a_public_one_counts_as_private():
    for text in ("64:ff9b::a00:1", "::ffff:10.0.0.1"):
        address = ipaddress.ip_address(text)

        assert not allows(Reach.PUBLIC, address)

from muster.net.addresses import (
    machine_addresses,
    outward_addresses,
    parse_fib_trie,
    parse_if_inet6,
)

FIB = """\
Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
        +-- 127.0.0.0/31 1 0 0
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
           |-- 192.0.2.0
              /24 link UNICAST
           |-- 192.0.2.2
              /32 host LOCAL
        |-- 192.0.2.255
           /32 link BROADCAST
"""
INET6 = """\
00000000000000000000000000000001 01 80 10 80       lo
fd000000000000000000000000000002 04 40 00 82     eth0
20010db8000000000000000000000007 02 40 00 01     eth0
fe8000000000000000fc00fffe000001 04 40 20 80     eth0
"""


def test_host_addresses_are_told_from_networks_and_broadcasts():
    assert parse_fib_trie(FIB) == {"127.0.0.1", "192.0.2.2"}


def test_temporary_and_link_local_addresses_are_left_out():
    assert parse_if_inet6(INET6) == {"::1", "fd00::2"}


def test_loopback_is_always_there_and_first():
    assert machine_addresses()[:2] == ["127.0.0.1", "::1"]


def test_what_leads_outside_is_among_the_addresses_of_this_machine():
    assert {each for each in outward_addresses() if ":" not in each} <= set(machine_addresses())

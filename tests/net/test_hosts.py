import pytest

from muster.errors import InputError
from muster.net.hosts import UnknownHost, name_of, require_known

KNOWN = {"hub.example", "pilot", "*.wild.example"}


@pytest.mark.parametrize(
    "host",
    [
        "hub.example",
        "HUB.example:7443",
        "hub.example.",
        "pilot:1",
        "localhost:7443",
        "muster.localhost",
        "192.0.2.200:7443",
        "[2001:db8::1]:7443",
        "a.wild.example",
    ],
)
def test_known_names_and_every_address_are_answered(host):
    require_known(host, KNOWN)


@pytest.mark.parametrize(
    "host", ["evil.example", "hub.example.evil.example", "wild.example", "a.b.wild.example", "a"]
)
def test_another_name_is_refused_and_told_which_setting_adds_it(host):
    with pytest.raises(UnknownHost, match=r"listen\.names") as refused:
        require_known(host, KNOWN)

    assert refused.value.status == 421
    assert f'names = ["{host}"]' in str(refused.value)


@pytest.mark.parametrize("host", ["", "a b", "a/b", "hub:x", "[::1", "ü.example", "a" * 300])
def test_what_is_no_host_is_refused(host):
    with pytest.raises(InputError, match="malformed Host"):
        require_known(host, KNOWN)


def test_a_name_is_read_without_port_dot_and_capitals():
    assert [name_of(host) for host in ("A.b.:1", "[::1]:2", "[::1]")] == ["a.b", "::1", "::1"]

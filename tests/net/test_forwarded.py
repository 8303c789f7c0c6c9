"""Whom a proxy's headers name, and what a client cannot make up."""

from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import InputError
from muster.model.address import Networks
from muster.net.forwarded import MAX_HOPS, Told, parse_forwarded, tell

TRUSTED = Networks(["10.0.0.0/8", "2001:db8:f::/48", "unix"])
FOR, HOST, PROTO = "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"


def told(peer="10.0.0.1", **headers):
    lines = {
        name.replace("_", "-"): [text] if isinstance(text, str) else text
        for name, text in headers.items()
    }
    return tell(peer, lambda name: lines.get(name, []), TRUSTED)


@pytest.mark.parametrize(
    ("chain", "client"),
    [
        (["198.51.100.7"], "198.51.100.7"),
        (["1.1.1.1, 198.51.100.7"], "198.51.100.7"),  # 1.1.1.1 is made up
        (["10.9.9.9, 198.51.100.7"], "198.51.100.7"),  # a made-up trusted one, too
        (["198.51.100.7, 10.0.0.2, 10.0.0.3"], "198.51.100.7"),
        (["1.1.1.1", "198.51.100.7, 10.0.0.2", "10.0.0.3"], "198.51.100.7"),  # many lines
        (["10.0.0.9, 10.0.0.2"], "10.0.0.9"),  # a client in the trusted network
        (["2001:db8::7, 2001:db8:f::1"], "2001:db8::7"),
        (["[2001:db8::7]:4711"], "2001:db8::7"),
        (["198.51.100.7:4711"], "198.51.100.7"),
        (["::ffff:198.51.100.7"], "198.51.100.7"),
        (["unknown"], "10.0.0.1"),
        (["198.51.100.7, unknown, 10.0.0.2"], "10.0.0.2"),
        (["198.51.100.7, <script>"], "10.0.0.1"),
        ([", ,"], "10.0.0.1"),
        ([""], "10.0.0.1"),
        ([], "10.0.0.1"),
        (["198.51.100.7" + ", 10.0.0.2" * MAX_HOPS], "10.0.0.2"),
    ],
)
def test_the_client_is_the_right_most_address_that_is_not_trusted(chain, client):
    assert told(x_forwarded_for=chain).address == client


@pytest.mark.parametrize(
    ("line", "client"),
    [
        ("for=198.51.100.7", "198.51.100.7"),
        ('For="198.51.100.7:4711";Proto=https', "198.51.100.7"),
        ('for="[2001:db8::7]:4711"', "2001:db8::7"),
        ("for=1.1.1.1, for=198.51.100.7 ,for=10.0.0.2", "198.51.100.7"),
        ("for=_hidden", "10.0.0.1"),
        ("proto=https", "10.0.0.1"),
        ('for="1.1.1.1, for=2.2.2.2", for=198.51.100.7', "198.51.100.7"),
    ],
)
def test_forwarded_names_the_client_likewise(line, client):
    assert told(forwarded=line).address == client


@pytest.mark.parametrize(
    "line",
    ['for="1.1.1.1', "for", "for=", "=x", "for=1.1.1.1,", "for=1.1.1.1;for=2.2.2.2", "a=b c=d"],
)
def test_a_forwarded_that_breaks_its_grammar_is_refused(line):
    with pytest.raises(InputError, match="malformed Forwarded"):
        told(forwarded=line)


def test_a_kind_of_header_that_the_proxy_does_not_know_cannot_name_another_client():
    with pytest.raises(InputError, match="different clients"):
        told(x_forwarded_for="198.51.100.7", forwarded="for=1.1.1.1")

    same = told(x_forwarded_for="198.51.100.7", forwarded='for="198.51.100.7:1"')
    assert same.address == "198.51.100.7"


def test_host_and_scheme_are_those_that_the_client_used():
    outer = told(
        x_forwarded_for="198.51.100.7, 10.0.0.2",
        x_forwarded_host="hub.example, inner",
        x_forwarded_proto="HTTPS, http",
    )
    assert outer == Told(address="198.51.100.7", host="hub.example", scheme="https")

    single = told(x_forwarded_for="198.51.100.7, 10.0.0.2", x_forwarded_proto="https")
    assert single.scheme == "https"

    made_up = told(x_forwarded_for="198.51.100.7", x_forwarded_proto="https, http")
    assert made_up.scheme == "http"

    standard = told(
        forwarded="for=9.9.9.9;host=evil, for=198.51.100.7;host=hub.example;proto=https"
    )
    assert standard == Told(address="198.51.100.7", host="hub.example", scheme="https")


def test_a_peer_at_the_unix_socket_may_be_a_proxy():
    assert told("unix", x_forwarded_for="198.51.100.7").address == "198.51.100.7"


def test_quoted_text_is_unquoted():
    assert parse_forwarded([r'for="a\"b";by=c']) == [{"for": 'a"b', "by": "c"}]


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_sent_ends_in_an_address_or_a_refusal(chain, forwarded, host):
    lines = MappingProxyType({FOR: [chain], "forwarded": [forwarded], HOST: [host], PROTO: [host]})
    try:
        found = tell("10.0.0.1", lambda name: lines.get(name, []), TRUSTED)
    except InputError:
        return

    assert found.address in TRUSTED or any(c in "0123456789abcdef" for c in found.address)

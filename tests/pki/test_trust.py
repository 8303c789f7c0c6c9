"""The public side of a CA."""

import time

import msgspec

from muster.model.identity import Identity
from muster.pki import keys
from muster.pki.authority import Authority, make_hierarchy
from muster.pki.trust import Trust, issued_by

HUB = "0a0a0a0a-1111-4111-8111-111111111111"
NODE = Identity(HUB, "0b0b0b0b-1111-4111-8111-111111111111", "0c0c0c0c-1111-4111-8111-111111111111")
NOW_NS = time.time_ns()
AUTHORITY = Authority(make_hierarchy(NOW_NS, HUB))
OTHER = Authority(make_hierarchy(NOW_NS, HUB))


def issued(authority):
    request = keys.make_request(keys.make_key())
    return authority.issue_agent(request, NODE, now_ns=NOW_NS).der


def test_it_goes_over_a_wire_and_back():
    trust = AUTHORITY.trust

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(trust), type=Trust) == trust
    assert trust.pins == AUTHORITY.pins
    assert [view.subject for view in trust.issuers()] == [
        view.subject for view in AUTHORITY.issuers()
    ]


def test_it_knows_what_its_issuer_has_signed():
    assert AUTHORITY.trust.issued_agent(issued(AUTHORITY))
    assert not AUTHORITY.trust.issued_agent(issued(OTHER))
    assert not AUTHORITY.trust.issued_agent(b"no certificate")


def test_one_of_several_issuers_is_enough():
    issuers = keys.load_chain(OTHER.trust.agents + AUTHORITY.trust.agents)

    assert issued_by(issued(AUTHORITY), issuers)
    assert not issued_by(issued(AUTHORITY), issuers[:1])


def test_issuers_of_one_hub_are_told_apart_by_their_names():
    names = {view.subject for each in (AUTHORITY, OTHER) for view in each.issuers()}

    assert len(names) == 4
    assert {view.subject for each in (AUTHORITY, OTHER) for view in each.roots()} == {
        "Muster root 0a0a0a0a"
    }

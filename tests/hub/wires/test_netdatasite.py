from muster.core.enrolment.tokens import Addresses
from muster.hub.wires.netdatasite import netdata_site
from muster.pki.authority import Authority, make_hierarchy

ADDRESSES = Addresses(hosts=("hub.example", "2001:db8::7"), enrol_port=7445, agents_port=7444)


def site(is_own=True, own_port=0, given=""):
    return netdata_site(
        addresses=ADDRESSES,
        web_port=7443,
        own_port=own_port,
        given=given,
        trust=Authority(make_hierarchy(10**18)).trust,
        is_own=is_own,
    )


def test_agents_claim_at_the_web_listener_or_at_one_of_their_own():
    assert site().urls == ("https://hub.example:7443", "https://[2001:db8::7]:7443")
    assert site(own_port=7447).urls[0] == "https://hub.example:7447"


def test_an_address_that_was_given_comes_first():
    assert site(given="cloud.example:443").urls[0] == "https://cloud.example:443"


def test_a_certificate_that_was_brought_along_needs_no_root_of_ours():
    found = site(own_port=7447).root

    assert (found.port, len(found.file_sha256), len(found.sha256)) == (7443, 64, 64)
    assert site(is_own=False).root is None

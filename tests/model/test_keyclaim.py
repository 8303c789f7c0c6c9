"""Claims by key and members, as values."""

import pytest

from muster.model.keyclaim import KeyClaim, Member

CLAIM = KeyClaim(
    id="c",
    dialect="netdata",
    node="n",
    space="s",
    machine="m",
    key_pem="PEM",
    key_sha256="k",
    token="t",
    claimed_ns=1,
)


def test_a_claim_is_good_until_it_is_replaced_and_never_changes():
    assert CLAIM.replaced_ns == 0
    with pytest.raises(AttributeError):
        CLAIM.replaced_ns = 2


def test_a_member_speaks_for_itself_unless_another_node_does():
    member = Member(dialect="netdata", machine="m", space="s", node="n")

    assert (member.via, member.hops) == ("", 0)

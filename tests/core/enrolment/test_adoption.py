"""A node that came in by its own key gets a certificate of ours."""

import pytest

from muster.core.enrolment.adoption import message_of
from muster.core.enrolment.keyclaimform import KeyClaimRefused
from muster.errors import Conflict, LimitExceeded
from muster.model.identity import Identity
from muster.pki import keys
from muster.testing.house import OPERATOR
from muster.testing.rsakeys import sign


def asked(claim, request, key=0):
    return request, sign(message_of(claim.id, request), key), "10.0.0.9"


async def test_a_node_gets_a_certificate_for_a_request_that_its_key_has_signed(house):
    claim = await house.claim_by_key()
    own = keys.make_key()
    adopted = await house.adoption.adopt(claim.id, *asked(claim, keys.make_request(own)))
    view = keys.views(adopted.chain)[0]

    assert adopted.node.id == claim.node
    assert view.key_sha256 == keys.own_key_sha256(own)
    identity = Identity(house.authority.hub, claim.space, claim.node)
    assert identity.uri in view.names
    assert house.records.nodes.node(claim.node).dialect == "muster"
    assert house.records.nodes.credentials(claim.node)[0].serial == view.serial


async def test_another_key_or_another_request_proves_nothing(house):
    claim = await house.claim_by_key()
    request, other = (keys.make_request(keys.make_key()) for _ in range(2))
    for given in (
        asked(claim, request, 1),
        (other, *asked(claim, request)[1:]),
        (request, "", "10.0.0.9"),
    ):
        with pytest.raises(KeyClaimRefused) as refusal:
            await house.adoption.adopt(claim.id, *given)
        assert refusal.value.code == "proof_wrong"
    with pytest.raises(keys.BadRequest):
        await house.adoption.adopt(claim.id, "no request", "", "")


async def test_who_is_shut_out_is_adopted_no_more(house):
    claim = await house.claim_by_key()
    await house.inventory.revoke(OPERATOR, claim.node, "lost")
    with pytest.raises(KeyClaimRefused):
        await house.adoption.adopt(claim.id, "", "", "")


async def test_a_key_in_use_by_another_node_is_not_certified_again(house):
    claim = await house.claim_by_key()
    taken = await house.claim(await house.token())
    identity = Identity(house.authority.hub, claim.space, taken.node.id)
    await house.enrolment.activate(identity, keys.to_der(keys.load_chain(taken.chain)[0]))
    with pytest.raises(Conflict):
        await house.adoption.adopt(claim.id, *asked(claim, keys.make_request(house.key)))


async def test_adoptions_of_one_claim_are_bounded(house):
    claim = await house.claim_by_key()
    with pytest.raises(LimitExceeded):
        for _ in range(9):
            request = keys.make_request(keys.make_key())
            await house.adoption.adopt(claim.id, *asked(claim, request))

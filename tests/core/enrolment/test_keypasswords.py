"""Passwords for one link: by the claim's key alone, once, for a minute."""

import pytest

from muster.core.enrolment.keyclaimform import KeyClaimRefused
from muster.core.enrolment.keypasswords import LIFETIME_S
from muster.errors import LimitExceeded
from muster.log import Secret
from muster.pki import rsakeys
from muster.testing.house import OPERATOR
from muster.testing.rsakeys import open_challenge


def earn(house, claim):
    nonce = open_challenge(house.link_passwords.challenge(claim.id))
    return house.link_passwords.answer(claim.id, nonce)


def opened(house, given):
    return house.link_passwords.verify(given.client_id, given.username, given.password)


async def test_who_reads_the_challenge_gets_a_password_that_opens_one_link(house):
    claim = await house.claim_by_key()
    given = earn(house, claim)

    assert opened(house, given).id == claim.id
    with pytest.raises(KeyClaimRefused) as refusal:
        opened(house, given)
    assert refusal.value.code == "password_wrong"


async def test_a_challenge_is_answered_once_in_time_and_for_its_own_claim(house):
    first, second = await house.claim_by_key(), await house.claim_by_key(1)
    nonce = open_challenge(house.link_passwords.challenge(first.id))
    with pytest.raises(KeyClaimRefused):
        house.link_passwords.answer(second.id, nonce)
    assert house.link_passwords.answer(first.id, nonce)
    with pytest.raises(KeyClaimRefused):
        house.link_passwords.answer(first.id, nonce)

    late = open_challenge(house.link_passwords.challenge(first.id))
    house.clock.advance(LIFETIME_S)
    with pytest.raises(KeyClaimRefused):
        house.link_passwords.answer(first.id, late)
    with pytest.raises(KeyClaimRefused):
        house.link_passwords.answer(first.id, b"a guess")


async def test_a_password_is_good_for_a_minute_and_for_its_own_claim(house):
    first, second = await house.claim_by_key(), await house.claim_by_key(1)
    given = earn(house, first)
    secret = given.password
    for client, user, password in (
        (second.id, second.id, secret),
        (first.id, second.id, secret),
        (first.id, first.id, Secret("\udc80")),
    ):
        with pytest.raises(KeyClaimRefused):
            house.link_passwords.verify(client, user, password)
    assert opened(house, given)

    late = earn(house, first)
    house.clock.advance(LIFETIME_S)
    with pytest.raises(KeyClaimRefused):
        opened(house, late)


async def test_who_is_shut_out_costs_no_cryptography(house, monkeypatch):
    claim = await house.claim_by_key()
    given = earn(house, claim)
    await house.inventory.revoke(OPERATOR, claim.node, "lost")
    monkeypatch.setattr(rsakeys, "encrypt", None)
    with pytest.raises(KeyClaimRefused) as refusal:
        house.link_passwords.challenge(claim.id)
    assert refusal.value.code == "node_revoked"
    with pytest.raises(KeyClaimRefused):
        opened(house, given)


async def test_challenges_of_one_claim_are_bounded(house):
    claim = await house.claim_by_key()
    with pytest.raises(LimitExceeded):
        for _ in range(100):
            house.link_passwords.challenge(claim.id)

"""Proofs of claim tokens, whatever wire they come by. More: test_claims.py, test_keyclaims.py."""

import pytest

from muster.core.enrolment.tokenproof import Knock, SecretProof, TokenRefused
from muster.errors import LimitExceeded
from muster.log import Secret
from muster.testing.house import OPERATOR


def knock(token, secret=None):
    return Knock(
        token_id=token.id,
        proof=SecretProof(secret or token.secret),
        hostname="web",
        address="10.1.2.3",
    )


async def test_a_token_is_proved_by_its_secret_alone(house):
    token = await house.token()
    proofs = house.enrolment.proofs

    assert proofs.prove(knock(token)).id == token.id
    for secret in (Secret("A" * 43), Secret("no secret"), Secret("")):
        with pytest.raises(TokenRefused):
            proofs.prove(knock(token, secret))


async def test_a_flood_of_guesses_is_noted_once_and_honest_claims_go_on(house):
    token = await house.token()
    proofs = house.enrolment.proofs
    for _ in range(60):
        with pytest.raises((TokenRefused, LimitExceeded)):
            proofs.prove(knock(token, Secret("A" * 43)))
    events = [each.event.action for each in house.records.audit.events(spaces=None, limit=100)]

    assert events.count("claim.throttled") == 1
    assert proofs.prove(knock(token)).id == token.id


async def test_who_holds_the_secret_is_told_why_the_token_is_of_no_use(house):
    token = await house.token()
    proofs = house.enrolment.proofs
    await house.tokens.revoke(OPERATOR, token.id)
    record = proofs.prove(knock(token))

    with pytest.raises(TokenRefused) as refusal:
        proofs.require_good(record, "0" * 64, house.clock.now_ns())
    assert "revoked" in str(refusal.value)


async def test_refusals_are_noted_a_few_times_a_minute(house):
    token = await house.token()
    proofs = house.enrolment.proofs
    record = proofs.prove(knock(token))
    for _ in range(100):
        proofs.note_refusal(record, knock(token), TokenRefused("token_expired", "gone"))
    events = [each.event for each in house.records.audit.events(spaces=None, limit=200)]
    noted = [each for each in events if each.action == "node.claim"]

    assert 0 < len(noted) <= 20
    assert {each.outcome for each in noted} == {"token_expired"}

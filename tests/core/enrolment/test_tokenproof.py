"""Proofs of claim tokens, whatever wire they come by. More: test_claims.py, test_keyclaims.py."""

import asyncio

import msgspec
import pytest

from muster.core.enrolment import tokenproof
from muster.core.enrolment.tokenproof import Knock, SecretProof, TokenRefused
from muster.errors import LimitExceeded
from muster.log import Secret
from muster.testing.house import OPERATOR

WRONG = Secret("A" * 43)


def unknown(token):
    return type(token)(id="a" * 16, secret=token.secret, pins=token.pins, addresses=token.addresses)


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


async def told(proofs, token):
    try:
        await proofs.turn_away(knock(token, WRONG))
    except (TokenRefused, LimitExceeded) as error:
        return type(error)


async def flooded(house):
    """A token that was guessed at until that was noted."""
    token = await house.token()
    for _ in range(21):
        with pytest.raises((TokenRefused, LimitExceeded)):
            house.enrolment.proofs.prove(knock(token, WRONG))
    return token


async def test_guesses_of_a_noted_flood_are_known_at_hand_and_a_good_proof_is_none(house):
    token = await flooded(house)
    proofs = house.enrolment.proofs

    assert isinstance(proofs.guess_at_hand(knock(token, WRONG)), LimitExceeded)
    assert isinstance(proofs.guess_at_hand(knock(unknown(token), WRONG)), LimitExceeded)
    assert proofs.guess_at_hand(knock(token)) is None


async def test_a_guess_is_looked_at_whole_until_the_flood_of_its_network_is_noted(house):
    token = await house.token()
    proofs = house.enrolment.proofs
    assert proofs.guess_at_hand(knock(token, WRONG)) is None

    token = await flooded(house)
    elsewhere = msgspec.structs.replace(knock(token, WRONG), address="10.9.2.3")
    assert proofs.guess_at_hand(elsewhere) is None

    house.clock.advance(61)
    assert proofs.guess_at_hand(knock(token, WRONG)) is None  # to be noted once more


async def test_after_a_change_of_tokens_their_keys_are_read_before_a_guess_is_known(house):
    token = await flooded(house)
    await house.token()
    proofs = house.enrolment.proofs

    assert proofs.guess_at_hand(knock(token, WRONG)) is None
    with pytest.raises(LimitExceeded):
        proofs.prove(knock(token, WRONG))
    assert proofs.guess_at_hand(knock(token, WRONG)) is not None


async def test_a_guess_of_a_noted_flood_is_held_back_and_a_good_proof_is_not(house):
    token = await flooded(house)
    proofs = house.enrolment.proofs
    for _ in range(3):
        with pytest.raises(LimitExceeded):
            await proofs.turn_away(knock(token, WRONG))
    await proofs.turn_away(knock(token))

    assert house.slept_s == pytest.approx([1.0, 1.004, 1.008])  # one after the other


async def test_no_more_than_so_many_are_held_back_at_once(house, monkeypatch):
    monkeypatch.setattr(tokenproof, "_HELD_MOST", 2)
    token = await flooded(house)
    ended, waiting = asyncio.Event(), []

    async def sleep(seconds):
        waiting.append(seconds)
        await ended.wait()

    proofs = house.enrolment.proofs
    monkeypatch.setattr(proofs, "_sleep", sleep)
    async with asyncio.TaskGroup() as jobs:
        held = [jobs.create_task(told(proofs, token)) for _ in range(2)]
        await asyncio.sleep(0)
        assert len(waiting) == 2
        assert await told(proofs, token) == LimitExceeded
        assert not any(each.done() for each in held)
        ended.set()

    assert [each.result() for each in held] == [LimitExceeded] * 2
    assert await told(proofs, token) == LimitExceeded
    assert len(waiting) == 3  # those that went made room


async def test_what_is_known_at_hand_counts_as_a_guess(house):
    token = await flooded(house)
    proofs = house.enrolment.proofs
    house.clock.advance(30)
    told = [type(proofs.guess_at_hand(knock(token, WRONG))) for _ in range(12)]

    assert told == [TokenRefused] * 10 + [LimitExceeded] * 2


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

"""Claims: proof, throttle, and what a token is limited to."""

import asyncio
from datetime import timedelta

import pytest

from muster.clock import SECOND_NS
from muster.core.enrolment import tokenproof
from muster.core.enrolment.claims import ClaimRequest
from muster.core.enrolment.gate import TokenLimited
from muster.core.enrolment.tokenproof import SecretProof, SignedProof, TokenRefused
from muster.core.enrolment.tokens import TokenLimits
from muster.errors import LimitExceeded
from muster.log import Secret
from muster.model.inventory import Facts
from muster.pki import keys
from muster.pki.proof import prove
from muster.ports.records import TokenBusy
from muster.testing.house import OPERATOR
from muster.wire.claim import Claim, format_claim, message_of
from muster.wire.claimtoken import new_secret


def signed(token, secret=None, host="web", **changed):
    claim = Claim(
        token_id=token.id,
        csr=keys.make_request(keys.make_key()),
        facts=Facts(hostname=host),
    )
    text = format_claim(claim)
    proof = SignedProof(text, prove(secret or token.secret, message_of(text)))
    given = {"token_id": token.id, "proof": proof, "request": claim.csr, "facts": claim.facts}
    return ClaimRequest(**(given | changed), address="10.1.2.3")


async def test_a_claim_is_proved_by_a_signature_or_by_the_secret_itself(house):
    token = await house.token(uses=2)
    first = await house.enrolment.claim(signed(token))
    second = await house.enrolment.claim(signed(token, proof=SecretProof(token.secret)))

    assert first.node.id != second.node.id


async def test_a_proof_by_another_secret_is_that_of_a_stranger(house):
    token = await house.token()
    for request in (
        signed(token, new_secret(bytes(32))),
        signed(token, proof=SecretProof(new_secret(bytes(32)))),
        signed(token, proof=SecretProof(Secret("no secret"))),
        signed(token, proof=SignedProof("{}", "")),
    ):
        with pytest.raises(TokenRefused) as refusal:
            await house.enrolment.claim(request)
        assert refusal.value.code == "token_unknown"


async def test_unknown_expired_and_used_up_are_the_same_to_a_stranger(house):
    used_up, expired = await house.token(), await house.token()
    await house.claim(used_up)
    house.clock.advance(3600)
    wrong = new_secret(bytes(32))
    unknown = type(used_up)(
        id="a" * 16, secret=wrong, pins=used_up.pins, addresses=used_up.addresses
    )
    told = set()
    for token in (used_up, expired, unknown):
        with pytest.raises(TokenRefused) as refusal:
            await house.enrolment.claim(signed(token, wrong))
        told.add((refusal.value.code, refusal.value.status, str(refusal.value)))

    assert len(told) == 1


async def test_an_unknown_id_costs_what_a_wrong_proof_does_throttled_or_not(house, monkeypatch):
    checked = []
    real = tokenproof.is_proved
    monkeypatch.setattr(
        tokenproof, "is_proved", lambda *given: checked.append(given[0]) or real(*given)
    )
    token = await house.token()
    unknown = type(token)(
        id="a" * 16, secret=token.secret, pins=token.pins, addresses=token.addresses
    )
    wrong = signed(token, new_secret(bytes(32)))
    refusals = {}
    for request in (signed(unknown), wrong):
        for _ in range(30):
            with pytest.raises((TokenRefused, LimitExceeded)) as refusal:
                await house.enrolment.claim(request)
            refusals.setdefault(request.token_id, []).append(type(refusal.value))

    assert len(checked) == 60
    assert refusals["a" * 16][19:21] == [TokenRefused, LimitExceeded]
    assert await house.enrolment.claim(signed(token))
    assert len(checked) == 62  # a good one is looked at where it comes in, and in a thread


async def test_a_key_kept_from_before_there_were_proofs_proves_nothing(house):
    token = await house.token()
    with house.records._database.change() as writer:
        writer.execute("UPDATE tokens SET proof_key = ''")

    for secret in (token.secret, Secret("A" * 43)):  # nor does the one behind the decoy
        for request in (signed(token, secret), signed(token, proof=SecretProof(secret))):
            with pytest.raises(TokenRefused):
                await house.enrolment.claim(request)


async def test_labels_rooms_and_a_short_stay_come_with_the_token(house):
    limits = TokenLimits(labels={"role": "runner"}, ephemeral_s=3600)
    node = (await house.claim(await house.token(rooms=("ci",), limits=limits))).node
    kept = house.records.nodes.node(node.id)

    assert (kept.labels, kept.ephemeral_s) == ({"role": "runner"}, 3600)
    assert kept.rooms == node.rooms != ()
    assert kept.address == "10.1.2.3"


@pytest.mark.parametrize(
    ("limits", "good", "bad", "code"),
    [
        (
            {"networks": ("10.1.0.0/16", "fd00::/8")},
            {"address": "fd00::7"},
            {"address": "10.2.0.1"},
            "token_network",
        ),
        ({"hosts": ("web-*", "db")}, {"host": "WEB-7"}, {"host": "lab"}, "token_host"),
    ],
)
async def test_a_token_for_some_machines_says_so_to_others_and_keeps_its_use(
    house, limits, good, bad, code
):
    token = await house.token(limits=TokenLimits(**limits))
    with pytest.raises(TokenLimited) as refusal:
        await house.claim(token, **bad)

    assert refusal.value.code == code
    assert house.records.tokens.token(token.id).used == 0
    assert await house.claim(token, **good)


async def test_two_hundred_at_once_and_five_per_hour_make_five_nodes(house):
    token = await house.token(uses=1000, limits=TokenLimits(per_hour=5))

    async def try_it():
        try:
            await house.claim(token, key=keys.make_key())
        except TokenBusy as error:
            return error.code
        return "in"

    results = await asyncio.gather(*(try_it() for _ in range(200)))

    assert (results.count("in"), results.count("token_busy")) == (5, 195)
    assert house.records.tokens.token(token.id).used == 5
    assert house.records.nodes.count_nodes() == 5


async def test_who_came_too_often_is_told_when_to_come_again(house):
    made = await house.tokens.create(
        OPERATOR, house.space.id, uses=9, limits=TokenLimits(per_hour=1), lifetime=TWO_HOURS
    )
    token = decode(made)
    await house.claim(token, key=keys.make_key())
    house.clock.advance(1000)
    with pytest.raises(TokenBusy) as refusal:
        await house.claim(token)
    house.clock.advance(refusal.value.retry_after_s)

    assert refusal.value.retry_after_s == 2600
    assert (await house.claim(token)).node


def decode(made):
    from muster.wire.claimtoken import decode_token

    return decode_token(made.text.reveal())


TWO_HOURS = timedelta(hours=2)


async def test_a_refusal_to_a_holder_is_written_down(house):
    token = await house.token(limits=TokenLimits(hosts=("db",)))
    with pytest.raises(TokenLimited):
        await house.claim(token, host="web")

    event = house.records.audit.events(spaces=None, limit=1)[0].event
    assert (event.action, event.outcome, event.object) == ("node.claim", "token_host", "web")
    assert event.space == house.space.id


async def test_a_space_may_shorten_the_life_of_its_certificates(house):
    from muster.model.inventory import SpaceSettings

    await house.spaces.edit(OPERATOR, house.space.id, settings=SpaceSettings(agent_lifetime_s=3600))
    answer = await house.claim(await house.token())

    leaf = keys.views(answer.chain)[0]
    assert leaf.not_after_ns - house.clock.now_ns() <= 3600 * SECOND_NS

"""A node comes in, comes again, renews, and is refused."""

import asyncio
import base64
import hashlib
import re
import sqlite3
from contextlib import closing, suppress

import pytest

from muster.core.changes import NodeChange
from muster.core.enrolment.admission import CredentialRefused
from muster.core.enrolment.tokenproof import AlreadyClaimed, TokenRefused
from muster.errors import InputError, LimitExceeded
from muster.log import Secret
from muster.model.identity import CredentialState
from muster.pki import keys
from muster.pki.authority import identity_of
from muster.pki.proof import proof_key
from muster.testing.house import OPERATOR, House


def der_of(pem):
    return keys.to_der(keys.load_chain(pem)[0])


async def test_a_machine_with_a_token_becomes_a_node(house):
    token = await house.token(rooms=("edge",))
    answer = await house.claim(token)

    identity = identity_of(der_of(answer.chain))
    assert identity.node == answer.node.id
    assert identity.space == house.space.id
    assert answer.node.name == "web"
    assert [room.name for room in house.inventory.rooms(OPERATOR)] == ["edge"]
    assert house.inventory.node(OPERATOR, answer.node.id).rooms == answer.node.rooms
    assert answer.anchors == house.authority.anchors
    assert house.told == [(answer.node.id, NodeChange.CLAIMED)]


async def test_one_use_and_two_hundred_claims_at_once_make_one_node(house):
    token = await house.token(uses=1)

    async def try_it():
        try:
            await house.claim(token, key=keys.make_key())
        except TokenRefused as error:
            return error.code
        return "in"

    results = await asyncio.gather(*(try_it() for _ in range(200)))

    assert sorted(results).count("in") == 1
    assert results.count("token_used_up") == 199
    assert len(house.inventory.nodes(OPERATOR)) == 1


async def test_a_flood_of_guesses_takes_no_thread_and_honest_claims_go_on(house, monkeypatch):
    token = await house.token()
    wrong = type(token)(
        id=token.id, secret=Secret("A" * 43), pins=token.pins, addresses=token.addresses
    )
    for _ in range(21):
        with pytest.raises((TokenRefused, LimitExceeded)):
            await house.claim(wrong)
    with monkeypatch.context() as patch:
        patch.setattr(asyncio, "to_thread", None)
        with pytest.raises(LimitExceeded):
            await house.claim(wrong)

    assert house.slept_s == [1.0]
    assert await house.claim(token)


@pytest.mark.parametrize("uses", [1, 5])
async def test_a_machine_that_asks_many_times_at_once_becomes_one_node(house, uses):
    token = await house.token(uses=uses)
    answers = await asyncio.gather(*(house.claim(token) for _ in range(20)))

    assert len({answer.node.id for answer in answers}) == 1
    assert house.records.tokens.token(token.id).used == 1


async def test_the_same_key_gets_its_node_again_while_its_certificate_is_unused(house):
    token = await house.token()
    first = await house.claim(token)
    house.clock.advance(7200)  # the token has expired by now
    second = await house.claim(token)

    assert second.node.id == first.node.id
    assert second.chain != first.chain
    states = [c.state for c in house.inventory.credentials_of(first.node.id)]
    assert states == [CredentialState.NEXT, CredentialState.RETIRED]


async def test_a_machine_that_claims_again_without_end_is_slowed_down(house):
    token = await house.token()
    for _ in range(31):
        await house.claim(token)
    with pytest.raises(LimitExceeded, match="again and again") as refusal:
        await house.claim(token)
    house.clock.advance(refusal.value.retry_after_s)

    assert (await house.claim(token)).node


async def test_the_same_key_is_refused_once_its_node_is_in_use(house):
    token = await house.token()
    der = der_of((await house.claim(token)).chain)
    await house.enrolment.activate(identity_of(der), der)

    with pytest.raises(AlreadyClaimed):
        await house.claim(token)


async def test_another_key_is_refused_by_a_used_up_token_and_told_by_whom(house):
    token = await house.token()
    await house.claim(token, host="quay-03")

    with pytest.raises(TokenRefused, match="used up by quay-03") as refusal:
        await house.claim(token, key=keys.make_key())
    assert refusal.value.code == "token_used_up"


async def test_a_key_that_never_used_its_claim_may_come_with_another_token(house):
    first = await house.claim(await house.token())
    second = await house.claim(await house.token())

    assert first.node.id != second.node.id
    der = der_of(first.chain)
    with pytest.raises(CredentialRefused):
        await house.enrolment.activate(identity_of(der), der)


async def test_a_key_in_use_is_refused_with_another_token(house):
    der = der_of((await house.claim(await house.token())).chain)
    await house.enrolment.activate(identity_of(der), der)

    with pytest.raises(AlreadyClaimed):
        await house.claim(await house.token())


async def test_the_second_of_one_name_is_numbered_and_remembers_it(house):
    token = await house.token(uses=3)
    names = [(await house.claim(token, key=keys.make_key(), host="web")).node for _ in range(3)]

    assert [node.name for node in names] == ["web", "web-2", "web-3"]
    assert [node.renamed_from for node in names] == ["", "web", "web"]


async def test_strangers_learn_nothing_about_tokens(house):
    expired = await house.token()
    house.clock.advance(7200)
    wrong = Secret("A" * 43)
    unknown = expired.__class__(
        id="a" * 16, secret=wrong, pins=expired.pins, addresses=expired.addresses
    )
    texts = set()
    for token in (expired, unknown):
        with pytest.raises(TokenRefused) as refusal:
            await house.claim(token, secret=wrong)
        texts.add((refusal.value.code, str(refusal.value)))

    assert len(texts) == 1
    assert texts.pop()[0] == "token_unknown"


async def test_the_holder_of_the_secret_is_told_that_a_token_expired(house):
    token = await house.token()
    house.clock.advance(3600)

    with pytest.raises(TokenRefused) as refusal:
        await house.claim(token)
    assert refusal.value.code == "token_expired"


async def test_a_revoked_token_lets_nobody_in_and_answers_no_claim_again(house):
    token = await house.token(uses=2)
    await house.claim(token)
    await house.tokens.revoke(OPERATOR, token.id)

    for key in (house.key, keys.make_key()):
        with pytest.raises(TokenRefused, match="revoked"):
            await house.claim(token, key=key)


async def test_guessing_is_slowed_down_and_an_honest_claim_from_there_is_not(house):
    token = await house.token()
    codes = []
    for _ in range(30):
        try:
            await house.claim(token, secret=Secret("B" * 43))
        except (TokenRefused, LimitExceeded) as error:
            codes.append(error.code)
    answer = await house.claim(token)

    assert codes == ["token_unknown"] * 20 + ["limit_exceeded"] * 10
    assert answer.node.name == "web"
    throttled = [
        stored
        for stored in house.records.audit.events(spaces=None, limit=100)
        if stored.event.action == "claim.throttled"
    ]
    assert len(throttled) == 1


@pytest.mark.parametrize("host", ["web\n1", "web\x00", "a" * 101, " web", "we\u202eb"])
async def test_a_name_that_does_not_print_is_refused_and_costs_no_use(house, host):
    token = await house.token()
    with pytest.raises(InputError):
        await house.claim(token, host=host)

    assert (await house.claim(token)).node.name == "web"


async def test_an_id_that_a_node_has_or_had_is_not_given_again(house):
    token = await house.token(uses=3)
    node = (await house.claim(token)).node
    with pytest.raises(AlreadyClaimed):
        await house.claim(token, key=keys.make_key(), proposed_id=node.id)
    await house.inventory.remove(OPERATOR, node.id)

    with pytest.raises(AlreadyClaimed):
        await house.claim(token, key=keys.make_key(), proposed_id=node.id)


async def test_a_proposed_id_is_taken_when_it_is_free(house):
    wanted = "11111111-2222-4333-8444-555555555555"

    assert (await house.claim(await house.token(), proposed_id=wanted)).node.id == wanted


async def test_first_use_activates_and_retires_the_predecessor(house):
    first = der_of((await house.claim(await house.token())).chain)
    identity = identity_of(first)
    await house.enrolment.activate(identity, first)
    renewed = await house.enrolment.renew(
        identity, keys.make_request(keys.make_key()), certificate=first
    )
    second = der_of(renewed.chain)
    before = await house.enrolment.activate(identity, first)
    after = await house.enrolment.activate(identity, second)

    assert before.state is after.state is CredentialState.ACTIVE
    with pytest.raises(CredentialRefused) as refusal:
        await house.enrolment.activate(identity, first)
    assert refusal.value.code == "credential_retired"
    with pytest.raises(CredentialRefused):
        await house.enrolment.renew(identity, keys.make_request(house.key), certificate=first)


async def test_a_revoked_node_is_refused_everywhere(house):
    der = der_of((await house.claim(await house.token())).chain)
    identity = identity_of(der)
    await house.enrolment.activate(identity, der)
    await house.inventory.revoke(OPERATOR, identity.node, "lost")

    for attempt in (
        house.enrolment.activate(identity, der),
        house.enrolment.renew(identity, keys.make_request(house.key)),
    ):
        with pytest.raises(CredentialRefused, match="revoked: lost") as refusal:
            await attempt
        assert refusal.value.code == "node_revoked"
    assert house.told[-1] == (identity.node, NodeChange.REVOKED)


async def test_a_removed_node_is_unknown(house):
    der = der_of((await house.claim(await house.token())).chain)
    identity = identity_of(der)
    await house.inventory.remove(OPERATOR, identity.node)

    with pytest.raises(CredentialRefused) as refusal:
        await house.enrolment.activate(identity, der)
    assert refusal.value.code == "node_unknown"


async def test_a_certificate_the_records_do_not_know_is_refused(house):
    answer = await house.claim(await house.token())
    identity = identity_of(der_of(answer.chain))
    foreign = house.authority.issue_agent(
        keys.make_request(house.key), identity, now_ns=house.clock.now_ns()
    )

    with pytest.raises(CredentialRefused) as refusal:
        await house.enrolment.activate(identity, foreign.der)
    assert refusal.value.code == "credential_unknown"


async def test_an_expired_certificate_is_refused_even_when_tls_let_it_pass(house):
    der = der_of((await house.claim(await house.token())).chain)
    house.clock.advance(86_400)

    with pytest.raises(CredentialRefused) as refusal:
        await house.enrolment.activate(identity_of(der), der)
    assert refusal.value.code == "credential_expired"


async def test_the_records_hold_no_usable_token(tmp_path):
    """Every value of every table, whole and in pieces, is tried as the token's secret."""
    with House(path=tmp_path / "records.sqlite") as house:
        token = await house.token(uses=1000)
        await house.claim(token)
        house.records.backup(tmp_path / "copy.sqlite")
        secrets = {
            secret for value in values_of(tmp_path / "copy.sqlite") for secret in tries(value)
        }
        assert len(secrets) > 20

        proved = [secret for secret in secrets if is_let_in(house, token, secret)]

    assert proved == []
    assert token.secret.reveal().encode() not in (tmp_path / "copy.sqlite").read_bytes()


def values_of(path):
    with closing(sqlite3.connect(path)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema")]
        for table in tables:
            with suppress(sqlite3.OperationalError):  # an index
                for row in connection.execute(f"SELECT * FROM {table}"):
                    yield from row


def tries(value):
    """What a thief would make of a value: it and its words, as text, hex or base64url."""
    for word in re.findall(r"[A-Za-z0-9_=-]{2,}", str(value)):
        yield word
        raw = bytes.fromhex(word) if re.fullmatch(r"([0-9a-f]{2})+", word) else word.encode()
        yield base64.urlsafe_b64encode(raw).decode().rstrip("=")
        yield base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")


def is_let_in(house, token, secret):
    """Without the throttle, which would only slow the thief down."""
    try:
        return proof_key(Secret(secret)) == house.records.tokens.token(token.id).proof_key
    except InputError:
        return False

"""Where claimed agents go, how they prove themselves, and what bans them."""

import uuid

import msgspec
import pytest

from muster.core.enrolment.keypasswords import LIFETIME_S
from muster.faces.netdata.discovery import DiscoveryFace
from muster.net.http import Request
from muster.pki import rsakeys
from muster.testing.house import ADDRESSES, OPERATOR, House
from muster.testing.rsakeys import open_challenge
from muster.wire.netdata import discovery as wire
from muster.wire.netdata.discovery import PasswordRequest, format_password_request


@pytest.fixture
def house():
    with House() as house:
        yield house


def routes(house, **changed):
    given = {
        "claims": house.key_claims,
        "passwords": house.link_passwords,
        "addresses": lambda: ADDRESSES,
        "address": "",
        "port": 7443,
    }
    return DiscoveryFace(**(given | changed)).routes()


def env(house, *, claim_id="", host="hub.example", **changed):
    request = Request(
        method="GET",
        path="/api/v1/env",
        query={"v": "2.10.4", "cap": "proto,ctx", "claim_id": claim_id},
        headers={"host": host},
    )
    return routes(house, **changed)[0].handler(request)


def challenge(house, claim_id):
    request = Request(method="GET", path="/", match={"claim_id": claim_id})
    return routes(house)[1].handler(request)


def password(house, claim_id, nonce, version="v2.10.4"):
    body = format_password_request(PasswordRequest(nonce, version))
    request = Request(method="POST", path="/", match={"claim_id": claim_id}, body=body)
    return routes(house)[2].handler(request)


async def test_env_names_the_hub_as_the_agent_called_it_and_the_port_it_came_to(house):
    claim = await house.claim_by_key()
    answer = await env(house, claim_id=claim.id.upper())
    told = wire.parse_env(answer.body)

    assert answer.status == 200
    assert told.auth_endpoint == "https://hub.example:7443/api/v1/auth"
    assert told.transports[0].endpoint == "wss://hub.example:7443/mqtt"


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"host": "10.0.0.1"}, "10.0.0.1:7443"),
        ({"host": "fd00::7"}, "[fd00::7]:7443"),
        ({"host": "hub.example:9000"}, "hub.example:9000"),
        ({"host": "a b"}, "hub.example:7443"),
        ({"host": ""}, "hub.example:7443"),
        ({"host": "hub.example", "port": 0}, "hub.example:443"),
        ({"address": "cloud.example:443"}, "cloud.example:443"),
    ],
)
async def test_env_sends_agents_where_they_can_come(house, given, place):
    told = wire.parse_env((await env(house, **given)).body)

    assert told.auth_endpoint == f"https://{place}/api/v1/auth"


@pytest.mark.parametrize("version", ["v2.10.4", ""])
async def test_the_keys_holder_gets_what_opens_one_link(house, version):
    claim = await house.claim_by_key()
    asked = await challenge(house, claim.id)
    nonce = open_challenge(wire.parse_challenge(asked.body))
    answer = await password(house, claim.id.upper(), nonce, version)
    given = wire.parse_credentials(answer.body)

    assert (asked.status, answer.status) == (200, 201)
    assert given.client_id == claim.id
    verified = house.link_passwords.verify(given.client_id, given.username, given.password)
    assert verified.node == claim.node
    assert max(len(asked.body), len(answer.body)) < 16_000


async def test_a_nonce_is_of_its_claim_of_its_minute_and_of_use_once(house):
    first, second = await house.claim_by_key(), await house.claim_by_key(1)

    async def nonce():
        asked = await challenge(house, first.id)
        return open_challenge(wire.parse_challenge(asked.body))

    good = await nonce()
    assert (await password(house, second.id, good)).status == 403
    assert (await password(house, first.id, good)).status == 201
    replayed = await password(house, first.id, good)
    late = await nonce()
    house.clock.advance(LIFETIME_S)
    for answer in (replayed, await password(house, first.id, late)):
        failure = wire.parse_failure(answer.body)
        assert answer.status == 403
        assert not failure.error_non_retryable


@pytest.mark.parametrize("how", ["revoke", "remove", "replace"])
async def test_who_was_shut_out_is_banned_for_ever_and_costs_no_cryptography(
    house, how, monkeypatch
):
    claim = await house.claim_by_key()
    match how:
        case "revoke":
            await house.inventory.revoke(OPERATOR, claim.node, "lost")
        case "remove":
            await house.inventory.remove(OPERATOR, claim.node)
        case "replace":
            with house.records._database.change() as writer:
                writer.execute("UPDATE key_claims SET replaced_ns = 1")
    monkeypatch.setattr(rsakeys, "encrypt", None)
    for _ in range(200):
        answers = [
            await env(house, claim_id=claim.id),
            await challenge(house, claim.id),
            await password(house, claim.id, b"n"),
        ]
        house.clock.advance(60)
    for answer in answers:
        failure = wire.parse_failure(answer.body)
        assert answer.status == 403
        assert failure.error_non_retryable


async def test_who_is_not_known_is_told_to_come_in_a_minute_and_not_banned(house):
    for answer in (
        await env(house, claim_id=str(uuid.uuid4())),
        await challenge(house, str(uuid.uuid4())),
        await challenge(house, "x"),
    ):
        failure = wire.parse_failure(answer.body)
        assert answer.status == 404
        assert failure.error_retry_delay_seconds == 60
        assert not failure.error_non_retryable


async def test_who_asks_too_often_is_told_when_to_come(house):
    claim = await house.claim_by_key()
    for _ in range(80):
        answer = await challenge(house, claim.id)
    failure = wire.parse_failure(answer.body)

    assert answer.status == 429
    assert failure.error_retry_delay_seconds > 0


@pytest.mark.parametrize("body", [b"", b"{}", b"[", b'{"response":"!"}', b'{"response":""}'])
async def test_a_malformed_answer_is_an_error_object_too(house, body):
    claim = await house.claim_by_key()
    request = Request(method="POST", path="/", match={"claim_id": claim.id}, body=body)
    answer = await routes(house)[2].handler(request)

    assert answer.status == 400
    assert wire.parse_failure(answer.body) is not None


async def test_bodies_are_compact(house):
    claim = await house.claim_by_key()
    for answer in (await env(house), await challenge(house, claim.id), await challenge(house, "x")):
        assert msgspec.json.encode(msgspec.json.decode(answer.body)) == answer.body

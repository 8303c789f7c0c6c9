"""Routes of the enrol listener."""

import json

import msgspec
import pytest

from muster.core.enrolment.tokenproof import TokenRefused
from muster.errors import InputError, LimitExceeded
from muster.faces.native.enrol import EnrolFace
from muster.net.http import Request, error_response
from muster.pki import keys
from muster.pki.proof import prove
from muster.testing.house import ADDRESSES
from muster.wire.claim import message_of


@pytest.fixture
def house(house):
    routes = EnrolFace(enrolment=house.enrolment, addresses=lambda: ADDRESSES).routes()
    house.routes = {route.path: route for route in routes}
    return house


def request_of(body, host="hub.example:8402"):
    return Request(
        method="POST",
        path="/v1/claim",
        headers={"host": host},
        address="10.1.2.3",
        body=msgspec.json.encode(body),
    )


async def claim(house, body, host="hub.example:8402"):
    request = request_of(body, host)
    return json.loads((await house.routes["/v1/claim"].handler(request)).body)


def text_of(house, token, **more):
    return {
        "token_id": token.id,
        "csr": keys.make_request(house.key),
        "facts": {"hostname": "web", "cores": 4},
        **more,
    }


def sign(token, text):
    signed = json.dumps(text)
    return {"signed": signed, "proof": prove(token.secret, message_of(signed))}


def body_of(house, token, **more):
    return sign(token, text_of(house, token, **more))


async def test_the_trust_anchors_are_public(house):
    answer = await house.routes["/v1/trust"].handler(Request(method="GET", path="/v1/trust"))

    assert keys.pinned(answer.body.decode(), house.authority.pins) == house.authority.anchors
    assert answer.headers == {"muster-hub": house.authority.hub}


async def test_a_claim_is_answered_with_names_certificate_and_where_to_go(house):
    answer = await claim(house, body_of(house, await house.token()))

    assert answer["name"] == "web"
    assert answer["space"] == house.space.id
    assert answer["node"] in keys.views(answer["chain"])[0].names[0]
    assert len(keys.load_chain(answer["chain"])) == 2
    assert answer["anchors"] == house.authority.anchors
    assert answer["agents"] == "hub.example:8401"
    assert answer["renamed_from"] == ""


@pytest.mark.parametrize(
    ("host", "agents"),
    [
        ("10.0.0.1:8402", "10.0.0.1:8401"),
        ("evil.example:8402", "hub.example:8401"),
        ("", "hub.example:8401"),
        ("hub.example", "hub.example:8401"),
        ("a\nb:1", "hub.example:8401"),
    ],
)
async def test_the_name_a_machine_came_by_is_used_only_when_it_is_ours(house, host, agents):
    assert (await claim(house, body_of(house, await house.token()), host))["agents"] == agents


async def test_fields_of_newer_agents_are_left_alone(house):
    assert await claim(house, body_of(house, await house.token(), novelty=1))


@pytest.mark.parametrize("missing", ["token_id", "csr"])
async def test_a_claim_without_a_part_is_refused(house, missing):
    token = await house.token()
    text = text_of(house, token)
    del text[missing]

    with pytest.raises(InputError, match=missing):
        await claim(house, sign(token, text))


@pytest.mark.parametrize("missing", ["signed", "proof"])
async def test_a_claim_without_its_text_or_proof_is_refused(house, missing):
    body = body_of(house, await house.token())
    del body[missing]

    with pytest.raises(InputError, match=missing):
        await claim(house, body)


@pytest.mark.parametrize(
    "evidence",
    [
        {"macs": ["a" * 64] * 17},
        {"machine_id": "a" * 65},
        {"ssh": [{"key": "k", "signature": "s" * 5000}]},
        {"ssh": [{"key": "k", "signature": "s"}] * 5},
        {"cloud": [{"provider": "aws", "document": "d"}] * 2},
        {"dmi": 1},
    ],
)
async def test_evidence_beyond_its_bounds_is_refused(house, evidence):
    with pytest.raises(InputError, match="evidence"):
        await claim(house, body_of(house, await house.token(), evidence=evidence))


async def test_an_intercepted_claim_is_of_no_use_for_another_key(house):
    token = await house.token()
    caught = body_of(house, token)
    theirs = keys.make_request(keys.make_key())
    changed = json.dumps(json.loads(caught["signed"]) | {"csr": theirs})

    with pytest.raises(TokenRefused) as refusal:
        await claim(house, caught | {"signed": changed})
    assert refusal.value.code == "token_unknown"
    assert house.records.nodes.count_nodes() == 0


async def test_nothing_in_a_claim_can_be_changed_on_the_way(house):
    token = await house.token()
    caught = body_of(house, token)
    for changed in (caught["signed"] + " ", caught["signed"].replace("web", "db")):
        with pytest.raises(TokenRefused):
            await claim(house, caught | {"signed": changed})

    assert (await claim(house, caught))["name"] == "web"


async def test_a_proof_says_nothing_of_the_secret(house):
    token = await house.token()
    body = body_of(house, token)

    assert token.secret.reveal() not in json.dumps(body)


async def test_a_refusal_quotes_no_proof(house):
    token = await house.token()
    with pytest.raises(TokenRefused) as refusal:
        await claim(house, body_of(house, token) | {"proof": "S" * 86})

    assert "SSS" not in str(refusal.value)


async def test_guesses_of_a_flood_are_told_at_once_what_the_others_are(house):
    token = await house.token()
    wrong, good = body_of(house, token) | {"proof": "S" * 86}, body_of(house, token)
    route, told = house.routes["/v1/claim"], []
    for _ in range(22):
        with pytest.raises((TokenRefused, LimitExceeded)) as refusal:
            await claim(house, wrong)
        told.append(error_response(refusal.value))

    assert route.at_once(request_of(wrong)) == told[-1]
    assert route.at_once(request_of(good)) is None
    assert (await claim(house, good))["name"] == "web"


async def test_both_routes_bound_their_bodies(house):
    assert house.routes["/v1/trust"].max_body_bytes == 0
    assert house.routes["/v1/claim"].max_body_bytes <= 65_536

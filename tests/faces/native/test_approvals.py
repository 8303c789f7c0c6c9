"""Routes of the queue."""

import json

import msgspec
import pytest

from muster.errors import InputError
from muster.faces.native.approvals import ApprovalFace
from muster.faces.native.enrol import EnrolFace
from muster.model.evidence import Evidence
from muster.model.inventory import Approval, SpaceSettings
from muster.net.http import Request
from muster.pki import keys
from muster.pki.proof import prove
from muster.testing.house import ADDRESSES, OPERATOR
from muster.wire.claim import message_of

PATH = "/api/v1/approvals"
MACHINE = Evidence(dmi="d" * 64)


@pytest.fixture
async def house(house):
    settings = SpaceSettings(approval=Approval.ALWAYS)
    await house.spaces.edit(OPERATOR, house.space.id, settings=settings)
    listed = [
        *ApprovalFace(approvals=house.approvals, inventory=house.inventory).routes(),
        *EnrolFace(enrolment=house.enrolment, addresses=lambda: ADDRESSES).routes(),
    ]
    house.routes = {(route.method, route.path): route.handler for route in listed}
    return house


async def call(house, method, path=PATH, body=None, query=None, **match):
    request = Request(
        method=method,
        path=path,
        match=match,
        query=query or {},
        actor=OPERATOR,
        body=msgspec.json.encode(body or {}),
        address="10.1.2.3",
    )
    answer = await house.routes[method, path](request)
    return answer.status, json.loads(answer.body)


async def claim(house, token, evidence=MACHINE):
    text = json.dumps(
        {
            "token_id": token.id,
            "csr": keys.make_request(house.key),
            "facts": {"hostname": "web", "os": "Debian"},
            "evidence": msgspec.to_builtins(evidence),
        }
    )
    body = {"signed": text, "proof": prove(token.secret, message_of(text))}
    return await call(house, "POST", "/v1/claim", body)


async def test_a_claim_that_waits_is_told_so_and_then_answered(house):
    token = await house.token(rooms=("edge",))
    status, told = await claim(house, token)
    assert (status, told["state"], told["retry_after_s"]) == (202, "waiting", 5.0)
    assert told["reason"]

    _, shown = await call(
        house, "POST", f"{PATH}/{{id}}/approve", {"note": "ours"}, id=told["request"]
    )
    status, answer = await claim(house, token)

    assert (shown["decision"], shown["decided_by"], shown["note"]) == (
        "approved", "operator", "ours",
    )  # fmt: skip
    assert (status, answer["node"], answer["name"]) == (200, shown["node"], "web")


async def test_the_queue_shows_what_there_is_to_decide_on(house):
    _, told = await claim(house, await house.token(rooms=("edge",)))
    (_, (listed,)), (_, shown) = (
        await call(house, "GET"),
        await call(house, "GET", f"{PATH}/{{id}}", id=told["request"]),
    )

    assert listed == shown
    assert (shown["kind"], shown["name"], shown["address"]) == ("claim", "web", "10.1.2.3")
    assert shown["space"]["name"] == "Home"
    assert [room["name"] for room in shown["rooms"]] == ["edge"]
    assert shown["facts"]["os"] == "Debian"
    assert shown["evidence"]["dmi"] == "d" * 64
    assert (shown["score"], shown["reasons"][0]["name"]) == (5, "dmi")
    assert shown["key_sha256"] == keys.own_key_sha256(house.key)
    assert (shown["looks_like"], shown["decision"]) == (None, "")
    assert "request" not in shown


async def test_another_name_and_other_rooms_come_with_the_answer(house):
    token = await house.token(rooms=("edge",))
    _, told = await claim(house, token)
    answer = {"name": "quay-09", "rooms": []}
    await call(house, "POST", f"{PATH}/{{id}}/approve", answer, id=told["request"])
    _, joined = await claim(house, token)

    assert joined["name"] == "quay-09"
    assert house.inventory.node(OPERATOR, joined["node"]).rooms == ()


async def test_a_denial_is_told_to_the_machine(house):
    token = await house.token()
    _, told = await claim(house, token)
    await call(house, "POST", f"{PATH}/{{id}}/deny", {"note": "no"}, id=told["request"])

    with pytest.raises(Exception, match="refused at the hub: no") as refusal:
        await claim(house, token)
    assert (refusal.value.code, refusal.value.status) == ("claim_denied", 403)


async def test_decided_and_expired_ones_are_listed_on_request(house):
    _, told = await claim(house, await house.token())
    house.clock.advance(8 * 86_400)
    waiting = await call(house, "GET")
    everything = await call(house, "GET", query={"state": "all"})

    assert waiting[1] == []
    assert [(each["id"], each["decision"]) for each in everything[1]] == [
        (told["request"], "expired")
    ]


async def test_a_node_it_looks_like_is_named(house):
    token = await house.token()
    _, first = await claim(house, token)
    _, shown = await call(house, "POST", f"{PATH}/{{id}}/approve", id=first["request"])
    house.records.nodes.touch({shown["node"]: house.clock.now_ns()})
    house.key = keys.make_key()
    _, again = await claim(house, await house.token())
    _, shown = await call(house, "GET", f"{PATH}/{{id}}", id=again["request"])

    assert shown["kind"] == "reimage"
    assert shown["looks_like"]["name"] == "web"


@pytest.mark.parametrize("state", ["open", "x", "WAITING"])
async def test_an_unknown_state_is_refused(house, state):
    with pytest.raises(InputError, match="state"):
        await call(house, "GET", query={"state": state})


@pytest.mark.parametrize("body", [{"as": "both"}, {"as_": "new"}, {"note": 1}])
async def test_a_decision_in_another_form_is_refused(house, body):
    _, told = await claim(house, await house.token())

    with pytest.raises(InputError):
        await call(house, "POST", f"{PATH}/{{id}}/approve", body, id=told["request"])

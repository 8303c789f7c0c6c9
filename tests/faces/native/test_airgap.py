"""Routes for requests that come by hand."""

import json

import msgspec
import pytest

from muster.core.enrolment.airgap import AirGap, AirGapSettings
from muster.core.enrolment.evidence import Evidences
from muster.errors import InputError, NotFound
from muster.faces.native.airgap import AirGapFace
from muster.model.access import Action, Actor, Role
from muster.net.http import Request
from muster.pki import keys
from muster.pki.possession import prove_possession
from muster.testing.house import ADDRESSES, OPERATOR
from muster.wire.airgap import GapRequest, SignedGapRequest, format_text, message_of
from muster.wire.armour import Kind, format_armour, parse_armour

PATH = "/api/v1/air-gap"


@pytest.fixture
def house(house):
    air_gap = AirGap(
        records=house.records,
        authority=house.authority,
        clock=house.clock,
        settings=AirGapSettings(),
        evidences=Evidences(),
        lifetime_s=house.enrolment.lifetime_s,
        addresses=lambda: ADDRESSES,
    )
    listed = AirGapFace(air_gap=air_gap, inventory=house.inventory).routes()
    house.routes = {route.path: route for route in listed}
    now_ns, key = house.clock.now_ns(), keys.make_key()
    text = format_text(
        GapRequest(csr=keys.make_request(key), created_ns=now_ns, expires_ns=now_ns + 10**12)
    )
    proof = prove_possession(key, message_of(text))
    document = msgspec.json.encode(SignedGapRequest(signed=text, proof=proof))
    house.text = format_armour(Kind.REQUEST, document)
    return house


async def call(house, verb, actor=OPERATOR, **body):
    path = f"{PATH}/{verb}"
    body = {"request": house.text} | body
    request = Request(method="POST", path=path, actor=actor, body=msgspec.json.encode(body))
    answer = await house.routes[path].handler(request)
    return json.loads(answer.body)


async def test_a_request_is_shown_and_then_answered(house):
    shown = await call(house, "inspect")
    assert (shown["renews"], shown["node"], shown["signed_ns"]) == (False, None, 0)

    signed = await call(house, "sign", name="safe")

    assert signed["node"]["name"] == "safe"
    assert signed["fingerprint"] == house.authority.pins[0]
    document = parse_armour(Kind.RESPONSE, signed["response"])
    assert parse_armour(Kind.RESPONSE, "\n".join(signed["codes"])) == document
    shown = await call(house, "inspect")
    assert (shown["node"]["name"], shown["signed_ns"] > 0) == ("safe", True)
    assert (await call(house, "sign"))["again"]


async def test_a_space_one_has_no_role_in_is_none_before_the_request_is_read(house):
    away = (await house.spaces.create(OPERATOR, "away")).id
    ada = Actor(name="ada", roles={house.space.id: Role.ADMIN})

    with pytest.raises(NotFound, match="no such space"):
        await call(house, "sign", ada, space=away, request="nonsense")
    with pytest.raises(InputError, match="no MUSTER REQUEST"):
        await call(house, "sign", ada, request="nonsense")


async def test_signing_is_for_who_may_let_machines_in_and_is_asked_for_again(house):
    routes = house.routes.values()

    assert {route.allow for route in routes} == {Action.APPROVAL_DECIDE}
    assert [route.path for route in routes if route.fresh] == [f"{PATH}/sign"]

"""Routes of claim tokens."""

import json
import re
import shlex

import msgspec
import pytest

from muster.errors import InputError
from muster.faces.native.tokens import TokenFace
from muster.net.http import Request
from muster.testing.house import OPERATOR
from muster.wire.claimtoken import decode_token
from muster.wire.netdata import token as netdata

PATH = "/api/v1/tokens"


@pytest.fixture
def house(house):
    routes = TokenFace(tokens=house.tokens, inventory=house.inventory).routes()
    house.routes = {(route.method, route.path): route.handler for route in routes}
    return house


async def call(house, method, path=PATH, body=None, **match):
    request = Request(
        method=method,
        path=path,
        match=match,
        actor=OPERATOR,
        body=msgspec.json.encode(body or {}),
    )
    answer = await house.routes[method, path](request)
    return json.loads(answer.body) if answer.body else answer.status


async def test_a_new_token_comes_with_the_one_line_for_the_next_machine(house):
    made = await call(house, "POST", body={"rooms": ["edge"], "ttl_s": 600, "uses": 2})

    assert decode_token(made["token"]).id == made["id"]
    assert made["expires_ns"] == house.clock.now_ns() + 600 * 1_000_000_000
    assert made["uses"] == 2
    assert shlex.split(made["command"])[:6] == [
        "printf",
        "%s",
        made["token"],
        "|",
        "muster",
        "agent",
    ]
    assert made["token"] not in made["command"].split("|")[1]


async def test_a_token_for_netdata_agents_is_of_their_alphabet_and_without_our_command(house):
    made = await call(house, "POST", body={"dialect": "netdata"})

    assert re.fullmatch(r"[A-Za-z0-9_-]{135}", made["token"])
    assert netdata.decode(made["token"])[0] == made["id"]
    assert made["command"] == ""
    with pytest.raises(InputError, match="dialect"):
        await call(house, "POST", body={"dialect": "zabbix"})


async def test_the_token_itself_is_shown_only_once(house):
    made = await call(house, "POST")
    shown = await call(house, "GET", f"{PATH}/{{id}}", id=made["id"])
    listed = await call(house, "GET")

    secret = decode_token(made["token"]).secret.reveal()
    assert secret not in json.dumps([shown, listed])


async def test_a_token_shows_its_rooms_and_who_came_in_by_it(house):
    made = await call(house, "POST", body={"rooms": ["edge"], "description": "quay"})
    node = (await house.claim(decode_token(made["token"]))).node
    shown = await call(house, "GET", f"{PATH}/{{id}}", id=made["id"])

    assert [room["name"] for room in shown["rooms"]] == ["edge"]
    assert shown["used"] == 1
    assert shown["description"] == "quay"
    assert shown["created_by"] == "operator"
    assert shown["nodes"] == [{"id": node.id, "name": "web", "claimed_ns": house.clock.now_ns()}]


async def test_an_ended_token_stays_listed(house):
    made = await call(house, "POST")
    status = await call(house, "DELETE", f"{PATH}/{{id}}", id=made["id"])
    (listed,) = await call(house, "GET")

    assert status == 204
    assert listed["revoked_ns"] == house.clock.now_ns()


@pytest.mark.parametrize("ttl_s", [0, -1, 1e308, 1e9])
async def test_a_lifetime_out_of_range_is_refused(house, ttl_s):
    with pytest.raises(InputError):
        await call(house, "POST", body={"ttl_s": ttl_s})


async def test_what_a_token_is_limited_to_is_said_and_shown(house):
    limits = {
        "labels": {"role": "web"},
        "networks": ["10.1.0.0/16"],
        "hosts": ["web-*"],
        "per_hour": 5,
        "ephemeral_s": 3600,
    }
    made = await call(house, "POST", body=limits)
    shown = await call(house, "GET", f"{PATH}/{{id}}", id=made["id"])

    assert {key: shown[key] for key in limits} == limits


@pytest.mark.parametrize(
    "body", [{"per_hour": "5"}, {"networks": "10.0.0.0/8"}, {"labels": []}, {"hots": ["x"]}]
)
async def test_limits_in_another_form_are_refused(house, body):
    with pytest.raises(InputError):
        await call(house, "POST", body=body)

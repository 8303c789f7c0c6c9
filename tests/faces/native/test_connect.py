import json
import re
from pathlib import Path

import msgspec
import pytest

from muster.clock import ManualClock
from muster.core.connecting.connect import MASKED
from muster.core.connecting.netdataconnect import HubRoot, NetdataSite
from muster.core.databases.telegrafsite import TelegrafSite
from muster.core.enrolment.tokens import Addresses
from muster.errors import InputError, NotFound, Unavailable
from muster.faces.native.connect import ConnectFace
from muster.hub.kits.bundle import Bundle, InstallSettings
from muster.model.access import Action
from muster.net.http import Request
from muster.testing.house import OPERATOR
from muster.wire.claimtoken import decode_token

PATH = "/api/v1/connect"
ROOT = HubRoot(port=7443, file_sha256="ab" * 32, sha256="0f" * 32)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return Bundle(
        tmp_path_factory.mktemp("install"),
        InstallSettings(standalone=False, wheels=Path("none")),
        ManualClock(),
    )


@pytest.fixture
def takes_metrics():
    """Where Telegraf writes, when there is anything in it."""
    return []


@pytest.fixture
def call(house, bundle, takes_metrics):
    routes = ConnectFace(
        tokens=house.tokens,
        inventory=house.inventory,
        source=bundle,
        addresses=lambda: Addresses(hosts=("hub.example",), enrol_port=7445, agents_port=7444),
        netdata=lambda: NetdataSite(urls=("https://hub.example:7447",), root=ROOT),
        telegraf=TelegrafSite(url=lambda: "".join(takes_metrics), databases=house.databases),
    ).routes()

    async def ask(method="POST", **body):
        (route,) = [route for route in routes if route.method == method]
        assert route.allow is Action.TOKEN_MANAGE
        answer = await route.handler(
            Request(method=method, path=PATH, actor=OPERATOR, body=msgspec.json.encode(body))
        )
        return answer.status, json.loads(answer.body)

    return ask


async def test_commands_come_with_a_token_made_for_them(call, house):
    status, made = await call(environment="linux", rooms=["edge"], ttl_s=600, uses=2)

    token = made["token"]
    assert (status, token["uses"]) == (201, 2)
    assert token["expires_ns"] == house.clock.now_ns() + 600 * 10**9
    assert decode_token(token["token"]).id == token["id"]
    assert all(token["token"] in command["text"] for command in made["commands"])
    (record,) = house.tokens.tokens(OPERATOR)
    assert record.description == "connect linux"
    assert f"--claim-rooms {record.rooms[0]}" in made["commands"][0]["text"]
    assert "https://hub.example:7445/install/kickstart.sh" in made["commands"][0]["text"]


async def test_a_preview_makes_no_token(call, house):
    status, made = await call(environment="installer", name="web-01", preview=True)

    assert (status, made["token"]) == (200, None)
    assert f"\n{MASKED}\n" in made["files"][0]["text"]
    assert house.tokens.tokens(OPERATOR) == []


async def test_an_installers_token_is_for_a_machine_of_its_name(call, house):
    await call(environment="installer", name="web-01.example", labels={"site": "berlin"})

    (record,) = house.tokens.tokens(OPERATOR)
    assert record.hosts == ("web-01", "web-01.*")
    assert record.labels == {"site": "berlin"}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"environment": "amiga"}, NotFound),
        ({"environment": "installer"}, InputError),
        ({"environment": "linux", "url": "ftp://x"}, InputError),
        ({"environment": "linux", "ttl_s": -1}, InputError),
        ({"environment": "linux", "unknown": 1}, InputError),
        ({"environment": "installer", "name": "a", "template": "@WHAT@"}, InputError),
    ],
)
async def test_what_cannot_be_made_leaves_no_token_behind(call, house, body, error):
    with pytest.raises(error):
        await call(**body)
    assert house.tokens.tokens(OPERATOR) == []


async def test_telegraf_is_offered_with_a_listener_for_it_and_its_database_is_made(
    call, house, takes_metrics
):
    with pytest.raises(Unavailable, match=r"influx\.port"):
        await call(environment="telegraf")
    takes_metrics.append("https://hub.example:8086")
    _, told = await call(method="GET")
    await call(environment="telegraf", preview=True)
    assert house.databases.listed(house.space.id) == []
    _, made = await call(environment="telegraf")

    (offer,) = [each for each in told["environments"] if each["environment"] == "telegraf"]
    files = {file["name"]: file["text"] for file in made["files"]}
    assert (offer["available"], offer["reason"]) == (True, "")
    assert 'urls = ["https://hub.example:8086"]' in files["muster.conf"]
    assert [each.name for each in house.databases.listed(house.space.id)] == ["telegraf"]


async def test_the_environments_are_told_with_why_not(call):
    _, told = await call(method="GET")
    known = {each["environment"]: each for each in told["environments"]}

    assert known["linux"]["available"]
    assert not known["telegraf"]["available"]
    assert known["telegraf"]["reason"]
    assert told["urls"] == ["https://hub.example:7445"]
    assert told["netdata_urls"] == ["https://hub.example:7447"]
    assert told["netdata_root"] == ROOT.sha256


async def test_netdata_agents_get_a_token_of_their_alphabet_and_their_own_address(call):
    _, made = await call(environment="netdata", rooms=["edge"])
    trust, claim = (command["text"] for command in made["commands"])

    assert re.fullmatch(r"[A-Za-z0-9_-]{135}", made["token"]["token"])
    assert "url = https://hub.example:7447\n" in claim
    assert "https://hub.example:7443/root.pem" in trust
    _, shown = await call(environment="netdata", url="https://10.0.0.7:7447", preview=True)
    assert "https://10.0.0.7:7443/root.pem" in shown["commands"][0]["text"]


async def test_a_line_for_a_netdata_agent_waits_for_no_kit(house, call, bundle, monkeypatch):
    async def never():
        raise Unavailable("the kit is not made yet")

    monkeypatch.setattr(bundle, "kit", never)
    for environment in ("netdata", "netdata-script", "netdata-docker", "netdata-kubernetes"):
        status, _ = await call(environment=environment)
        assert status == 201
    with pytest.raises(Unavailable):
        await call(environment="linux")

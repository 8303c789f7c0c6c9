"""The routes of the CA: what it is, its steps, its lists; and never a key."""

import json

import pytest

from muster.core.certificates.authorities import Authorities, CaSettings
from muster.core.certificates.revocations import Revocations
from muster.errors import Conflict, InputError
from muster.faces.native.ca import CaFace, RevocationListFace
from muster.model.access import Action
from muster.net.http import Public, Request
from muster.store.keyring import KeyRing
from muster.store.keystore import KeyStore
from muster.testing.house import OPERATOR, House


@pytest.fixture
def house(tmp_path):
    with House() as house:
        house.ring = KeyRing(store=KeyStore(folder=tmp_path / "ca"), clock=house.clock)
        yield house


@pytest.fixture
def ask(house):
    authorities = Authorities(
        signer=house.ring,
        records=house.records.ca,
        nodes=house.records.nodes,
        audit=house.records.audit,
        clock=house.clock,
        settings=CaSettings(),
    )
    routes = {
        (route.method, route.path): route
        for route in CaFace(authorities=authorities, clock=house.clock).routes()
    }

    async def call(method, path, body=None):
        route = routes[method, path]
        data = b"" if body is None else json.dumps(body).encode()
        answer = await route.handler(Request(method=method, path=path, actor=OPERATOR, body=data))
        assert "PRIVATE" not in answer.body.decode()
        return json.loads(answer.body)

    call.routes = routes
    return call


async def test_it_shows_root_issuers_pins_and_where_the_roots_key_is(house, ask, tmp_path):
    shown = await ask("GET", "/api/v1/ca")

    assert shown["hub"] == house.ring.hub
    assert shown["root"]["key_sha256"] == shown["pins"][0] == house.ring.pins[0]
    assert [each["issuer"] for each in shown["issuers"]] == [shown["root"]["subject"]] * 2
    assert (shown["root_key"], shown["exported_ns"], shown["warnings"]) == ("here", 0, [])
    (tmp_path / "ca" / "root.key").unlink()
    assert (await ask("GET", "/api/v1/ca"))["root_key"] == "offline"


async def test_a_roll_over_goes_by_three_posts(ask):
    roll = "/api/v1/ca/roll"
    phases = [(await ask("POST", f"{roll}/{step}"))["phase"] for step in ("prepare", "abort")]
    phases += [
        (await ask("POST", f"{roll}/{step}", {}))["phase"]
        for step in ("prepare", "activate", "retire")
    ]

    assert phases == ["prepared", "steady", "prepared", "activated", "steady"]
    assert (await ask("GET", roll))["behind"] == []


async def test_refusals_and_unknown_fields_are_told(ask):
    with pytest.raises(Conflict, match="no issuing certificate ends"):
        await ask("POST", "/api/v1/ca/renew", {})
    with pytest.raises(InputError):
        await ask("POST", "/api/v1/ca/roll/prepare", {"key": "PEM"})
    with pytest.raises(InputError, match="no CA lies ready"):
        await ask("POST", "/api/v1/ca/roll/prepare", {"staged": True})


def test_all_that_changes_the_ca_is_for_those_who_manage_the_hub(ask):
    allowed = {path: route.allow for (_, path), route in ask.routes.items()}

    assert allowed.pop("/api/v1/ca") is Action.HUB_READ
    assert set(allowed.values()) == {Action.HUB_MANAGE}


async def test_the_lists_are_for_everybody(house):
    revocations = Revocations(authority=house.ring, records=house.records.ca, clock=house.clock)
    (route,) = RevocationListFace(revocations=revocations, path="/v1/crl").routes()
    answer = await route.handler(Request(method="GET", path="/v1/crl"))

    assert route.allow is Public.TRUST
    assert answer.content_type == "application/x-pem-file"
    assert answer.body.count(b"BEGIN X509 CRL") == 2

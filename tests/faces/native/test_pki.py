"""The routes of certificates for other services."""

import json

import pytest

from muster.core.certificates.endings import Endings, services_source
from muster.core.certificates.services import Services
from muster.errors import InputError, NotFound
from muster.faces.native.pki import PkiFace
from muster.net.http import Request
from muster.pki import keys
from muster.pki.services import make_services
from muster.store.keyring import KeyRing
from muster.store.keystore import KeyStore
from muster.testing.house import OPERATOR, House

ALL = "/api/v1/pki/certificates"


@pytest.fixture
def house(tmp_path):
    with House() as house:
        house.store = KeyStore(folder=tmp_path / "ca")
        house.ring = KeyRing(store=house.store, clock=house.clock)
        yield house


@pytest.fixture
def ask(house):
    records, clock = house.records.services, house.clock
    face = PkiFace(
        services=Services(signer=house.ring, records=records, clock=clock),
        endings=Endings(sources=[services_source(records, clock)], records=records, clock=clock),
        clock=clock,
    )
    routes = {(route.method, route.path): route for route in face.routes()}

    async def call(method, path, body=None, query=None, **match):
        data = b"" if body is None else json.dumps(body).encode()
        request = Request(
            method=method, path=path, actor=OPERATOR, body=data, match=match, query=query or {}
        )
        answer = await routes[method, path].handler(request)
        assert "PRIVATE" not in answer.body.decode()
        return json.loads(answer.body)

    return call


def wanted(**rest):
    request = keys.make_request(keys.make_key())
    return {"request": request, "names": ["nas.lan"], "server": True} | rest


async def test_a_certificate_is_made_shown_renewed_and_revoked(ask):
    assert await ask("GET", "/api/v1/pki") == {"issuers": [], "pem": ""}
    made = await ask("POST", ALL, wanted(name="NAS", lifetime_s=86_400))
    shown = await ask("GET", f"{ALL}/{{id}}", id=made["id"])
    issuers = await ask("GET", "/api/v1/pki")

    assert shown == made
    assert (made["name"], made["names"], made["state"]) == ("NAS", ["nas.lan"], "valid")
    assert made["chain"].endswith(issuers["pem"])
    assert issuers["issuers"][0]["key_sha256"] == made["issuer"]
    fresh = {"request": keys.make_request(keys.make_key())}
    new = await ask("POST", f"{ALL}/{{id}}/renew", fresh, id=made["id"])
    revoked = await ask("POST", f"{ALL}/{{id}}/revoke", {"reason": "superseded"}, id=made["id"])
    listed = await ask("GET", ALL)
    assert (revoked["state"], revoked["reason"]) == ("revoked", "superseded")
    assert {each["id"]: each["state"] for each in listed} == {
        new["id"]: "valid",
        made["id"]: "revoked",
    }
    assert all(each["chain"] == "" for each in listed)


async def test_bundles_and_what_ends_soon(house, ask):
    made = await ask("POST", ALL, wanted(client=True, server=False))

    bundle = await ask("GET", "/api/v1/pki/bundle")
    assert keys.views(bundle["pem"])[0].serial == made["serial"]
    assert await ask("GET", "/api/v1/pki/bundle", query={"of": "servers"}) == {"pem": ""}
    with pytest.raises(InputError, match="clients or servers"):
        await ask("GET", "/api/v1/pki/bundle", query={"of": "nodes"})
    assert await ask("GET", "/api/v1/pki/expiring") == []
    house.clock.advance(80 * 86_400)
    (ending,) = await ask("GET", "/api/v1/pki/expiring")
    assert (ending["kind"], ending["name"], ending["days"]) == ("service", "nas.lan", 10)


async def test_a_ca_that_lies_ready_is_taken(house, ask):
    key, pem = make_services(house.ring.hub, house.clock.now_ns())
    house.store.staged_services.lay(key, pem)

    assert await ask("POST", "/api/v1/pki/import", {"ca": pem}) == {"certificates": 0}
    assert (await ask("GET", "/api/v1/pki"))["pem"] == pem
    issuers = (await ask("POST", "/api/v1/pki/issuer", {}))["issuers"]
    assert len(issuers) == 2


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"request": "x" * 9_000, "names": ["a"], "server": True},
        {"request": "x", "names": [], "server": True},
        {"request": "x", "names": ["a"] * 101, "server": True},
        {"request": "x", "names": ["a" * 254], "server": True},
        {"request": "x", "names": ["a"], "server": True, "lifetime_s": -1},
        {"request": "x", "names": ["a"], "server": True, "ca": True},
        {"request": "x", "names": ["a"], "server": True, "name": "n" * 101},
        {"request": "not a request", "names": ["a"], "server": True},
    ],
)
async def test_what_is_no_request_is_refused(ask, body):
    with pytest.raises(InputError):
        await ask("POST", ALL, body)


async def test_what_is_not_there_is_not_found(ask):
    fresh = {"request": keys.make_request(keys.make_key())}
    for method, path, body in (
        ("GET", f"{ALL}/{{id}}", None),
        ("POST", f"{ALL}/{{id}}/renew", fresh),
        ("POST", f"{ALL}/{{id}}/revoke", {}),
    ):
        with pytest.raises(NotFound):
            await ask(method, path, body, id="0" * 16)

"""What everybody may have: roots, CAs for other services, lists; never a key."""

import json

import pytest
from cryptography import x509

from muster.core.certificates.revocations import Revocations
from muster.core.certificates.services import Asked, Reason, Services
from muster.faces.native.trust import ServiceTrustFace, TrustFace
from muster.net.http import Public, Request
from muster.pki import keys
from muster.store.keyring import KeyRing
from muster.store.keystore import KeyStore
from muster.testing.house import OPERATOR, House


@pytest.fixture
def house(tmp_path):
    with House() as house:
        house.ring = KeyRing(store=KeyStore(folder=tmp_path / "ca"), clock=house.clock)
        house.services = Services(
            signer=house.ring, records=house.records.services, clock=house.clock
        )
        yield house


@pytest.fixture
def get(house):
    lists = Revocations(
        authority=house.ring, records=house.records.services, clock=house.clock, services=True
    )
    given = {"trust": lambda: house.ring.trust, "lists": lists}
    found = [
        *TrustFace(**given, is_own=lambda: True).routes(),
        *ServiceTrustFace(**given, prefix="/v1/pki").routes(),
    ]
    routes = {route.path: route for route in found}
    assert {route.allow for route in found} == {Public.TRUST}

    async def call(path):
        answer = await routes[path].handler(Request(method="GET", path=path))
        assert b"PRIVATE" not in answer.body
        return answer

    return call


async def test_the_roots_are_for_all_to_install(house, get):
    answer = await get("/root.pem")
    told = json.loads((await get("/api/v1/trust")).body)

    assert answer.body.decode() == house.ring.anchors == told["pem"]
    assert answer.content_type == "application/x-pem-file"
    assert 'filename="muster-root.pem"' in answer.headers["Content-Disposition"]
    assert (told["hub"], told["own_certificate"]) == (house.ring.hub, True)
    assert told["roots"][0]["key_sha256"] == house.ring.pins[0]


@pytest.mark.parametrize("prefix", ["/pki", "/v1/pki"])
async def test_cas_and_lists_of_other_services_are_for_all(house, get, prefix):
    assert (await get(f"{prefix}/ca.pem")).body == (await get(f"{prefix}/crl.pem")).body == b""
    asked = Asked(request=keys.make_request(keys.make_key()), names=("nas",), server=True)
    made = await house.services.sign(OPERATOR, asked)
    await house.services.revoke(OPERATOR, made.id, Reason.SUPERSEDED)

    issuer = keys.load_chain((await get(f"{prefix}/ca.pem")).body.decode())[0]
    listed = x509.load_pem_x509_crl((await get(f"{prefix}/crl.pem")).body)
    assert listed.is_signature_valid(issuer.public_key())
    assert listed.get_revoked_certificate_by_serial_number(int(made.serial, 16)) is not None

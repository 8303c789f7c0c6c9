"""The list that the hub publishes is the newest there is."""

import asyncio

import pytest
from cryptography import x509

from muster.core.certificates.revocations import Revocations
from muster.errors import Unavailable
from muster.pki import keys
from muster.testing.house import OPERATOR

DAY_S = 86_400


@pytest.fixture
def revocations(house):
    return Revocations(authority=house.authority, records=house.records.ca, clock=house.clock)


def parse(pem):
    parts = pem.split("-----END X509 CRL-----\n")[:-1]
    return [x509.load_pem_x509_crl((part + "-----END X509 CRL-----\n").encode()) for part in parts]


def number(pem):
    return parse(pem)[0].extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


async def node_of(house, host):
    return (await house.claim(await house.token(), key=keys.make_key(), host=host)).node


async def test_there_is_one_list_per_issuer(house, revocations):
    lists = parse(await revocations.lists())

    assert len(lists) == len(house.authority.issuers()) == 2
    assert all(len(each) == 0 for each in lists)


async def test_whoever_asks_after_a_revocation_gets_it_with_a_larger_number(house, revocations):
    node = await node_of(house, "web")
    before = await revocations.lists()
    await house.inventory.revoke(OPERATOR, node.id, "stolen")
    after = await revocations.lists()

    (entry,) = parse(after)[0]
    assert f"{entry.serial_number:x}" == house.records.nodes.credentials(node.id)[0].serial
    assert number(after) > number(before)


async def test_it_is_made_once_and_again_when_a_day_has_passed(house, revocations):
    first = await revocations.lists()
    house.clock.advance(DAY_S - 1)
    assert await revocations.lists() == first
    house.clock.advance(2)
    second = await revocations.lists()

    assert number(second) == number(first) + 1
    assert parse(second)[0].last_update_utc > parse(first)[0].last_update_utc


async def test_who_asks_at_once_gets_the_same(revocations):
    assert len(set(await asyncio.gather(*(revocations.lists() for _ in range(10))))) == 1


async def test_no_older_list_is_given_when_the_signer_is_away(house, revocations, monkeypatch):
    node = await node_of(house, "web")
    await revocations.lists()
    await house.inventory.revoke(OPERATOR, node.id, "stolen")

    def away(*_, **__):
        raise Unavailable("the signer is away")

    monkeypatch.setattr(house.authority, "sign_lists", away)
    with pytest.raises(Unavailable):
        await revocations.lists()

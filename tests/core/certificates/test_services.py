"""Certificates for other services: from a request to the revocation list."""

import asyncio

import msgspec
import pytest

from muster.clock import DAY_NS
from muster.core.certificates import services as module
from muster.core.certificates.revocations import Revocations
from muster.core.certificates.services import Asked, Leaf, Reason, Services
from muster.errors import Conflict, Denied, InputError, LimitExceeded, NotFound, Unauthenticated
from muster.model.access import Actor, Role
from muster.model.service import ServiceState
from muster.pki import keys
from muster.pki.keys import BadRequest
from muster.pki.services import make_services
from muster.store.keyring import KeyRing
from muster.store.keystore import KeyStore
from muster.testing.house import OPERATOR, House

VIEWER = Actor(name="eve", roles={"s": Role.ADMIN}, reaches_hub=False)


@pytest.fixture
def house(tmp_path):
    with House() as house:
        house.store = KeyStore(folder=tmp_path / "ca")
        house.ring = KeyRing(store=house.store, clock=house.clock)
        yield house


@pytest.fixture
def services(house):
    return Services(signer=house.ring, records=house.records.services, clock=house.clock)


def asked(*names, server=True, client=False, **rest):
    request = keys.make_request(keys.make_key())
    return Asked(request=request, names=names or ("nas.lan",), server=server, client=client, **rest)


def events(house):
    found = house.records.audit.events(spaces=None, limit=50)
    return [each.event.action for each in found if each.event.action.startswith("pki.")]


async def test_a_request_becomes_a_certificate_that_is_remembered(house, services):
    made = await services.sign(OPERATOR, asked("NAS.lan", "10.0.0.7", name="my NAS"))

    leaf, issuer = keys.load_chain(made.chain)
    leaf.verify_directly_issued_by(issuer)
    assert keys.format_chain(issuer) == services.issuers
    assert (made.name, made.names) == ("my NAS", ("nas.lan", "10.0.0.7"))
    assert made.id == keys.view(leaf).sha256[:16]
    assert (await services.show(OPERATOR, made.id)) == made
    assert [each.id for each in await services.listed(OPERATOR)] == [made.id]
    assert events(house) == ["pki.issue"]


async def test_nothing_is_remembered_of_what_is_refused(house, services):
    with pytest.raises(BadRequest):
        await services.sign(OPERATOR, Asked(request="nothing", names=("a",), server=True))
    with pytest.raises(InputError, match="for a client, a server"):
        await services.sign(OPERATOR, asked(server=False))

    assert await services.listed(OPERATOR) == []
    assert events(house) == []


async def test_only_admins_of_the_hub_may(services):
    for actor, error in ((None, Unauthenticated), (VIEWER, Denied)):
        for call in (
            services.sign(actor, asked()),
            services.renew(actor, "x", ""),
            services.revoke(actor, "x", Reason.UNSPECIFIED),
            services.listed(actor),
            services.show(actor, "x"),
            services.bundle(actor, client=True),
            services.new_issuer(actor),
            services.take(actor, "", ()),
        ):
            with pytest.raises(error):
                await call


async def test_a_renewed_one_has_names_usage_and_life_of_the_one_before(house, services):
    old = await services.sign(OPERATOR, asked("a.lan", client=True, lifetime_s=30 * 86_400))
    house.clock.advance(20 * 86_400)
    new = await services.renew(OPERATOR, old.id, keys.make_request(keys.make_key()))

    assert (new.names, new.client, new.server) == (old.names, True, True)
    assert new.not_after_ns == house.clock.now_ns() + 30 * DAY_NS + 3600 * 10**9
    before = await services.show(OPERATOR, old.id)
    assert before.replaced_by == new.id
    assert before.state(house.clock.now_ns()) is ServiceState.REPLACED
    with pytest.raises(Conflict, match=f"replaced by {new.id}"):
        await services.renew(OPERATOR, old.id, keys.make_request(keys.make_key()))
    assert events(house) == ["pki.renew", "pki.issue"]


async def test_two_renewals_at_once_give_one(services):
    old = await services.sign(OPERATOR, asked())
    calls = [services.renew(OPERATOR, old.id, asked().request) for _ in range(8)]
    done = await asyncio.gather(*calls, return_exceptions=True)

    assert sum(isinstance(each, Conflict) for each in done) == 7
    assert len(await services.listed(OPERATOR)) == 2


async def test_a_revoked_one_is_on_the_list_of_its_ca_and_not_renewed(house, services):
    lists = Revocations(
        authority=house.ring, records=house.records.services, clock=house.clock, services=True
    )
    assert await lists.lists() == ""  # there is no such CA yet
    made = await services.sign(OPERATOR, asked())
    before = await lists.lists()
    revoked = await services.revoke(OPERATOR, made.id, Reason.KEY_COMPROMISE)

    assert revoked.state(house.clock.now_ns()) is ServiceState.REVOKED
    assert await lists.lists() != before
    with pytest.raises(Conflict, match="is revoked"):
        await services.renew(OPERATOR, made.id, asked().request)
    with pytest.raises(NotFound):
        await services.revoke(OPERATOR, "nothing", Reason.UNSPECIFIED)
    assert events(house) == ["pki.revoke", "pki.issue"]


async def test_a_bundle_has_the_leaves_that_are_good_now(house, services):
    client = await services.sign(OPERATOR, asked("client", server=False, client=True))
    gone = await services.sign(OPERATOR, asked("gone", server=False, client=True))
    server = await services.sign(OPERATOR, asked("server"))
    await services.revoke(OPERATOR, gone.id, Reason.UNSPECIFIED)

    views = keys.views(await services.bundle(OPERATOR, client=True))
    assert [each.serial for each in views] == [client.serial]
    views = keys.views(await services.bundle(OPERATOR, client=False))
    assert [each.serial for each in views] == [server.serial]
    house.clock.advance(91 * 86_400)
    assert await services.bundle(OPERATOR, client=True) == ""


def issued_by(key, pem, **wanted):
    from muster.pki.services import ServiceIssuers, Wanted

    request = keys.make_request(keys.make_key())
    now_ns = keys.views(pem)[0].not_before_ns + 2 * DAY_NS
    return keys.format_chain(ServiceIssuers(key, pem).issue(request, Wanted(**wanted), now_ns)[0])


async def test_a_ca_that_was_brought_along_issues_and_what_it_issued_is_known(house, services):
    own = await services.sign(OPERATOR, asked())
    key, pem = make_services(house.ring.hub, house.clock.now_ns())
    leaf = issued_by(key, pem, names=("client",), client=True, server=False)
    house.store.staged_services.lay(key, pem)

    assert await services.take(OPERATOR, pem, [Leaf(pem=leaf, role="server")]) == 1
    new = await services.sign(OPERATOR, asked())
    known = {each.name: each for each in await services.listed(OPERATOR)}
    assert new.chain.endswith(pem)
    assert new.issuer != own.issuer
    assert (known["client"].client, known["client"].server, known["client"].imported) == (
        True,
        False,
        True,
    )
    assert await services.take(OPERATOR, pem, [Leaf(pem=leaf, role="server")]) == 0
    assert events(house) == ["pki.import", "pki.issue", "pki.import", "pki.issue"]
    renewed = await services.renew(OPERATOR, known["client"].id, asked().request)
    assert renewed.client
    assert not renewed.server


async def test_what_another_ca_issued_is_not_taken(house, services):
    key, pem = make_services(house.ring.hub, house.clock.now_ns())
    other = make_services(house.ring.hub, house.clock.now_ns())
    leaf = issued_by(*other, names=("client",), client=True, server=False)
    house.store.staged_services.lay(key, pem)

    with pytest.raises(InputError, match="not issued by this CA"):
        await services.take(OPERATOR, pem, [Leaf(pem=leaf, role="client")])
    assert services.issuers == ""


async def test_another_ca_than_was_named_is_not_passed_off_as_it(house, services):
    named = make_services(house.ring.hub, house.clock.now_ns())
    leaf = issued_by(*named, names=("client",), client=True, server=False)
    house.store.staged_services.lay(*make_services(house.ring.hub, house.clock.now_ns()))

    with pytest.raises(Conflict, match="another CA lay ready"):
        await services.take(OPERATOR, named[1], [Leaf(pem=leaf, role="client")])
    assert await services.listed(OPERATOR) == []


async def test_a_new_ca_issues_and_the_one_before_stays_trusted(services):
    old = await services.sign(OPERATOR, asked())
    both = await services.new_issuer(OPERATOR)

    assert len(keys.load_chain(both)) == 2
    assert both.endswith(old.chain.partition("-----END CERTIFICATE-----\n")[2])
    assert (await services.sign(OPERATOR, asked())).issuer != old.issuer


async def test_there_is_an_end_to_it(services, monkeypatch):
    monkeypatch.setattr(module, "MAX_CERTIFICATES", 1)
    await services.sign(OPERATOR, asked())

    with pytest.raises(LimitExceeded):
        await services.sign(OPERATOR, asked())


async def test_a_renewed_client_of_old_without_names_takes_its_common_name(house, services):
    made = await services.sign(OPERATOR, asked("old-client", server=False, client=True))
    stray = msgspec.structs.replace(made, id="stray", serial="1", names=(), imported=True)
    house.records.services.adopt([stray], house.records.audit.events(spaces=None, limit=1)[0].event)

    renewed = await services.renew(OPERATOR, "stray", asked().request)
    assert renewed.names == ("old-client",)

"""Which certificates are let in; what is refused leaves a trace."""

import asyncio

import pytest

from muster.core.enrolment.admission import CredentialRefused
from muster.core.enrolment.enrol import Enrolment, EnrolSettings
from muster.errors import InputError, LimitExceeded
from muster.model.identity import CredentialState, Identity
from muster.pki import keys
from muster.pki.authority import identity_of
from muster.testing.house import OPERATOR, House


@pytest.fixture(params=["looked up", "at hand"])
def house(request, monkeypatch):
    """What the records know of nodes and credentials is looked up, or was read a moment ago."""
    with House(enrol=EnrolSettings(renewals_per_minute=3)) as house:
        if request.param == "at hand":
            let_in = house.enrolment.activate

            def activate(*given):
                house.records.nodes.nodes()
                house.records.nodes.current_credentials()
                return let_in(*given)

            monkeypatch.setattr(house.enrolment, "activate", activate)
        yield house


async def joined(house, key=None):
    """A node's identity and its certificate, in use."""
    answer = await house.claim(await house.token(), key=key)
    der = keys.to_der(keys.load_chain(answer.chain)[0])
    await house.enrolment.activate(identity_of(der), der)
    return identity_of(der), der


def events_of(house, action):
    stored = house.records.audit.events(spaces=None, limit=1000)
    return [each.event for each in stored if each.event.action == action]


async def test_two_links_that_use_a_certificate_first_activate_it_once(house):
    answer = await house.claim(await house.token())
    der = keys.to_der(keys.load_chain(answer.chain)[0])
    found = await asyncio.gather(
        *(house.enrolment.activate(identity_of(der), der) for _ in range(10))
    )

    assert {each.state for each in found} == {CredentialState.ACTIVE}
    assert len(events_of(house, "credential.activate")) == 1


async def test_who_is_known_is_let_in_without_a_look_into_the_records(house, monkeypatch):
    identity, der = await joined(house)
    house.records.nodes.nodes()
    house.records.nodes.current_credentials()
    monkeypatch.setattr(house.records.nodes, "credential", None)

    found = await house.enrolment.activate(identity, der)

    assert found.state is CredentialState.ACTIVE


async def test_an_old_copy_that_knocks_on_and_on_leaves_one_event_a_minute(house):
    identity, old = await joined(house)
    renewed = await house.enrolment.renew(identity, keys.make_request(keys.make_key()))
    new = keys.to_der(keys.load_chain(renewed.chain)[0])
    await house.enrolment.activate(identity, new)
    for _ in range(5):
        with pytest.raises(CredentialRefused):
            await house.enrolment.activate(identity, old, "10.9.9.9")

    (event,) = events_of(house, "credential.refused")
    assert (event.outcome, event.address) == ("credential_retired", "10.9.9.9")


async def test_a_check_says_what_a_link_would_hear_and_changes_nothing(house):
    answer = await house.claim(await house.token())
    der = keys.to_der(keys.load_chain(answer.chain)[0])
    identity = identity_of(der)
    await house.enrolment.check(identity, der)
    states = [each.state for each in house.records.nodes.credentials(identity.node)]
    assert states == [CredentialState.NEXT]
    await house.inventory.revoke(OPERATOR, identity.node, "lost")

    with pytest.raises(CredentialRefused, match="revoked: lost") as refusal:
        await house.enrolment.check(identity, der)
    assert refusal.value.code == "node_revoked"
    assert events_of(house, "credential.refused") == []


async def test_a_certificate_of_one_node_is_no_other_nodes(house):
    identity, _ = await joined(house)
    _, other = await joined(house, keys.make_key())

    with pytest.raises(CredentialRefused) as refusal:
        await house.enrolment.activate(identity, other)
    assert refusal.value.code == "credential_unknown"


async def test_the_right_id_with_another_key_is_refused_and_on_record(house):
    """Even when the hub's own authority signed it: a key that no claim or renewal brought."""
    identity, _ = await joined(house)
    other = house.authority.issue_agent(
        keys.make_request(keys.make_key()), identity, now_ns=house.clock.now_ns()
    )

    with pytest.raises(CredentialRefused) as refusal:
        await house.enrolment.activate(identity, other.der, "10.0.0.9")
    assert refusal.value.code == "credential_unknown"
    (event,) = events_of(house, "credential.refused")
    assert (event.outcome, event.object) == ("credential_unknown", identity.node)
    assert event.address == "10.0.0.9"


@pytest.mark.parametrize("part", ["hub", "space"])
async def test_an_identity_of_another_hub_or_space_is_unknown(house, part):
    identity, der = await joined(house)
    fields = {"hub": identity.hub, "space": identity.space, "node": identity.node}
    foreign = Identity(**fields | {part: "00000000-0000-4000-8000-000000000000"})

    with pytest.raises(CredentialRefused) as refusal:
        await house.enrolment.activate(foreign, der)
    assert refusal.value.code == "node_unknown"


async def test_a_node_renews_only_so_often(house):
    identity, _ = await joined(house)
    for _ in range(3):
        await house.enrolment.renew(identity, keys.make_request(house.key))

    with pytest.raises(LimitExceeded):
        await house.enrolment.renew(identity, keys.make_request(house.key))


async def test_a_bad_request_renews_nothing(house):
    identity, der = await joined(house)
    with pytest.raises(InputError) as refusal:
        await house.enrolment.renew(identity, "no request", certificate=der)

    assert refusal.value.code == "bad_csr"
    assert len(house.inventory.credentials_of(identity.node)) == 1


async def test_a_certificate_not_yet_used_does_not_renew_itself(house):
    answer = await house.claim(await house.token())
    der = keys.to_der(keys.load_chain(answer.chain)[0])

    with pytest.raises(CredentialRefused):
        await house.enrolment.renew(identity_of(der), keys.make_request(house.key), certificate=der)


async def test_a_node_revoked_while_it_renews_gets_nothing(house):
    identity, _ = await joined(house)
    real = house.records.nodes.add_credential

    def revoke_first(credential, event):
        house.records.nodes.revoke_node(identity.node, 1, "", event)
        real(credential, event)

    house.records.nodes.add_credential = revoke_first
    with pytest.raises(CredentialRefused) as refusal:
        await house.enrolment.renew(identity, keys.make_request(house.key))
    assert refusal.value.code == "node_revoked"


async def test_new_issuers_go_on_with_the_same_nodes(house):
    from muster.pki.authority import Authority, make_hierarchy

    identity, _ = await joined(house)
    fresh = Authority(make_hierarchy(house.clock.now_ns(), house.authority.hub))
    restarted = Enrolment(
        records=house.records, authority=fresh, clock=house.clock, settings=EnrolSettings()
    )
    renewed = await restarted.renew(identity, keys.make_request(house.key))

    assert renewed.anchors == fresh.anchors
    assert house.inventory.node(OPERATOR, identity.node)


class Restored:
    """A hub that went on after its backup, was lost and came back from it."""

    def __init__(self, tmp_path):
        self.copy = tmp_path / "copy.sqlite"
        self.house = House(path=tmp_path / "records.sqlite")
        self.house.open()

    async def certificate_since(self, identity):
        """Renewed and put to use after the backup: the records that come back lack it."""
        self.house.clock.advance(3600)
        renewed = await self.house.enrolment.renew(identity, keys.make_request(keys.make_key()))
        der = keys.to_der(keys.load_chain(renewed.chain)[0])
        await self.house.enrolment.activate(identity, der)
        return der

    def come_back(self):
        self.house.close()
        back = House(path=self.copy)
        back.clock = self.house.clock
        back.records.open()
        back.records.begin(back.clock.now_ns())
        self.house.enrolment = Enrolment(
            records=back.records,
            authority=self.house.authority,
            clock=back.clock,
            settings=EnrolSettings(),
        )
        self.house.records = back.records
        return self.house.enrolment


@pytest.fixture
def restored(tmp_path):
    restored = Restored(tmp_path)
    yield restored
    restored.house.close()


async def test_after_a_restore_a_node_that_had_renewed_comes_back_and_goes_on(restored):
    house = restored.house
    identity, old = await joined(house)
    house.records.backup(restored.copy)
    new = await restored.certificate_since(identity)
    enrolment = restored.come_back()
    await enrolment.check(identity, new)
    assert events_of(house, "credential.adopt") == []
    adopted = await enrolment.activate(identity, new)

    assert adopted.state is CredentialState.ACTIVE
    assert len(events_of(house, "credential.adopt")) == 1
    assert await enrolment.activate(identity, new) == adopted
    assert await enrolment.renew(identity, keys.make_request(house.key), certificate=new)
    with pytest.raises(CredentialRefused):
        await enrolment.activate(identity, old)


async def test_without_a_restore_nothing_is_adopted(house):
    identity, _ = await joined(house)
    house.clock.advance(60)
    issued = house.authority.issue_agent(
        keys.make_request(house.key), identity, now_ns=house.clock.now_ns()
    )

    with pytest.raises(CredentialRefused):
        await house.enrolment.activate(identity, issued.der)


async def test_after_a_restore_only_what_was_issued_in_between_is_adopted(restored):
    house = restored.house
    identity, _ = await joined(house)
    house.records.backup(restored.copy)
    newer = await restored.certificate_since(identity)
    newest = await restored.certificate_since(identity)
    enrolment = restored.come_back()
    later_ns = house.clock.now_ns() + 2 * 3600 * 1_000_000_000
    after = house.authority.issue_agent(keys.make_request(house.key), identity, now_ns=later_ns)
    foreign = House().authority
    lookalike = foreign.issue_agent(
        keys.make_request(house.key),
        Identity(foreign.hub, identity.space, identity.node),
        now_ns=house.clock.now_ns(),
    )
    await enrolment.activate(identity, newest)

    for der in (newer, after.der, lookalike.der):
        with pytest.raises(CredentialRefused):
            await enrolment.activate(identity, der)


async def test_a_day_after_a_restore_nothing_is_adopted_any_more(restored):
    house = restored.house
    identity, _ = await joined(house)
    house.records.backup(restored.copy)
    house.clock.advance(3600)
    renewed = await house.enrolment.renew(identity, keys.make_request(house.key))
    der = keys.to_der(keys.load_chain(renewed.chain)[0])
    enrolment = restored.come_back()
    house.clock.advance(86_401)

    with pytest.raises(CredentialRefused):
        await enrolment.activate(identity, der)

"""The root is replaced step by step, and who would be lost is known before."""

import asyncio

import msgspec
import pytest

from muster.clock import ManualClock
from muster.core.certificates.authorities import Authorities, CaSettings, Step, warnings
from muster.errors import Conflict, Denied, Unauthenticated, Unavailable
from muster.model.access import Actor, Role
from muster.model.identity import Identity
from muster.pki import keys
from muster.pki.trust import Phase
from muster.store.keyring import KeyRing
from muster.store.keystore import KeyStore
from muster.testing.house import OPERATOR, House

YEAR_S = 365 * 86_400


@pytest.fixture
def ring(tmp_path):
    return KeyRing(store=KeyStore(folder=tmp_path / "ca"), clock=ManualClock())


@pytest.fixture
def house(ring):
    with House(authority=ring) as house:
        yield house


@pytest.fixture
def shown():
    return []


@pytest.fixture
def authorities(house, ring, shown):
    return Authorities(
        signer=ring,
        records=house.records.ca,
        nodes=house.records.nodes,
        audit=house.records.audit,
        clock=house.clock,
        settings=CaSettings(),
        show=lambda: shown.append(ring.trust.phase),
    )


async def join(house, name):
    """A machine that is in and uses its certificate."""
    answer = await house.claim(await house.token(), key=keys.make_key(), host=name)
    await use(house, answer.node, answer.chain)
    return answer.node


async def use(house, node, chain):
    certificate = keys.to_der(keys.load_chain(chain)[0])
    identity = Identity(house.authority.hub, node.space, node.id)
    await house.enrolment.activate(identity, certificate)
    return identity


async def renew(house, node):
    identity = Identity(house.authority.hub, node.space, node.id)
    renewed = await house.enrolment.renew(identity, keys.make_request(keys.make_key()))
    await use(house, node, renewed.chain)


def events(house):
    found = house.records.audit.events(spaces=None, limit=50)
    return [each.event for each in found if each.event.action.startswith("ca.")]


async def test_a_roll_over_loses_nobody_and_says_who_has_not_followed(house, authorities, shown):
    web, db = await join(house, "web"), await join(house, "db")
    old_pins = house.authority.pins

    prepared = await authorities.take(OPERATOR, Step.PREPARE)
    assert (prepared.phase, prepared.nodes, prepared.confirmed) == (Phase.PREPARED, 2, 0)
    authorities.confirm(web.id, authorities.sha256)
    assert (await authorities.status(OPERATOR)).confirmed == 1

    activated = await authorities.take(OPERATOR, Step.ACTIVATE)
    assert {each.name for each in activated.behind} == {"web", "db"}
    with pytest.raises(Conflict, match=r"2 nodes still go by the old root.*db.*web"):
        await authorities.take(OPERATOR, Step.RETIRE)
    await renew(house, web)
    with pytest.raises(Conflict, match="1 node still goes by the old root"):
        await authorities.take(OPERATOR, Step.RETIRE)
    await renew(house, db)

    assert (await authorities.status(OPERATOR)).renewed == 2
    retired = await authorities.take(OPERATOR, Step.RETIRE)
    assert (retired.phase, retired.behind, retired.confirmed) == (Phase.STEADY, (), 0)
    assert not set(house.authority.pins) & set(old_pins)
    assert shown == [Phase.PREPARED, Phase.ACTIVATED, Phase.STEADY]


async def test_every_step_and_every_refusal_is_in_the_audit_log(house, authorities):
    node = await join(house, "web")
    for step in (Step.PREPARE, Step.ACTIVATE):
        await authorities.take(OPERATOR, step)
    with pytest.raises(Conflict):
        await authorities.take(OPERATOR, Step.RETIRE)
    await authorities.take(OPERATOR, Step.RETIRE, force=True)
    newest = house.authority.pins[0]

    told = [(each.action, each.outcome, each.object) for each in reversed(events(house))]
    assert told == [
        ("ca.prepare", "ok", newest),
        ("ca.activate", "ok", newest),
        ("ca.retire", "conflict", ""),
        ("ca.retire", "ok", newest),
    ]
    assert events(house)[0].detail == "forced: 1 nodes are left behind"
    assert node.name in events(house)[1].detail


async def test_a_revoked_node_holds_nothing_up(house, authorities):
    node = await join(house, "web")
    await house.inventory.revoke(OPERATOR, node.id, "stolen")
    for step in (Step.PREPARE, Step.ACTIVATE, Step.RETIRE):
        status = await authorities.take(OPERATOR, step)

    assert (status.phase, status.nodes) == (Phase.STEADY, 0)


async def test_a_node_that_never_used_its_certificate_would_be_lost(house, authorities):
    for step in (Step.PREPARE, Step.ACTIVATE):
        await authorities.take(OPERATOR, step)
    await house.claim(await house.token(), key=keys.make_key(), host="late")

    (behind,) = (await authorities.status(OPERATOR)).behind
    assert behind.why == "its certificate of the new CA was not used yet"


async def test_a_node_with_a_key_of_its_own_holds_no_roll_over_up(house, authorities):
    await house.claim_by_key()
    for step in (Step.PREPARE, Step.ACTIVATE):
        await authorities.take(OPERATOR, step)
    status = await authorities.status(OPERATOR)

    assert (status.behind, status.nodes, status.renewed) == ((), 0, 0)
    await authorities.take(OPERATOR, Step.RETIRE)


async def test_why_a_node_would_be_lost_says_when_its_certificate_has_ended(house, authorities):
    await join(house, "asleep")
    for step in (Step.PREPARE, Step.ACTIVATE):
        await authorities.take(OPERATOR, step)
    house.clock.advance(2 * 86_400)

    (behind,) = (await authorities.status(OPERATOR)).behind
    assert behind.why == "its certificate is of the old CA and has ended"


async def test_a_step_out_of_turn_is_refused(authorities):
    for step in (Step.ACTIVATE, Step.RETIRE, Step.ABORT):
        with pytest.raises(Conflict):
            await authorities.take(OPERATOR, step)


async def test_two_who_prepare_at_once_prepare_once(authorities):
    done = await asyncio.gather(
        *(authorities.take(OPERATOR, Step.PREPARE) for _ in range(3)), return_exceptions=True
    )

    assert [type(each) for each in done].count(Conflict) == 2
    assert len(keys.views(authorities.anchors)) == 2


async def test_only_admins_may(house, authorities):
    viewer = Actor(name="eve", roles={house.space.id: Role.VIEWER})
    with pytest.raises(Denied):
        await authorities.take(viewer, Step.PREPARE)
    with pytest.raises(Unauthenticated):
        await authorities.status(None)


async def test_links_learn_of_new_roots_and_are_asked_to_renew_only_once_the_new_one_signs(
    house, authorities
):
    answer = await house.claim(await house.token(), key=keys.make_key(), host="web")
    old = keys.to_der(keys.load_chain(answer.chain)[0])
    digests = [authorities.sha256]
    hints = [authorities.renew_within_s(old)]
    for step in (Step.PREPARE, Step.ACTIVATE, Step.RETIRE):
        await authorities.take(OPERATOR, step, force=True)
        digests.append(authorities.sha256)
        hints.append(authorities.renew_within_s(old))

    assert len(set(digests)) == 4
    assert hints == [0, 0, 300, 0]


async def test_a_link_with_a_certificate_of_the_new_ca_is_not_asked(house, authorities):
    for step in (Step.PREPARE, Step.ACTIVATE):
        await authorities.take(OPERATOR, step)
    answer = await house.claim(await house.token(), key=keys.make_key(), host="web")

    assert authorities.renew_within_s(keys.to_der(keys.load_chain(answer.chain)[0])) == 0


async def test_while_nothing_is_replaced_confirmations_are_not_written(house, authorities):
    node = await join(house, "web")
    authorities.confirm(node.id, authorities.sha256)
    authorities.flush()

    assert house.records.ca.confirmed() == {}


async def test_confirmations_that_cannot_be_written_are_kept(house, authorities, monkeypatch):
    node = await join(house, "web")
    await authorities.take(OPERATOR, Step.PREPARE)
    authorities.confirm(node.id, "digest")

    def full(*_):
        raise Unavailable("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(authorities._records, "confirm", full)
        authorities.flush()
    authorities.flush()

    assert house.records.ca.confirmed() == {node.id: "digest"}


async def test_listeners_that_cannot_follow_do_not_undo_the_step(house, ring):
    def fail():
        raise Unavailable("no room for server.pem")

    authorities = Authorities(
        signer=ring,
        records=house.records.ca,
        nodes=house.records.nodes,
        audit=house.records.audit,
        clock=house.clock,
        settings=CaSettings(),
        show=fail,
    )

    assert (await authorities.take(OPERATOR, Step.PREPARE)).phase is Phase.PREPARED


def test_issuers_that_end_are_warned_of_when_the_root_is_offline(ring):
    trust = msgspec.structs.replace(ring.trust, root_key=False)
    end_ns = trust.issuers()[0].not_after_ns

    def told(days):
        return warnings(trust, end_ns - days * 86_400 * 10**9)

    assert told(366) == []
    assert len(told(364)) == 2
    assert "ends in 90 days" in told(90)[0]
    assert "muster ca renew --root-key" in told(29)[0]
    assert "ends in 0 days" in told(-3)[0]
    assert warnings(ring.trust, end_ns - 86_400 * 10**9) == []


def test_a_root_that_ends_is_warned_of(ring):
    end_ns = ring.trust.roots()[0].not_after_ns

    assert "muster ca roll prepare" in warnings(ring.trust, end_ns - 86_400 * 10**9)[-1]


async def test_a_hub_that_runs_for_years_renews_its_issuers_by_itself(tmp_path, house):
    clock = ManualClock()
    ring = KeyRing(store=KeyStore(folder=tmp_path / "ca"), clock=clock)
    authorities = Authorities(
        signer=ring,
        records=house.records.ca,
        nodes=house.records.nodes,
        audit=house.records.audit,
        clock=clock,
        settings=CaSettings(),
    )
    before = ring.trust
    await authorities.care()
    assert ring.trust == before
    clock.advance(4.1 * YEAR_S)
    await authorities.care()

    assert ring.trust.agents != before.agents
    assert ring.pins == before.pins
    assert [(each.actor, each.action) for each in events(house)] == [("hub", "ca.renew_issuers")]
    await authorities.care()
    assert len(events(house)) == 1


async def test_with_the_root_offline_it_can_only_say_so(tmp_path, house, ring, caplog):
    (tmp_path / "ca" / "root.key").unlink()
    clock = ManualClock()
    clock.advance(4.1 * YEAR_S)
    authorities = Authorities(
        signer=ring,
        records=house.records.ca,
        nodes=house.records.nodes,
        audit=house.records.audit,
        clock=clock,
        settings=CaSettings(),
    )
    await authorities.care()

    assert events(house) == []
    assert "the CA needs care" in caplog.text

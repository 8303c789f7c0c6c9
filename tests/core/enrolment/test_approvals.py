"""The queue: who stands in it, who decides, what becomes of it."""

import asyncio
from datetime import timedelta

import pytest

from muster.core.changes import NodeChange
from muster.core.enrolment.admission import CredentialRefused
from muster.core.enrolment.approvals import Approvals, ApprovalSettings
from muster.core.enrolment.gate import ClaimDenied, ClaimWaits
from muster.core.enrolment.policy import parse_policy
from muster.core.enrolment.tokenproof import TokenRefused
from muster.core.enrolment.tokens import TokenLimits
from muster.errors import Conflict, Denied, InputError, NotFound
from muster.model.access import Actor, Role
from muster.model.approval import Answer, Kind, WaitingClaim
from muster.model.evidence import Evidence
from muster.model.identity import CredentialState
from muster.model.inventory import Approval, SpaceSettings
from muster.pki import keys
from muster.pki.authority import identity_of
from muster.ports.approvals import AlreadyDecided, TooManyWaiting
from muster.testing.house import OPERATOR, House

MACHINE = Evidence(dmi="d" * 64)
ADMIN = "ada"
NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def house(house):
    settings = SpaceSettings(approval=Approval.ALWAYS)
    await house.spaces.edit(OPERATOR, house.space.id, settings=settings)
    return house


def admin(house, role=Role.ADMIN):
    return Actor(name=ADMIN, roles={house.space.id: role}, address="192.0.2.7")


async def waits(house, token=None, **given):
    token = token or await house.token()
    with pytest.raises(ClaimWaits) as caught:
        await house.claim(token, **given)
    return token, caught.value.claim


def der_of(pem):
    return keys.to_der(keys.load_chain(pem)[0])


def events(house, action):
    listed = house.records.audit.events(spaces=None, limit=100)
    return [each.event for each in listed if each.event.action == action]


async def test_an_approved_machine_gets_its_certificate_when_it_asks_next(house):
    limits = TokenLimits(labels={"role": "web"}, ephemeral_s=600)
    token = await house.token(rooms=("edge",), limits=limits)
    _, claim = await waits(house, token, host="web-7")
    decided = await house.approvals.approve(admin(house), claim.id, note="rack 4")
    answer = await house.claim(token, host="web-7")

    assert answer.node.id == decided.node
    assert (decided.decision, decided.decided_by, decided.note) == (
        Answer.APPROVED, ADMIN, "rack 4",
    )  # fmt: skip
    node = house.inventory.node(OPERATOR, answer.node.id)
    assert (node.name, node.labels, node.ephemeral_s) == ("web-7", {"role": "web"}, 600)
    assert [room.name for room in house.inventory.rooms(OPERATOR)] == ["edge"]
    assert house.told[0] == (node.id, NodeChange.CLAIMED)
    assert house.records.tokens.token(token.id).used == 1
    der = der_of(answer.chain)
    assert await house.enrolment.activate(identity_of(der), der)


async def test_a_decision_is_written_down_with_who_and_what(house):
    _, claim = await waits(house, host="web")
    await house.approvals.approve(admin(house), claim.id)
    (event,) = events(house, "approval.approve")

    assert (event.actor, event.object, event.address) == (ADMIN, claim.id, "192.0.2.7")
    assert event.detail.startswith("claim web")
    assert event.space == house.space.id


async def test_a_denied_machine_is_told_and_does_not_wait_again(house):
    token, claim = await waits(house)
    await house.approvals.deny(admin(house), claim.id, note="not one of ours")

    for _ in range(2):
        with pytest.raises(ClaimDenied, match="not one of ours"):
            await house.claim(token)
    assert events(house, "approval.deny")
    assert house.records.nodes.count_nodes() == 0


async def test_a_decision_is_made_once(house):
    _, claim = await waits(house)
    await house.approvals.approve(admin(house), claim.id)

    with pytest.raises(AlreadyDecided, match="approved already, by ada"):
        await house.approvals.deny(admin(house), claim.id)
    with pytest.raises(AlreadyDecided):
        await house.approvals.approve(admin(house), claim.id)


async def test_of_many_decisions_at_once_one_counts(house):
    token, claim = await waits(house, await house.token(uses=9))
    attempts = [house.approvals.approve(admin(house), claim.id) for _ in range(10)]
    attempts += [house.approvals.deny(admin(house), claim.id) for _ in range(10)]
    results = await asyncio.gather(*attempts, return_exceptions=True)

    assert sum(not isinstance(each, Exception) for each in results) == 1
    assert sum(isinstance(each, AlreadyDecided) for each in results) == 19
    assert house.records.tokens.token(token.id).used <= 1


async def test_a_token_with_one_use_lets_one_of_those_who_wait_in(house):
    token, first = await waits(house)
    _, second = await waits(house, token, key=keys.make_key())
    await house.approvals.approve(admin(house), first.id)

    with pytest.raises(Conflict, match="no use left"):
        await house.approvals.approve(admin(house), second.id)
    assert house.approvals.claim(OPERATOR, second.id).decision is Answer.WAITING
    assert house.records.nodes.count_nodes() == 1


async def test_approval_keeps_to_the_nodes_per_hour(house):
    token = await house.token(uses=9, limits=TokenLimits(per_hour=1))
    _, first = await waits(house, token)
    _, second = await waits(house, token, key=keys.make_key())
    await house.approvals.approve(admin(house), first.id)

    with pytest.raises(Exception, match="per hour"):
        await house.approvals.approve(admin(house), second.id)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
async def test_only_admins_of_the_space_have_to_do_with_it(house, role):
    _, claim = await waits(house)
    actor = admin(house, role)

    for attempt in (
        lambda: house.approvals.claims(actor),
        lambda: house.approvals.claim(actor, claim.id),
    ):
        with pytest.raises(Denied):
            attempt()
    with pytest.raises(Denied):
        await house.approvals.approve(actor, claim.id)
    with pytest.raises(Denied):
        await house.approvals.deny(actor, claim.id)


async def test_what_waits_in_another_space_does_not_exist(house):
    _, claim = await waits(house)
    stranger = Actor(name="sam", roles={NOWHERE: Role.ADMIN})

    assert house.approvals.claims(stranger) == []
    for attempt in (house.approvals.approve, house.approvals.deny):
        with pytest.raises(NotFound):
            await attempt(stranger, claim.id)
    with pytest.raises(NotFound):
        house.approvals.claim(stranger, claim.id)


@pytest.mark.parametrize("id", ["", "../x", "a" * 16])
async def test_what_does_not_wait_is_not_found(house, id):
    with pytest.raises(NotFound):
        await house.approvals.approve(OPERATOR, id)


async def test_a_note_is_short_and_prints(house):
    _, claim = await waits(house)
    for note in ("x" * 201, "a\nb"):
        with pytest.raises(InputError):
            await house.approvals.deny(OPERATOR, claim.id, note=note)


async def test_who_waits_too_long_expires_and_may_ask_again(house):
    made = await house.tokens.create(OPERATOR, house.space.id, lifetime=timedelta(days=30))
    from muster.wire.claimtoken import decode_token

    token = decode_token(made.text.reveal())
    _, claim = await waits(house, token)
    house.clock.advance(7 * 86_400)

    assert house.approvals.claims(OPERATOR) == []
    with pytest.raises(AlreadyDecided, match="expired"):
        await house.approvals.approve(OPERATOR, claim.id)
    _, again = await waits(house, token)
    assert again.id != claim.id


async def test_an_approved_machine_may_take_its_time_but_not_for_ever(house):
    token, claim = await waits(house)
    await house.approvals.approve(OPERATOR, claim.id)
    house.clock.advance(6 * 86_400)
    assert (await house.claim(token)).node
    house.clock.advance(86_400)

    with pytest.raises(TokenRefused, match="long ago"):
        await house.claim(token)


async def test_the_queue_is_bounded_per_network_and_per_space():
    settings = ApprovalSettings(per_space=3, per_network=2)
    with House(approvals=settings) as house:
        await house.spaces.edit(
            OPERATOR, house.space.id, settings=SpaceSettings(approval=Approval.ALWAYS)
        )
        token = await house.token(uses=9)
        for address in ("10.1.2.3", "10.1.2.4", "10.9.9.9"):
            await waits(house, token, key=keys.make_key(), address=address)

        for address in ("10.1.2.5", "10.8.8.8"):
            with pytest.raises(TooManyWaiting) as refusal:
                await house.claim(token, key=keys.make_key(), address=address)
            assert refusal.value.status == 429


async def test_a_reinstalled_machine_goes_on_as_the_node_it_was(house):
    before, old = await node_of_before(house)
    token, claim = await waits(house, evidence=MACHINE, host="web-01")
    decided = await house.approvals.approve(admin(house), claim.id, as_="existing")
    answer = await house.claim(token, host="web-01", evidence=MACHINE)
    der = der_of(answer.chain)
    await house.enrolment.activate(identity_of(der), der)

    assert decided.node == answer.node.id == before.id
    assert identity_of(der).node == before.id
    assert house.records.nodes.count_nodes() == 1
    assert house.inventory.node(OPERATOR, before.id).created_ns == before.created_ns
    with pytest.raises(CredentialRefused):
        await house.enrolment.activate(identity_of(old), old)
    states = [each.state for each in house.inventory.credentials_of(before.id)]
    assert states.count(CredentialState.ACTIVE) == 1


async def test_the_old_key_asks_in_vain_for_a_node_that_was_taken_over(house):
    """Its token and key once made the node; nobody has used the new certificate yet."""
    old_key, old_token = keys.make_key(), await house.token()
    _, claim = await waits(house, old_token, key=old_key, evidence=MACHINE, host="web-01")
    before = (await house.approvals.approve(OPERATOR, claim.id)).node
    assert (await house.claim(old_token, key=old_key)).node.id == before
    house.records.nodes.touch({before: house.clock.now_ns()})
    _, claim = await waits(house, evidence=MACHINE, host="web-01")
    await house.approvals.approve(OPERATOR, claim.id, as_="existing")

    with pytest.raises((TokenRefused, ClaimWaits, ClaimDenied)):
        await house.claim(old_token, key=old_key)
    listed = house.tokens.token(OPERATOR, old_token.id)[1]
    assert [each.node for each in listed] == [before]


async def test_a_reinstalled_machine_may_become_a_node_of_its_own(house):
    before, old = await node_of_before(house)
    token, claim = await waits(house, evidence=MACHINE, host="web-01")
    await house.approvals.approve(admin(house), claim.id, as_="new")
    answer = await house.claim(token, evidence=MACHINE)

    assert answer.node.id != before.id
    assert answer.node.name == "web-01-2"
    assert await house.enrolment.activate(identity_of(old), old)


async def test_a_machine_is_let_in_under_another_name_and_into_other_rooms_at_once(house):
    token, claim = await waits(house, await house.token(rooms=("edge",)))
    await house.token(rooms=("lab",))  # makes the room
    decided = await house.approvals.approve(
        admin(house), claim.id, name="quay-09", rooms=("lab", "All nodes")
    )
    answer = await house.claim(token)

    names = {room.id: room.name for room in house.inventory.all_rooms()}
    node = house.inventory.node(OPERATOR, decided.node)
    assert (node.name, [names[room] for room in node.rooms]) == ("quay-09", ["lab"])
    assert (answer.node.id, answer.node.name) == (node.id, "quay-09")
    (event,) = events(house, "approval.approve")
    assert "as quay-09 in 1 rooms" in event.detail
    assert events(house, "node.edit") == []


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"name": "taken"}, Conflict),
        ({"name": "a\nb"}, InputError),
        ({"name": ""}, InputError),
        ({"rooms": ("nowhere",)}, NotFound),
        ({"rooms": ("edge",) * 101}, InputError),
        ({"as_": "existing", "name": "x"}, InputError),
    ],
)
async def test_a_name_or_room_that_cannot_be_decides_nothing(house, given, error):
    _, first = await waits(house)
    await house.approvals.approve(OPERATOR, first.id, name="taken")
    _, claim = await waits(house, key=keys.make_key())

    with pytest.raises(error):
        await house.approvals.approve(admin(house), claim.id, **given)
    assert house.approvals.claim(OPERATOR, claim.id).decision is Answer.WAITING
    assert house.records.nodes.count_nodes() == 1


async def test_which_of_both_has_to_be_said(house):
    await node_of_before(house)
    _, claim = await waits(house, evidence=MACHINE)

    with pytest.raises(InputError, match="existing"):
        await house.approvals.approve(OPERATOR, claim.id)


async def test_a_node_that_came_back_meanwhile_is_not_taken_over(house):
    before, _ = await node_of_before(house)
    _, claim = await waits(house, evidence=MACHINE)
    house.live.add(before.id)

    with pytest.raises(Conflict, match="connected just now"):
        await house.approvals.approve(OPERATOR, claim.id, as_="existing")


async def test_a_revoked_node_is_not_brought_back(house):
    before, _ = await node_of_before(house)
    _, claim = await waits(house, evidence=MACHINE)
    await house.inventory.revoke(OPERATOR, before.id, "stolen")

    with pytest.raises(Conflict, match="revoked"):
        await house.approvals.approve(OPERATOR, claim.id, as_="existing")
    assert house.inventory.node(OPERATOR, before.id).revoked_ns


async def test_a_claim_that_looks_like_nobody_has_nothing_to_go_on_with(house):
    _, claim = await waits(house)

    with pytest.raises(Conflict, match="no node"):
        await house.approvals.approve(OPERATOR, claim.id, as_="existing")


async def node_of_before(house):
    _, claim = await waits(house, key=keys.make_key(), evidence=MACHINE, host="web-01")
    node = (await house.approvals.approve(OPERATOR, claim.id)).node
    key = keys.make_key()
    answer = await house.enrolment.renew(house_identity(house, node), keys.make_request(key))
    der = der_of(answer.chain)
    await house.enrolment.activate(identity_of(der), der)
    house.records.nodes.touch({node: house.clock.now_ns()})
    return house.inventory.node(OPERATOR, node), der


def house_identity(house, node):
    from muster.model.identity import Identity

    return Identity(house.authority.hub, house.space.id, node)


async def test_other_kinds_are_marked_and_left_to_who_asked(house):
    _, node = await node_like(house)
    asked = house.approvals.ask(recovery_of(house, node))
    with pytest.raises(InputError, match="recovery"):
        await house.approvals.approve(OPERATOR, asked.id, as_="new")
    await house.approvals.approve(OPERATOR, asked.id)

    assert house.approvals.find_kind(Kind.RECOVERY, "k").decision is Answer.APPROVED
    assert house.approvals.find_kind(Kind.AIR_GAP, "k") is None
    assert house.records.nodes.count_nodes() == 1


@pytest.mark.parametrize(
    ("action", "decision"),
    [("approve", Answer.APPROVED), ("deny", Answer.DENIED), ("ask", Answer.WAITING)],
)
async def test_a_rule_may_decide_on_other_kinds_at_once(house, action, decision):
    _, node = await node_like(house)
    house.policy = parse_policy(f'[[rule]]\nname = "r"\nkind = "recovery"\naction = "{action}"')
    asked = house.approvals.ask(recovery_of(house, node))

    assert asked.decision is decision
    assert asked.decided_by == ("hub" if decision else "")
    assert house.records.nodes.count_nodes() == 1


async def test_without_a_rule_of_its_own_another_kind_waits(house):
    _, node = await node_like(house)
    house.policy = parse_policy('default = "approve"')

    assert house.approvals.ask(recovery_of(house, node)).decision is Answer.WAITING


async def test_what_a_machine_has_in_common_with_the_node_is_shown(house):
    _, node = await node_like(house)
    asked = house.approvals.ask(recovery_of(house, node, MACHINE))
    strange = house.approvals.ask(recovery_of(house, node, Evidence(dmi="0" * 64), key="k2"))

    assert asked.reasons[0].name == "known_machine"
    assert "hardware id of web-01" in asked.reasons[0].text
    assert [reason.name for reason in strange.reasons] == ["dmi"]


def recovery_of(house, node, evidence=MACHINE, key="k"):
    return WaitingClaim(
        id="",
        space=house.space.id,
        kind=Kind.RECOVERY,
        key_sha256=key,
        request="",
        name="web-01",
        evidence=evidence,
        looks_like=node,
        why="its certificate ended long ago",
    )


async def node_like(house):
    node, der = await node_of_before(house)
    return der, node.id


async def test_what_ended_long_ago_is_forgotten(house):
    _, claim = await waits(house)
    await house.approvals.deny(OPERATOR, claim.id)
    house.clock.advance(98 * 86_400)

    assert house.approvals.prune() == 1
    assert house.approvals.claims(OPERATOR, decided_too=True) == []


async def test_nothing_is_forgotten_by_a_clock_that_has_leapt(house):
    _, claim = await waits(house)
    await house.approvals.deny(OPERATOR, claim.id)
    house.clock.advance(98 * 86_400)
    house.approvals._may_forget = lambda: False

    assert house.approvals.prune() == 0
    assert len(house.approvals.claims(OPERATOR, decided_too=True)) == 1


async def test_decided_ones_are_listed_only_when_asked_for(house):
    _, claim = await waits(house)
    await house.approvals.deny(OPERATOR, claim.id)

    assert house.approvals.claims(OPERATOR) == []
    assert [each.id for each in house.approvals.claims(OPERATOR, decided_too=True)] == [claim.id]


async def test_a_full_hub_takes_none_of_those_who_wait(house):
    _, claim = await waits(house)
    full = Approvals(
        records=house.records, clock=house.clock, settings=ApprovalSettings(), nodes_max=0
    )

    with pytest.raises(Exception, match="nodes_max"):
        await full.approve(OPERATOR, claim.id)

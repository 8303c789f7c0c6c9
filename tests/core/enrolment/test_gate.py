"""Who comes in by itself, who waits, who is refused; nobody takes over a node by itself."""

import asyncio

import pytest

from muster.core.enrolment.gate import ClaimDenied, ClaimWaits
from muster.core.enrolment.policy import parse_policy
from muster.core.enrolment.tokenproof import TokenRefused
from muster.core.enrolment.tokens import TokenLimits
from muster.model.access import Actor
from muster.model.approval import Answer, Kind
from muster.model.evidence import Evidence
from muster.model.inventory import Approval, SpaceSettings
from muster.pki import keys
from muster.testing.house import OPERATOR
from muster.wire.claimtoken import decode_token

MACHINE = Evidence(dmi="d" * 64, machine_id="a" * 64, macs=("b" * 64, "c" * 64))
ALWAYS, NEVER = SpaceSettings(approval=Approval.ALWAYS), SpaceSettings(approval=Approval.NEVER)


async def space_says(house, settings):
    await house.spaces.edit(OPERATOR, house.space.id, settings=settings)


async def waits(house, token, **given):
    with pytest.raises(ClaimWaits) as caught:
        await house.claim(token, **given)
    return caught.value.claim


async def node_of_before(house, evidence=MACHINE, seen=True, **given):
    node = (
        await house.claim(
            await house.token(), key=keys.make_key(), evidence=evidence, host="web-01", **given
        )
    ).node
    if seen:
        house.records.nodes.touch({node.id: house.clock.now_ns()})
    return node


async def test_without_policy_and_setting_a_good_token_lets_in(house):
    assert (await house.claim(await house.token())).node


async def test_a_space_that_asks_for_each_lets_nobody_in_by_itself(house):
    await space_says(house, ALWAYS)
    token = await house.token()
    claim = await waits(house, token, host="web")

    assert (claim.kind, claim.name, claim.token) == (Kind.CLAIM, "web", token.id)
    assert "asks for each" in claim.why
    assert house.records.nodes.count_nodes() == 0
    assert house.records.tokens.token(token.id).used == 0


async def test_the_same_machine_asking_again_waits_as_the_same(house):
    await space_says(house, ALWAYS)
    token = await house.token()
    first, again = await waits(house, token), await waits(house, token)

    assert first.id == again.id
    asked = [
        each
        for each in house.records.audit.events(spaces=None, limit=100)
        if each.event.action == "approval.ask"
    ]
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("setting", "rule", "outcome"),
    [
        (Approval.POLICY, "approve", "in"),
        (Approval.POLICY, "ask", "waits"),
        (Approval.POLICY, "deny", "denied"),
        (Approval.POLICY, "", "waits"),
        (Approval.ALWAYS, "approve", "waits"),
        (Approval.ALWAYS, "deny", "denied"),
        (Approval.NEVER, "ask", "in"),
        (Approval.NEVER, "deny", "denied"),
    ],
)
async def test_policy_and_space_together_decide(house, setting, rule, outcome):
    await space_says(house, SpaceSettings(approval=setting))
    house.policy = parse_policy(f'[[rule]]\naction = "{rule}"' if rule else "")
    try:
        await house.claim(await house.token())
        found = "in"
    except ClaimWaits:
        found = "waits"
    except ClaimDenied:
        found = "denied"

    assert found == outcome


async def test_who_waits_is_let_in_by_a_rule_that_is_written_meanwhile(house):
    await space_says(house, SpaceSettings())
    house.policy = parse_policy("")
    token = await house.token()
    claim = await waits(house, token, host="lab-1")
    house.policy = parse_policy('[[rule]]\nname = "lab"\nhost = "lab-*"\naction = "approve"')
    answer = await house.claim(token, host="lab-1")
    decided = house.approvals.claim(OPERATOR, claim.id)

    assert (decided.node, decided.decided_by) == (answer.node.id, "hub")
    assert "rule lab" in decided.note
    assert house.records.tokens.token(token.id).used == 1
    assert house.approvals.claims(OPERATOR) == []


async def test_who_waits_is_refused_by_a_rule_that_is_written_meanwhile(house):
    house.policy = parse_policy("")
    token = await house.token()
    claim = await waits(house, token)
    house.policy = parse_policy('[[rule]]\nname = "no"\naction = "deny"')
    for _ in range(2):
        with pytest.raises(ClaimDenied):
            await house.claim(token)

    assert house.approvals.claim(OPERATOR, claim.id).decision is Answer.DENIED


async def test_a_rule_lets_no_more_in_than_the_token_does_and_the_others_wait(house):
    house.policy = parse_policy("")
    token = await house.token(uses=9, limits=TokenLimits(per_hour=1))
    waiting = [keys.make_key() for _ in range(3)]
    for key in waiting:
        await waits(house, token, key=key)
    house.policy = parse_policy('[[rule]]\naction = "approve"')
    outcomes = []
    for key in waiting:
        try:
            await house.claim(token, key=key)
            outcomes.append("in")
        except ClaimWaits:
            outcomes.append("waits")

    assert outcomes == ["in", "waits", "waits"]


async def test_who_asks_many_times_at_once_is_let_in_once_by_a_rule(house):
    house.policy = parse_policy("")
    token = await house.token(uses=9)
    await waits(house, token)
    house.policy = parse_policy('[[rule]]\naction = "approve"')
    results = await asyncio.gather(*(house.claim(token) for _ in range(20)), return_exceptions=True)

    assert {type(each).__name__ for each in results} <= {"ClaimAnswer", "ClaimWaits"}
    assert house.records.nodes.count_nodes() == 1
    assert house.records.tokens.token(token.id).used == 1


async def test_who_waits_goes_on_waiting_when_no_rule_speaks_of_it(house):
    await space_says(house, ALWAYS)
    token = await house.token()
    claim = await waits(house, token)
    await space_says(house, NEVER)

    assert (await waits(house, token)).id == claim.id


async def test_a_policy_sees_rooms_labels_address_and_host(house):
    house.policy = parse_policy(
        '[[rule]]\naction = "approve"\nroom = "edge"\nlabel = { role = "web" }\n'
        'network = "10.1.0.0/16"\nhost = "web*"\nspace = "Home"\nkind = "claim"'
    )
    token = await house.token(rooms=("edge",), limits=TokenLimits(labels={"role": "web"}))

    assert await waits(house, token, host="db", key=keys.make_key())
    assert (await house.claim(token, host="web-1")).node


async def test_a_denial_by_policy_says_by_which_rule(house):
    house.policy = parse_policy('[[rule]]\nname = "no labs"\naction = "deny"')

    with pytest.raises(ClaimDenied, match="no labs"):
        await house.claim(await house.token())


async def test_a_machine_of_before_waits_and_shows_whom_it_looks_like(house):
    before = await node_of_before(house)
    claim = await waits(house, await house.token(), evidence=MACHINE, host="web-01")

    assert (claim.kind, claim.looks_like) == (Kind.REIMAGE, before.id)
    assert "looks like web-01, which is away" in claim.why


@pytest.mark.parametrize(
    "evidence",
    [
        Evidence(dmi="d" * 64),
        Evidence(macs=("c" * 64, "e" * 64), dmi="f" * 64, machine_id="0" * 64),
    ],
)
async def test_one_hardware_mark_in_common_is_enough_to_ask(house, evidence):
    await node_of_before(house)

    assert (await waits(house, await house.token(), evidence=evidence)).looks_like


async def test_a_copied_machine_id_alone_is_no_sign(house):
    """Images and containers share it."""
    await node_of_before(house)
    other = Evidence(machine_id=MACHINE.machine_id, dmi="f" * 64, macs=("0" * 64,))

    assert (await house.claim(await house.token(), evidence=other)).node


async def test_a_second_agent_on_a_machine_that_is_live_is_a_node_of_its_own(house):
    house.live.add((await node_of_before(house)).id)

    assert (await house.claim(await house.token(), evidence=MACHINE)).node.name == "web"


async def test_a_node_that_never_connected_is_not_taken_for_reinstalled(house):
    await node_of_before(house, seen=False)

    assert (await house.claim(await house.token(), evidence=MACHINE)).node


async def test_a_machine_whose_node_was_revoked_waits_whatever_token_it_kept(house):
    before = await node_of_before(house)
    token = await house.token()
    await house.inventory.revoke(OPERATOR, before.id, "stolen")

    assert "was revoked" in (await waits(house, token, evidence=MACHINE)).why


async def test_ephemeral_machines_are_new_each_time(house):
    await node_of_before(house)
    token = await house.token(limits=TokenLimits(ephemeral_s=600))

    assert (await house.claim(token, evidence=MACHINE)).node


async def test_only_a_rule_for_it_lets_a_machine_of_before_in_and_as_a_new_node(house):
    before = await node_of_before(house)
    house.policy = parse_policy('[[rule]]\nkind = "reimage"\naction = "approve"')
    node = (await house.claim(await house.token(), evidence=MACHINE)).node

    assert node.id != before.id


async def test_a_machine_of_another_space_is_not_known_here(house):
    await node_of_before(house)
    away = await house.spaces.create(OPERATOR, "Away")
    made = await house.tokens.create(OPERATOR, away.id)

    assert (await house.claim(decode_token(made.text.reveal()), evidence=MACHINE)).node


async def test_the_hubs_own_tokens_are_asked_nothing_more(house):
    await space_says(house, ALWAYS)
    for by in ("hub", "hub for ada"):
        made = await house.tokens.create(Actor(name=by, operator=True), house.space.id)
        token = decode_token(made.text.reveal())

        assert (await house.claim(token, key=keys.make_key())).node


async def test_who_asked_in_time_waits_on_though_the_token_expires(house):
    await space_says(house, ALWAYS)
    token = await house.token()
    first = await waits(house, token)
    house.clock.advance(7200)

    assert (await waits(house, token)).id == first.id
    with pytest.raises(TokenRefused, match="expired"):
        await house.claim(token, key=keys.make_key())


async def test_a_revoked_token_ends_the_waiting(house):
    await space_says(house, ALWAYS)
    token = await house.token()
    await waits(house, token)
    await house.tokens.revoke(OPERATOR, token.id)

    with pytest.raises(TokenRefused, match="revoked"):
        await house.claim(token)

"""Machines that come in with a key of their own: which node each becomes, and who may not."""

import asyncio
import contextlib
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.core.enrolment import keyclaims
from muster.core.enrolment.claimrooms import RoomUnknown
from muster.core.enrolment.enrol import EnrolSettings
from muster.core.enrolment.gate import ClaimDenied, ClaimWaits, TokenLimited
from muster.core.enrolment.keyclaimform import (
    BadClaimId,
    BadHostName,
    HubUnchecked,
    KeyClaimRefused,
    KeyClaimRequest,
    KeyShutOut,
)
from muster.core.enrolment.policy import parse_policy
from muster.core.enrolment.tokenproof import AlreadyClaimed, TokenRefused
from muster.core.enrolment.tokens import TokenLimits
from muster.errors import InputError, LimitExceeded, MusterError, Unavailable
from muster.log import Secret
from muster.model.approval import Kind
from muster.model.inventory import Approval, SpaceSettings
from muster.pki.rsakeys import BadKey
from muster.testing.house import OPERATOR, House
from muster.testing.rsakeys import public_pem

MACHINE = "7b7f2c1e-1111-11ef-8000-0242ac110002"


def asked(token, *, key=0, **changed):
    given = {
        "id": str(uuid.uuid4()),
        "dialect": "netdata",
        "machine": MACHINE,
        "hostname": "web-1",
        "token_id": token.id,
        "secret": token.secret,
        "key": public_pem(key) if isinstance(key, int) else key,
        "address": "10.1.2.3",
    }
    return KeyClaimRequest(**(given | changed))


async def claim(house, token, **changed):
    return await house.key_claims.claim(asked(token, **changed))


def events(house):
    return [each.event.action for each in house.records.audit.events(spaces=None, limit=50)]


async def other_space(house):
    space = await house.spaces.create(OPERATOR, "Other")
    return await house.token(space=space.id)


async def test_a_machine_becomes_a_node_of_its_tokens_space_and_rooms(house):
    token = await house.token(rooms=("lab",), limits=TokenLimits(labels={"role": "db"}))
    made = await claim(house, token)
    node = house.records.nodes.node(made.node.id)

    assert made.is_new
    assert (node.name, node.space, node.dialect) == ("web-1", house.space.id, "netdata")
    assert (node.labels, len(node.rooms), node.address) == ({"role": "db"}, 1, "10.1.2.3")
    assert house.key_claims.key_of(made.claim.id).node == node.id
    assert house.records.tokens.token(token.id).used == 1
    assert "node.claim" in events(house)


async def test_five_claims_of_one_machine_leave_one_node_and_all_their_ids_open_it(house):
    token = await house.token()
    made = [await claim(house, token) for _ in range(5)]

    assert len({each.node.id for each in made}) == 1
    assert house.records.nodes.count_nodes() == 1
    assert house.records.tokens.token(token.id).used == 1
    assert {house.key_claims.key_of(each.claim.id).node for each in made} == {made[0].node.id}


async def test_claims_that_cross_each_other_leave_one_node(house):
    token = await house.token(uses=9)
    made = await asyncio.gather(*(claim(house, token) for _ in range(5)))

    assert len({each.node.id for each in made}) == 1
    assert house.records.tokens.token(token.id).used == 1


async def test_the_same_claim_again_is_answered_the_same_also_when_the_token_is_used_up(house):
    token = await house.token()
    first = await claim(house, token, id=MACHINE)
    house.clock.advance(4_000)
    again = await claim(house, token, id=MACHINE)

    assert again.node.id == first.node.id
    assert not again.is_new


async def test_a_machine_that_is_claimed_anew_keeps_node_rooms_and_name(house):
    first = await claim(house, await house.token(rooms=("lab",)))
    second = await claim(house, await house.token(rooms=("attic",)), hostname="renamed")

    assert second.node.id == first.node.id
    assert house.records.nodes.node(first.node.id).rooms == first.node.rooms
    assert house.records.nodes.node(first.node.id).name == "web-1"


async def test_the_same_claim_id_with_another_key_is_taken(house):
    token = await house.token(uses=5)
    await claim(house, token, id=MACHINE)

    with pytest.raises(AlreadyClaimed):
        await claim(house, token, id=MACHINE, key=1)
    with pytest.raises(AlreadyClaimed):
        await claim(house, token, id=MACHINE, key=1, machine=str(uuid.uuid4()))


async def test_a_second_space_hears_that_the_machine_is_claimed_already(house):
    await claim(house, await house.token())
    elsewhere = await other_space(house)

    with pytest.raises(AlreadyClaimed):
        await claim(house, elsewhere)
    with pytest.raises(AlreadyClaimed):
        await claim(house, elsewhere, key=1)


async def test_a_key_is_of_one_machine(house):
    token = await house.token(uses=5)
    await claim(house, token)

    with pytest.raises(AlreadyClaimed):
        await claim(house, token, machine=str(uuid.uuid4()))


async def test_a_machine_that_never_connected_may_come_with_another_key(house):
    token = await house.token(uses=5)
    first = await claim(house, token)
    second = await claim(house, token, key=1)

    assert second.node.id == first.node.id
    assert house.records.tokens.token(token.id).used == 2
    with pytest.raises(KeyClaimRefused) as refusal:
        house.key_claims.key_of(first.claim.id)
    assert refusal.value.code == "claim_replaced"
    assert "node.claim_moved" in events(house)


async def test_another_key_takes_no_node_over_while_it_is_connected(house):
    token = await house.token(uses=5)
    first = await claim(house, token)
    house.live.add(first.node.id)

    with pytest.raises(AlreadyClaimed):
        await claim(house, token, key=1)
    assert (await claim(house, token)).node.id == first.node.id


async def test_another_key_of_a_node_that_is_away_waits_and_comes_in_as_an_admin_says(house):
    token = await house.token(uses=5)
    first = await claim(house, token)
    house.records.nodes.touch({first.node.id: house.clock.now_ns()})
    with pytest.raises(ClaimWaits) as waits:
        await claim(house, token, key=1)
    waiting = waits.value.claim

    assert (waiting.kind, waiting.looks_like) == (Kind.REIMAGE, first.node.id)
    await house.approvals.approve(OPERATOR, waiting.id, as_="existing")
    second = await claim(house, token, key=1)
    assert second.node.id == first.node.id
    assert house.key_claims.key_of(second.claim.id).key_sha256 == second.claim.key_sha256
    with pytest.raises(KeyClaimRefused):
        house.key_claims.key_of(first.claim.id)
    with pytest.raises(ClaimWaits):  # the old key is another one by now
        await claim(house, token)


async def test_a_node_whose_link_was_open_for_a_moment_is_taken_over_by_no_other_key(house):
    token = await house.token(uses=5)
    first = await claim(house, token)
    await house.key_claims.opened(first.claim)
    house.clock.advance(1)

    with pytest.raises(ClaimWaits):
        await claim(house, token, key=1)
    seen = house.records.nodes.node(first.node.id).last_seen_ns
    await house.key_claims.opened(first.claim)
    assert house.records.nodes.node(first.node.id).last_seen_ns == seen


async def test_a_disk_that_fails_keeps_no_link_from_being_opened(house, monkeypatch):
    made = await claim(house, await house.token())

    def fail(seen):
        raise Unavailable("the disk is full")

    monkeypatch.setattr(house.records.nodes, "touch", fail)
    await house.key_claims.opened(made.claim)


async def test_another_key_may_be_approved_as_a_node_of_its_own(house):
    token = await house.token(uses=5)
    first = await claim(house, token)
    house.records.nodes.touch({first.node.id: house.clock.now_ns()})
    with pytest.raises(ClaimWaits) as waits:
        await claim(house, token, key=1)
    await house.approvals.approve(OPERATOR, waits.value.claim.id, as_="new")
    second = await claim(house, token, key=1)

    assert second.node.id != first.node.id
    assert house.key_claims.key_of(first.claim.id).node == first.node.id
    assert house.key_claims.members.of(second.node.id).machine == MACHINE


@pytest.mark.parametrize("by", ["rule", "setting", "ephemeral token"])
async def test_another_key_that_nobody_is_asked_about_is_a_new_node_and_takes_none_over(by):
    reimaged = "new" if by == "setting" else "ask"
    with House(enrol=EnrolSettings(reimaged=reimaged)) as house:
        first = await claim(house, await house.token())
        house.records.nodes.touch({first.node.id: house.clock.now_ns()})
        if by == "rule":
            house.policy = parse_policy('[[rule]]\nkind = "reimage"\naction = "approve"\n')
        limits = TokenLimits(ephemeral_s=600 if by == "ephemeral token" else 0)
        second = await claim(house, await house.token(limits=limits), key=1)

        assert second.is_new
        assert second.node.id != first.node.id
        assert house.key_claims.key_of(first.claim.id).node == first.node.id


async def test_where_the_space_asks_a_machine_waits_and_comes_in_once_it_is_approved(house):
    await house.spaces.edit(
        OPERATOR, house.space.id, settings=SpaceSettings(approval=Approval.ALWAYS)
    )
    token = await house.token()
    waiting = set()
    for _ in range(3):
        with pytest.raises(ClaimWaits) as waits:
            await claim(house, token)
        waiting.add(waits.value.claim.id)
    assert len(waiting) == 1
    assert house.records.nodes.count_nodes() == 0

    approved = await house.approvals.approve(OPERATOR, waiting.pop())
    assert house.records.nodes.node(approved.node).dialect == "netdata"
    made = await claim(house, token)

    assert house.records.nodes.node(made.node.id).dialect == "netdata"
    assert house.records.nodes.count_nodes() == 1
    assert house.records.tokens.token(token.id).used == 1


async def test_an_approved_machine_has_so_long_to_come(house):
    await house.spaces.edit(
        OPERATOR, house.space.id, settings=SpaceSettings(approval=Approval.ALWAYS)
    )
    token = await house.token()
    with pytest.raises(ClaimWaits) as waits:
        await claim(house, token)
    await house.approvals.approve(OPERATOR, waits.value.claim.id)
    house.clock.advance(8 * 86_400)

    with pytest.raises(TokenRefused):
        await claim(house, token)


async def test_who_was_refused_by_an_admin_stays_out(house):
    await house.spaces.edit(
        OPERATOR, house.space.id, settings=SpaceSettings(approval=Approval.ALWAYS)
    )
    token = await house.token()
    with pytest.raises(ClaimWaits) as waits:
        await claim(house, token)
    await house.approvals.deny(OPERATOR, waits.value.claim.id)

    with pytest.raises(ClaimDenied):
        await claim(house, token)


async def test_the_policy_lets_in_and_refuses_by_the_machines_name(house):
    house.policy = parse_policy('default = "approve"\n[[rule]]\nhost = "db-*"\naction = "deny"\n')
    token = await house.token(uses=3)

    with pytest.raises(ClaimDenied):
        await claim(house, token, hostname="db-1")
    assert (await claim(house, token)).is_new


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"id": "x"}, BadClaimId),
        ({"id": MACHINE.upper()}, BadClaimId),
        ({"machine": ""}, BadClaimId),
        ({"hostname": ""}, BadHostName),
        ({"hostname": "n" * 300}, BadHostName),
        ({"hostname": "a\nb"}, BadHostName),
        ({"key": ""}, BadKey),
        ({"key": "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----\n"}, BadKey),
        ({"rooms": ("nowhere",)}, RoomUnknown),
        ({"rooms": ("a",) * 101}, InputError),
    ],
)
async def test_what_is_not_in_its_form_is_refused_and_nothing_is_made(house, changed, error):
    token = await house.token()
    with pytest.raises(error):
        await claim(house, token, **changed)

    assert house.records.nodes.count_nodes() == 0
    assert house.records.tokens.token(token.id).used == 0


async def test_rooms_go_by_id_or_name_and_all_nodes_is_no_room(house):
    lab = await house.rooms.create(OPERATOR, house.space.id, "lab")
    attic = await house.rooms.create(OPERATOR, house.space.id, "attic")
    wanted = ("lab", attic.id, "", "All nodes", house.space.id)
    made = await claim(house, await house.token(), rooms=wanted)

    assert set(made.node.rooms) == {lab.id, attic.id}


async def test_a_token_with_rooms_lets_into_those_alone(house):
    await house.rooms.create(OPERATOR, house.space.id, "attic")
    token = await house.token(rooms=("lab",))
    with pytest.raises(RoomUnknown):
        await claim(house, token, rooms=("attic",))

    assert len((await claim(house, token, rooms=("lab",))).node.rooms) == 1


async def test_a_stranger_hears_one_thing_of_every_token(house):
    good, used_up = await house.token(), await house.token()
    await claim(house, used_up)
    wrong = type(good.secret)("A" * 43)
    told = set()
    for token_id in (good.id, used_up.id, "a" * 16, "no id"):
        with pytest.raises(TokenRefused) as refusal:
            await claim(house, good, token_id=token_id, secret=wrong, machine=str(uuid.uuid4()))
        told.add((refusal.value.code, str(refusal.value)))

    assert len(told) == 1


async def test_guesses_are_slowed_down_together_with_those_of_our_own_wire(house):
    token = await house.token()
    with pytest.raises(LimitExceeded):
        for _ in range(100):
            with pytest.raises(TokenRefused):
                await claim(house, token, secret=type(token.secret)("A" * 43))

    with pytest.raises(LimitExceeded):
        await house.claim(token, secret=type(token.secret)("A" * 43))
    assert (await claim(house, token)).is_new


async def test_limits_of_the_token_hold(house):
    token = await house.token(limits=TokenLimits(hosts=("db-*",), networks=("10.0.0.0/8",)))
    for changed in ({"hostname": "web-1"}, {"hostname": "db-1", "address": "192.0.2.1"}):
        with pytest.raises(TokenLimited):
            await claim(house, token, **changed)

    assert (await claim(house, token, hostname="db-1")).is_new


async def test_a_token_is_used_up_expires_and_can_be_revoked(house):
    once, late, revoked = [await house.token() for _ in range(3)]
    await claim(house, once)
    await house.tokens.revoke(OPERATOR, revoked.id)
    for token in (once, revoked):
        with pytest.raises(TokenRefused):
            await claim(house, token, key=1, machine=str(uuid.uuid4()))
    house.clock.advance(4_000)
    with pytest.raises(TokenRefused):
        await claim(house, late, key=1, machine=str(uuid.uuid4()))


async def test_a_revoked_machine_is_shut_out_whatever_its_token_and_without_cryptography(
    house, monkeypatch
):
    token = await house.token(uses=9)
    made = await claim(house, token)
    await house.inventory.revoke(OPERATOR, made.node.id, "stolen")
    newer = await house.token()
    monkeypatch.setattr(house.enrolment.proofs, "prove", None)
    for each in (token, newer):
        with pytest.raises(KeyShutOut):
            await claim(house, each)
    with pytest.raises(KeyShutOut):
        await claim(house, newer, id=made.claim.id, key=1)
    with pytest.raises(KeyClaimRefused) as refusal:
        house.key_claims.key_of(made.claim.id)

    assert refusal.value.code == "node_revoked"
    assert "stolen" in str(refusal.value)


async def test_a_flood_of_guesses_takes_no_thread_and_honest_claims_go_on(house, monkeypatch):
    token = await house.token()
    for _ in range(21):
        with pytest.raises((TokenRefused, LimitExceeded)):
            await claim(house, token, secret=Secret("A" * 43))
    with monkeypatch.context() as patch:
        patch.setattr(asyncio, "to_thread", None)
        with pytest.raises(LimitExceeded):
            await claim(house, token, secret=Secret("A" * 43))

    assert house.slept_s == [1.0]
    assert await claim(house, token)


async def test_a_removed_machine_comes_back_only_by_a_token_made_since_as_a_new_node(house):
    token = await house.token(uses=9)
    made = await claim(house, token, id=MACHINE)
    other = await house.token()
    house.clock.advance(1)
    await house.inventory.remove(OPERATOR, made.node.id)
    house.clock.advance(1)
    newer = await house.token()
    with pytest.raises(KeyClaimRefused) as refusal:
        house.key_claims.key_of(MACHINE)
    assert refusal.value.code == "node_removed"
    for each in (token, other):
        with pytest.raises(KeyShutOut):
            await claim(house, each, id=MACHINE)

    back = await claim(house, newer, id=MACHINE)
    assert back.is_new
    assert back.node.id != made.node.id
    assert house.key_claims.key_of(MACHINE).node == back.node.id


@pytest.mark.parametrize("verb", ["revoke", "remove"])
async def test_a_kept_token_brings_no_machine_back_also_not_with_another_key(house, verb):
    token = await house.token(uses=9)
    made = await claim(house, token)
    house.clock.advance(1)
    if verb == "revoke":
        await house.inventory.revoke(OPERATOR, made.node.id, "lost")
    else:
        await house.inventory.remove(OPERATOR, made.node.id)
    with pytest.raises(KeyShutOut):
        await claim(house, token, key=1)

    house.clock.advance(1)
    newer = await house.token()
    if verb == "revoke":
        with pytest.raises(ClaimWaits):
            await claim(house, newer, key=1)
    else:
        assert (await claim(house, newer, key=1)).is_new


async def test_a_node_that_expired_may_come_again_by_the_same_token(house):
    token = await house.token(uses=5, limits=TokenLimits(ephemeral_s=60))
    made = await claim(house, token)
    house.clock.advance(61)
    assert await house.inventory.expire(lambda node: False) == 1
    with pytest.raises(KeyClaimRefused) as refusal:
        house.key_claims.key_of(made.claim.id)
    assert refusal.value.code == "claim_unknown"

    again = await claim(house, token)
    assert again.is_new
    assert again.node.id != made.node.id


async def test_a_machine_moves_to_another_space_once_it_is_removed_from_the_first(house):
    made = await claim(house, await house.token())
    elsewhere = await other_space(house)
    house.clock.advance(1)
    await house.inventory.remove(OPERATOR, made.node.id)
    moved = await claim(house, elsewhere)

    assert moved.is_new
    assert moved.node.space != house.space.id


async def test_a_hub_that_is_full_takes_no_new_machine_and_keeps_those_it_has():
    with House(enrol=EnrolSettings(nodes_max=1)) as house:
        token = await house.token(uses=5)
        await claim(house, token)
        with pytest.raises(LimitExceeded):
            await claim(house, token, key=1, machine=str(uuid.uuid4()))
        assert not (await claim(house, token)).is_new


async def test_so_many_an_hour_and_no_more(house):
    token = await house.token(uses=5, limits=TokenLimits(per_hour=1))
    await claim(house, token)

    with pytest.raises(LimitExceeded):
        await claim(house, token, key=1, machine=str(uuid.uuid4()))


async def test_who_claims_again_and_again_is_slowed_down(house):
    token = await house.token()
    with pytest.raises(LimitExceeded):
        for _ in range(keyclaims._REPEATS_PER_MINUTE + 2):
            await claim(house, token)


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(("claim", "seen", "revoke", "remove", "live")),
        st.integers(0, 2),  # key
        st.integers(0, 2),  # machine
        st.integers(0, 3),  # claim id
        st.integers(0, 1),  # space
    ),
    max_size=14,
)


@settings(max_examples=60, deadline=None)
@given(DEEDS)
def test_whatever_is_claimed_a_key_in_use_is_one_nodes_and_a_machine_one_node_of_a_space(deeds):
    with House() as house:
        asyncio.run(do(house, deeds))


async def do(house, deeds):
    other = await house.spaces.create(OPERATOR, "Other")
    tokens = [await house.token(uses=50), await house.token(uses=50, space=other.id)]
    for deed, key, machine, id, space in deeds:
        house.clock.advance(1)
        nodes = house.records.nodes.nodes()
        node = nodes[key % len(nodes)] if nodes else None
        ids = {"id": str(uuid.UUID(int=id)), "machine": str(uuid.UUID(int=100 + machine))}
        with contextlib.suppress(MusterError):
            if deed == "claim":
                made = await claim(house, tokens[space], key=key, **ids)
                assert house.key_claims.key_of(ids["id"]).node == made.node.id
            elif deed == "seen" and node:
                house.records.nodes.touch({node.id: house.clock.now_ns()})
            elif deed == "live" and node:
                house.live ^= {node.id}
            elif node:
                given = (OPERATOR, node.id, *(("x",) if deed == "revoke" else ()))
                await getattr(house.inventory, deed)(*given)
        check(house)


def check(house):
    alive = {node.id: node for node in house.records.nodes.nodes()}
    holders, machines = {}, {}
    for id, node in alive.items():
        current = [each for each in house.records.key_claims.of_node(id) if not each.replaced_ns]
        assert len({each.key_sha256 for each in current}) == 1
        assert {each.space for each in current} == {node.space}
        holders.setdefault(current[0].key_sha256, set()).add(id)
        if not node.revoked_ns:
            machines.setdefault((current[0].machine, node.space), set()).add(id)
    assert all(len(ids) == 1 for ids in holders.values())
    assert all(len(ids) == 1 for ids in machines.values())


@given(st.text(max_size=60))
def test_a_claim_id_that_is_none_is_unknown(text):
    with House() as house, pytest.raises(KeyClaimRefused):
        house.key_claims.key_of(text)


async def test_who_did_not_check_the_hub_is_refused_and_on_record(house):
    token = await house.token()
    with pytest.raises(HubUnchecked):
        await claim(house, token, unchecked=True)
    newest = house.records.audit.events(spaces=None, limit=1)[0].event

    assert (newest.action, newest.outcome) == ("node.claim", "hub_not_checked")
    assert house.records.nodes.count_nodes() == 0
    assert (await claim(house, token)).is_new


async def test_where_the_settings_take_who_did_not_check_the_audit_log_says_so():
    with House(enrol=EnrolSettings(insecure=True)) as house:
        made = await claim(house, await house.token(), unchecked=True)
        newest = house.records.audit.events(spaces=None, limit=1)[0].event

    assert made.is_new
    assert (newest.action, newest.detail) == ("node.claim", "web-1, hub not checked")

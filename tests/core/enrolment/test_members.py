"""Nodes behind a node: made once, in the rooms of who speaks for them."""

import asyncio
import uuid

import pytest

from muster.core.changes import NodeChange
from muster.core.enrolment import members
from muster.core.enrolment.keyclaimform import (
    BadClaimId,
    BadHostName,
    KeyClaimRefused,
    KeyClaimRequest,
)
from muster.core.enrolment.members import MemberGone
from muster.core.enrolment.tokens import TokenLimits
from muster.errors import LimitExceeded
from muster.testing.house import OPERATOR
from muster.testing.rsakeys import public_pem

CHILD = "aaaaaaaa-1111-4111-8111-0242ac110002"


async def child(house, claim, machine=CHILD, name="child", hops=1):
    return await house.key_claims.member(claim, machine, name, hops)


async def test_a_child_is_a_node_of_its_own_in_its_parents_space_and_rooms(house):
    token = await house.token(rooms=("lab",), limits=TokenLimits(ephemeral_s=600))
    claim = await house.claim_by_key(token=token)
    node = await child(house, claim)
    parent = house.records.nodes.node(claim.node)
    member = house.key_claims.members.of(node.id)

    assert (node.space, node.rooms, node.dialect) == (parent.space, parent.rooms, "netdata")
    assert node.ephemeral_s == 600
    assert (member.via, member.hops, member.machine) == (parent.id, 1, CHILD)
    assert [each.node for each in house.key_claims.members.behind(parent.id)] == [node.id]
    assert house.told[-1] == (node.id, NodeChange.CLAIMED)
    newest = house.records.audit.events(spaces=None, limit=1)[0].event
    assert (newest.action, newest.actor) == ("node.child", f"node {parent.name}")


async def test_a_child_stays_the_same_node_and_the_parent_is_itself(house):
    claim = await house.claim_by_key()
    first, second = await asyncio.gather(child(house, claim), child(house, claim))

    assert first.id == second.id
    assert (await child(house, claim, claim.machine)).id == claim.node
    assert house.records.nodes.count_nodes() == 2


async def test_another_parent_takes_a_child_over(house):
    first, second = await house.claim_by_key(), await house.claim_by_key(1)
    node = await child(house, first)
    assert (await child(house, second, hops=2)).id == node.id

    member = house.key_claims.members.of(node.id)
    assert (member.via, member.hops) == (second.node, 2)


async def test_a_child_that_claims_itself_stays_the_same_node_and_speaks_for_itself(house):
    parent = await house.claim_by_key()
    node = await child(house, parent)
    token = await house.token()
    own = await house.key_claims.claim(
        KeyClaimRequest(
            id=str(uuid.uuid4()),
            dialect="netdata",
            machine=CHILD,
            hostname="child",
            token_id=token.id,
            secret=token.secret,
            key=public_pem(2),
        )
    )
    assert own.node.id == node.id
    assert house.key_claims.members.of(node.id).via == ""

    assert (await child(house, parent)).id == node.id
    assert house.key_claims.members.of(node.id).via == ""


async def test_a_child_that_was_removed_comes_back_only_with_a_parent_claimed_since(house):
    claim = await house.claim_by_key()
    node = await child(house, claim)
    house.clock.advance(1)
    await house.inventory.remove(OPERATOR, node.id)
    with pytest.raises(MemberGone) as gone:
        await child(house, claim)
    assert gone.value.code == "node_removed"

    house.clock.advance(1)
    newer = await house.claim_by_key(1)
    assert (await child(house, newer)).id != node.id


async def test_a_revoked_child_or_parent_is_refused(house):
    claim = await house.claim_by_key()
    node = await child(house, claim)
    await house.inventory.revoke(OPERATOR, node.id, "lost")
    with pytest.raises(MemberGone):
        await child(house, claim)
    await house.inventory.revoke(OPERATOR, claim.node, "lost")
    with pytest.raises(KeyClaimRefused):
        await child(house, claim, str(uuid.uuid4()))


async def test_ids_names_and_numbers_are_bounded(house, monkeypatch):
    claim = await house.claim_by_key()
    with pytest.raises(BadClaimId):
        await child(house, claim, "x")
    with pytest.raises(BadHostName):
        await child(house, claim, name="\n")
    node = await child(house, claim, hops=1 << 40)
    assert house.key_claims.members.of(node.id).hops == members.MAX_HOPS
    monkeypatch.setattr(members, "MAX_MEMBERS", 1)
    with pytest.raises(LimitExceeded):
        await child(house, claim, str(uuid.uuid4()))

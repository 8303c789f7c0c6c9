"""Claims by key in the records: all or nothing, and kept beyond their node."""

import uuid

import msgspec
import pytest

from muster.clock import SECOND_NS
from muster.core.audit import make_event
from muster.errors import Conflict, NotFound
from muster.model.access import Actor
from muster.model.inventory import Node
from muster.model.keyclaim import KeyClaim, Member
from muster.ports.approvals import Mark
from muster.ports.records import ClaimRepeated, KeyKnown, TokenSpent
from muster.testing.house import House

MACHINE = str(uuid.UUID(int=7))
NOBODY = ""


@pytest.fixture
def house():
    with House() as house:
        yield house


def event(house, action="test"):
    return make_event(house.clock, Actor(name="test"), action, "x")


def pair(house, token, *, number=1, key="k1", machine=MACHINE):
    node = Node(
        id=str(uuid.UUID(int=number)),
        space=house.space.id,
        name=f"n{number}",
        created_ns=house.clock.now_ns(),
        dialect="netdata",
    )
    claim = KeyClaim(
        id=str(uuid.UUID(int=1000 + number)),
        dialect="netdata",
        node=node.id,
        space=node.space,
        machine=machine,
        key_pem="PEM",
        key_sha256=key,
        token=token.id,
        claimed_ns=house.clock.now_ns(),
    )
    return claim, node


def add(house, claim, node, instead_of=NOBODY, marks=()):
    return house.records.key_claims.add_new(claim, node, event(house), marks, instead_of=instead_of)


async def test_a_new_node_has_its_claim_its_membership_and_its_use_of_the_token(house):
    token = await house.token()
    claim, node = pair(house, token)
    add(house, claim, node, marks=(Mark("machine_id", "m"),))
    records = house.records.key_claims

    assert records.claim(claim.id) == claim
    assert records.with_key("k1") == records.of_node(node.id) == [claim]
    assert records.member("netdata", MACHINE, node.space).node == node.id
    assert records.member_of(node.id).via == ""
    assert house.records.nodes.node(node.id).dialect == "netdata"
    assert house.records.tokens.find_claim(token.id, "k1").node == node.id
    assert list(house.records.approvals.like(node.space, (Mark("machine_id", "m"),))) == [node.id]


async def test_nothing_is_kept_of_a_claim_that_fails(house):
    token = await house.token()
    add(house, *pair(house, token))
    for number, key, machine, error in (
        (2, "k2", str(uuid.UUID(int=8)), TokenSpent),
        (2, "k2", MACHINE, ClaimRepeated),
        (2, "k1", str(uuid.UUID(int=8)), KeyKnown),
    ):
        with pytest.raises(error):
            add(house, *pair(house, token, number=number, key=key, machine=machine))
    assert house.records.nodes.count_nodes() == 1
    assert house.records.tokens.token(token.id).used == 1


async def test_a_claim_with_another_key_replaces_those_of_the_node(house):
    token = await house.token(uses=3)
    first, node = pair(house, token)
    add(house, first, node)
    house.clock.advance(1)
    second = msgspec.structs.replace(
        first, id=str(uuid.UUID(int=5)), key_sha256="k2", claimed_ns=house.clock.now_ns()
    )
    attach = house.records.key_claims.attach
    attach(second, event(house), instead_of=node.id, uses_token=True)
    records = house.records.key_claims

    assert records.claim(first.id).replaced_ns == house.clock.now_ns()
    assert records.claim(second.id).replaced_ns == 0
    assert house.records.tokens.find_claim(token.id, "k1") is None
    assert house.records.tokens.find_claim(token.id, "k2").node == node.id
    assert len(house.records.tokens.claims(token.id)) == 2


async def test_of_a_nodes_claims_a_bounded_number_is_kept_those_in_use_first(house):
    token = await house.token()
    claim, node = pair(house, token)
    add(house, claim, node)
    for number in range(100):
        house.clock.advance(1)
        again = msgspec.structs.replace(
            claim, id=str(uuid.UUID(int=9_000 + number)), claimed_ns=house.clock.now_ns()
        )
        house.records.key_claims.attach(again, event(house), instead_of=node.id, uses_token=False)

    assert len(house.records.key_claims.of_node(node.id)) == 32
    assert house.records.key_claims.of_node(node.id)[0].id == again.id


async def test_claims_outlive_a_node_that_was_removed_and_not_one_that_expired(house):
    token = await house.token(uses=3)
    removed, node = pair(house, token)
    add(house, removed, node)
    now_ns = house.clock.now_ns()
    house.records.nodes.remove_node(node.id, now_ns, event(house))
    assert house.records.key_claims.claim(removed.id) == removed
    assert house.records.key_claims.removed_ns(node.id) == now_ns

    gone, other = pair(house, token, number=2, key="k2", machine=str(uuid.UUID(int=8)))
    add(house, gone, msgspec.structs.replace(other, ephemeral_s=60))
    later_ns = now_ns + 61 * SECOND_NS
    assert house.records.nodes.expire_node(other.id, later_ns, event(house))
    assert house.records.key_claims.claim(gone.id) is None
    assert house.records.key_claims.member_of(other.id) is None
    assert house.records.key_claims.removed_ns(other.id) == 0


async def test_a_node_that_is_gone_or_revoked_gets_no_claim(house):
    token = await house.token(uses=3)
    claim, node = pair(house, token)
    attach = house.records.key_claims.attach
    with pytest.raises(NotFound):
        attach(claim, event(house), instead_of=NOBODY, uses_token=True)
    add(house, claim, node)
    house.records.nodes.revoke_node(node.id, 1, "lost", event(house))
    with pytest.raises(Conflict):
        attach(claim, event(house), instead_of=node.id, uses_token=False)


async def test_members_are_added_once_and_moved(house):
    token = await house.token()
    claim, node = pair(house, token)
    add(house, claim, node)
    child = msgspec.structs.replace(node, id=str(uuid.UUID(int=3)), name="child")
    member = Member(
        dialect="netdata",
        machine=str(uuid.UUID(int=33)),
        space=node.space,
        node=child.id,
        via=node.id,
        hops=1,
    )
    records = house.records.key_claims
    records.add_member(member, child, event(house))
    with pytest.raises(ClaimRepeated):
        records.add_member(member, child, event(house))
    assert records.members_via(node.id) == [member]
    moved = msgspec.structs.replace(member, via=str(uuid.UUID(int=4)), hops=2)
    records.move_member(moved, event(house))
    assert records.member_of(child.id) == moved
    assert records.members("netdata", member.machine) == [moved]
    with pytest.raises(NotFound):
        records.move_member(msgspec.structs.replace(moved, node="gone"), event(house))

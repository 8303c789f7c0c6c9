import msgspec
import pytest

from muster.core.enrolment.clones import ForkDue
from muster.core.enrolment.holders import IdentityCopied
from muster.errors import Conflict, Denied, NotFound, Unauthenticated
from muster.model.access import Actor, Role
from muster.model.clone import CloneState, Decision
from muster.pki import keys
from muster.testing.copies import Desk
from muster.testing.house import OPERATOR
from muster.wire.claimtoken import decode_token


@pytest.fixture
def desk(house):
    return Desk(house)


async def copied(desk):
    """A node with two holders that both answer: (node, clone)."""
    node = await desk.node()
    await desk.meet(node, desk.run("web", "a", 4))
    with pytest.raises(IdentityCopied):
        await desk.meet(node, desk.run("copy", "b", 4))
    return node, desk.book.open_of(node)


async def claim(desk, token):
    answer = await desk.house.claim(decode_token(token.reveal()), key=keys.make_key(), host="copy")
    return answer.node


async def test_the_chosen_copy_gets_a_token_when_it_knocks_and_becomes_its_own_node(desk):
    node, clone = await copied(desk)
    await desk.clones.fork(OPERATOR, clone.id, "b")
    with pytest.raises(ForkDue) as due:
        await desk.meet(node, desk.run("copy", "b", 4))
    fresh = await claim(desk, due.value.token)
    await desk.meet(fresh.id, desk.run("copy", "b", 4))
    done = desk.clones.clone(OPERATOR, clone.id)

    assert fresh.id != node
    assert (fresh.space, fresh.rooms) == (desk.house.space.id, ())
    assert (done.state, done.holders[1].became) == (CloneState.FORKED, fresh.id)
    assert desk.book.open_of(node) is None
    assert desk.links[node].held_by.holder.instance == "a"


async def test_an_agent_that_cannot_fork_is_not_asked_to(desk):
    node = await desk.node()
    first, copy = desk.run("web", "a", 4), desk.run("copy", "b", 4)
    await desk.meet(node, msgspec.structs.replace(first, can_fork=False))
    with pytest.raises(IdentityCopied):
        await desk.meet(node, msgspec.structs.replace(copy, can_fork=False))
    clone = desk.book.open_of(node)
    with pytest.raises(Conflict, match="claim it anew"):
        await desk.clones.fork(OPERATOR, clone.id, "b")

    assert (await desk.clones.dismiss(OPERATOR, clone.id)).state is CloneState.DISMISSED


async def test_the_holder_of_the_link_can_be_the_one_that_leaves(desk):
    node, clone = await copied(desk)
    decided = await desk.clones.fork(OPERATOR, clone.id, "a")
    link = desk.links.pop(node)
    fresh = await claim(desk, link.forks[0])
    await desk.meet(fresh.id, desk.run("web", "a", 4))
    await desk.meet(node, desk.run("copy", "b", 4))

    assert decided.holders[0].decision is Decision.FORK
    assert desk.clones.clone(OPERATOR, clone.id).state is CloneState.FORKED
    assert desk.book.open_of(node) is None


async def test_a_copy_that_knocks_twice_gets_the_same_token(desk):
    node, clone = await copied(desk)
    await desk.clones.fork(OPERATOR, clone.id, "b")
    tokens = []
    for _ in range(2):
        with pytest.raises(ForkDue) as due:
            await desk.meet(node, desk.run("copy", "b", 4))
        tokens.append(due.value.token.reveal())

    assert tokens[0] == tokens[1]


async def test_a_fork_survives_a_restart_of_the_hub_and_the_end_of_its_token(desk):
    node, clone = await copied(desk)
    await desk.clones.fork(OPERATOR, clone.id, "b")
    with pytest.raises(ForkDue):
        await desk.meet(node, desk.run("copy", "b", 4))
    desk.begin()
    with pytest.raises(ForkDue):
        await desk.meet(node, desk.run("copy", "b", 4))
    desk.house.clock.advance(7200)
    with pytest.raises(ForkDue) as due:
        await desk.meet(node, desk.run("copy", "b", 4))

    assert (await claim(desk, due.value.token)).id != node


async def test_an_agent_that_cannot_fork_is_still_turned_away(desk):
    node, clone = await copied(desk)
    await desk.clones.fork(OPERATOR, clone.id, "b")
    with pytest.raises(IdentityCopied):
        await desk.copies.meet(node, desk.run("copy", "b", 4), can_fork=False)


async def test_a_replaced_certificate_can_be_forked_too(desk):
    node = await desk.node()
    await desk.meet(node, desk.run("web", "a"))
    with pytest.raises(IdentityCopied):
        await desk.copies.meet_retired(node, desk.run("copy", "b"), can_fork=True)
    await desk.clones.fork(OPERATOR, desk.book.open_of(node).id, "b")
    with pytest.raises(ForkDue):
        await desk.copies.meet_retired(node, desk.run("copy", "b"), can_fork=True)


async def test_one_holder_must_stay(desk):
    _, clone = await copied(desk)
    await desk.clones.fork(OPERATOR, clone.id, "b")
    with pytest.raises(Conflict, match="one holder must stay"):
        await desk.clones.fork(OPERATOR, clone.id, "a")
    with pytest.raises(Conflict, match="decided already"):
        await desk.clones.fork(OPERATOR, clone.id, "b")
    with pytest.raises(NotFound):
        await desk.clones.fork(OPERATOR, clone.id, "nobody")


async def test_a_dismissed_pair_gives_no_new_alarm(desk):
    node, clone = await copied(desk)
    await desk.clones.dismiss(OPERATOR, clone.id)
    with pytest.raises(IdentityCopied, match="told to leave it so") as caught:
        await desk.meet(node, desk.run("copy", "b", 4))

    assert caught.value.retry_after_s >= 300
    assert desk.book.open_of(node) is None
    with pytest.raises(Conflict):
        await desk.clones.dismiss(OPERATOR, clone.id)


async def test_a_third_copy_gives_an_alarm_although_a_pair_was_dismissed(desk):
    node, clone = await copied(desk)
    await desk.clones.dismiss(OPERATOR, clone.id)
    with pytest.raises(IdentityCopied):
        await desk.meet(node, desk.run("third", "c", 4))

    assert desk.book.open_of(node) is not None


async def test_what_was_decided_is_in_the_audit_log_with_who_decided(desk):
    node, clone = await copied(desk)
    await desk.clones.fork(OPERATOR, clone.id, "b")
    with pytest.raises(ForkDue) as due:
        await desk.meet(node, desk.run("copy", "b", 4))
    fresh = await claim(desk, due.value.token)
    await desk.meet(fresh.id, desk.run("copy", "b", 4))
    events = [each.event for each in desk.house.audit.events(OPERATOR)]
    told = {each.action: each.actor for each in events if each.action.startswith("clone.")}

    assert told == {
        "clone.seen": "node web",
        "clone.fork": "operator",
        "clone.token": "hub for operator",
        "clone.forked": f"node {fresh.id}",
    }


async def test_copies_of_another_space_do_not_exist(desk):
    _, clone = await copied(desk)
    stranger = Actor(name="eve", roles={"other": Role.ADMIN})
    viewer = Actor(name="vic", roles={desk.house.space.id: Role.VIEWER})

    assert desk.clones.clones(stranger) == []
    with pytest.raises(NotFound):
        desk.clones.clone(stranger, clone.id)
    with pytest.raises(NotFound):
        await desk.clones.fork(stranger, clone.id, "b")
    with pytest.raises(Denied):
        await desk.clones.dismiss(viewer, clone.id)
    with pytest.raises(Unauthenticated):
        desk.clones.clones(None)
    with pytest.raises(NotFound):
        desk.clones.clone(OPERATOR, "no-such")


async def test_a_copy_goes_with_its_node(desk):
    node, _ = await copied(desk)
    desk.house.changes.watch(desk.book.node_changed)
    await desk.house.inventory.remove(OPERATOR, node)

    assert desk.book.open_of(node) is None
    assert desk.clones.clones(OPERATOR) == []

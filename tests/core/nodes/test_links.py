import asyncio
from datetime import timedelta

import pytest

from muster.clock import SECOND_NS, ManualClock
from muster.core.changes import NodeChange
from muster.core.nodes import links as links_module
from muster.core.nodes.links import Links, LinkSettings
from muster.errors import Unavailable
from muster.model.ids import NodeId, SpaceId
from muster.model.inventory import Link, Node, NodeState, Told

PILOT = NodeId("pilot")
START_NS = 1_800_000_000 * SECOND_NS  # 15 January 2027, 08:00 UTC


class FakeSession:
    """A session that a test moves by hand."""

    def __init__(self, clock, address="192.0.2.1"):
        self._clock = clock
        self.address = address
        self.heard = clock.monotonic()
        self.last_seen_ns = clock.now_ns()
        self.hindrance = self.warning = ""
        self.told = None
        self.ended = ()
        self.over = asyncio.Event()
        self.hangs = False
        self.is_deaf = False

    @property
    def link(self):
        return Link(address=self.address, last_seen_ns=self.last_seen_ns, warning=self.warning)

    def hear(self):
        self.heard = self._clock.monotonic()
        self.last_seen_ns = self._clock.now_ns()

    async def ask(self, method, arguments):
        if self.hangs:
            await asyncio.Event().wait()
        return {"method": method, **arguments}

    async def end(self, code, text, retry_after_s=0.0):
        self.ended = (code, text, retry_after_s)
        self.over.set()
        if self.is_deaf:
            await asyncio.Event().wait()


class Book:
    """Takes last-seen times, or refuses them."""

    def __init__(self):
        self.written = {}
        self.full = False

    def touch(self, seen):
        if self.full:
            raise Unavailable("the disk is full")
        self.written |= seen


@pytest.fixture
def clock():
    return ManualClock(START_NS)


@pytest.fixture
def book():
    return Book()


@pytest.fixture
def links(clock, book):
    return Links(clock, LinkSettings(), book.touch)


def node(**parts):
    return Node(id=PILOT, space=SpaceId("s"), name="pilot", created_ns=START_NS, **parts)


async def test_a_node_with_values_is_live_and_owes_no_sentence(links, clock):
    session = FakeSession(clock)
    await links.register(PILOT, session)
    clock.advance(10)
    session.hear()

    assert links.state_of(node()) == (NodeState.LIVE, "")
    assert links.link_of(node()).address == "192.0.2.1"


async def test_a_node_of_which_not_all_is_kept_is_live_and_says_so(links, clock):
    session = FakeSession(clock)
    session.warning = "a node may have 50000 series"
    await links.register(PILOT, session)

    text = "Not all is kept: a node may have 50000 series."
    assert links.state_of(node()) == (NodeState.LIVE, text)


async def test_a_connected_node_without_values_is_stale(links, clock):
    await links.register(PILOT, FakeSession(clock))
    clock.advance(42)

    state, cause = links.state_of(node())

    assert state is NodeState.STALE
    assert "no values for 42 s; due every second" in cause
    assert "muster agent status" in cause


async def test_a_node_whose_values_come_by_another_wire_is_live_between_them(links, clock):
    await links.register(PILOT, FakeSession(clock))
    clock.advance(300)
    links.wrote(PILOT)
    links.wrote(NodeId("somebody without a link"))
    clock.advance(60)
    links.look()
    assert links.state_of(node()) == (NodeState.LIVE, "")

    clock.advance(90)
    links.look()
    assert links.state_of(node())[0] is NodeState.STALE


async def test_a_state_that_the_peer_tells_counts_before_values(links, clock):
    session = FakeSession(clock)
    session.told = Told(NodeState.LIVE, "", START_NS)
    await links.register(PILOT, session)
    clock.advance(42)
    live = links.state_of(node())
    session.told = Told(NodeState.STALE, "its parent edge hears nothing of it", clock.now_ns())

    assert live == (NodeState.LIVE, "")
    text = "Since 08:00 UTC: its parent edge hears nothing of it."
    assert links.state_of(node()) == (NodeState.STALE, text)


async def test_a_state_that_changes_by_what_the_peer_tells_is_passed_on_at_once(links, clock):
    session = FakeSession(clock)
    session.told = Told(NodeState.LIVE, "", START_NS)
    await links.register(PILOT, session)
    seen = []
    links.watch(seen.append)
    links.told_anew(PILOT)

    assert seen == [PILOT]


def test_the_next_step_is_one_that_the_nodes_own_agent_knows(links, clock):
    never = links.state_of(node(dialect="netdata"))
    clock.advance(120)
    since = links.state_of(node(dialect="netdata", last_seen_ns=START_NS))

    assert never[1].endswith("never connected. On the machine: netdatacli aclk-state")
    assert since[1].endswith("No contact since 08:00 UTC. On the machine: netdatacli aclk-state")
    assert links.link_of(node(dialect="netdata")).dialect == "netdata"


async def test_a_link_may_leave_a_state_behind_it(links, clock):
    session = FakeSession(clock)
    await links.register(PILOT, session)
    told = Told(NodeState.OFFLINE, "the agent said goodbye", clock.now_ns())
    links.unregister(PILOT, session, "goodbye", told)

    state, cause = links.state_of(node())

    assert (state, cause) == (NodeState.OFFLINE, "Since 08:00 UTC: the agent said goodbye.")
    assert links.link_of(node()).state_since_ns == clock.now_ns()


async def test_a_hub_that_takes_no_values_says_so_itself(links, clock):
    session = FakeSession(clock)
    session.hindrance = "the disk is full"
    await links.register(PILOT, session)
    clock.advance(20)

    assert links.state_of(node())[1] == "The hub takes no values: the disk is full."


async def test_a_wall_clock_that_jumps_makes_nobody_stale(links, clock):
    await links.register(PILOT, FakeSession(clock))
    clock.jump(86_400)

    assert links.state_of(node())[0] is NodeState.LIVE


async def test_a_lost_link_is_stale_first_and_offline_later(links, clock):
    session = FakeSession(clock)
    await links.register(PILOT, session)
    links.unregister(PILOT, session, "reset by the peer")
    clock.advance(5)
    lost = links.state_of(node())
    clock.advance(300)
    gone = links.state_of(node())

    assert lost == (NodeState.STALE, "Link lost 5 s ago: reset by the peer.")
    assert gone[0] is NodeState.OFFLINE
    assert gone[1].startswith("No contact since 08:00 UTC: reset by the peer.")
    assert links.link_of(node()).ended == "reset by the peer"


def test_a_node_that_never_connected_is_pending(links):
    state, cause = links.state_of(node())

    assert state is NodeState.PENDING
    assert cause.startswith("Claimed 08:00 UTC, never connected.")


def test_after_a_start_of_the_hub_agents_get_time_to_come_back(links, clock):
    clock.advance(3)
    early = links.state_of(node(last_seen_ns=START_NS - 7200 * SECOND_NS))
    clock.advance(86_400)
    late = links.state_of(node(last_seen_ns=START_NS - 7200 * SECOND_NS))

    assert early[0] is NodeState.STALE
    assert early[1].startswith("The hub started 3 s ago")
    assert late[0] is NodeState.OFFLINE
    assert late[1].startswith("No contact since 15 Jan 2027 06:00 UTC.")


async def test_revoked_wins_over_connected(links, clock):
    await links.register(PILOT, FakeSession(clock))
    revoked = node(revoked_ns=clock.now_ns(), revoked_reason="sold")

    assert links.state_of(revoked) == (NodeState.REVOKED, "Revoked 08:00 UTC: sold.")


async def test_the_newest_link_of_a_node_wins(links, clock):
    older, newer = FakeSession(clock), FakeSession(clock, "198.51.100.9")
    await links.register(PILOT, older)
    await links.register(PILOT, newer)
    links.unregister(PILOT, older, "superseded")

    assert older.ended == ("superseded", "this node has connected again from 198.51.100.9", 60.0)
    assert links.link_of(node()).address == "198.51.100.9"
    assert len(links) == 1


async def test_a_question_reaches_the_node(links, clock):
    await links.register(PILOT, FakeSession(clock))

    assert await links.ask(PILOT, "status", {"deep": True}) == {"method": "status", "deep": True}


async def test_a_question_to_nobody_is_unavailable(links):
    with pytest.raises(Unavailable, match="not connected"):
        await links.ask(PILOT, "status", {})


async def test_a_node_that_does_not_answer_is_unavailable(clock, book):
    links = Links(clock, LinkSettings(ask=timedelta(milliseconds=5)), book.touch)
    session = FakeSession(clock)
    session.hangs = True
    await links.register(PILOT, session)

    with pytest.raises(Unavailable, match="no answer within"):
        await links.ask(PILOT, "status", {})


async def run_until_over(links, *sessions):
    async with asyncio.timeout(60), asyncio.TaskGroup() as jobs:
        job = jobs.create_task(links.run())
        for each in sessions:
            await each.over.wait()
        job.cancel()


async def test_a_revoked_node_is_cut_off(links, clock):
    session = FakeSession(clock)
    await links.register(PILOT, session)
    links.node_changed(PILOT, NodeChange.EDITED)
    links.node_changed(PILOT, NodeChange.REVOKED)
    await run_until_over(links, session)

    assert session.ended[0] == "revoked"


async def test_a_node_that_takes_no_goodbye_keeps_no_other_one_linked(links, clock):
    deaf, other = FakeSession(clock), FakeSession(clock)
    deaf.is_deaf = True
    await links.register(PILOT, deaf)
    await links.register(NodeId("other"), other)
    links.node_changed(PILOT, NodeChange.REVOKED)
    links.node_changed(NodeId("other"), NodeChange.REVOKED)
    await run_until_over(links, deaf, other)

    assert deaf.ended[0] == other.ended[0] == "revoked"


async def test_a_stop_says_goodbye_to_all(links, clock):
    sessions = [FakeSession(clock), FakeSession(clock)]
    for name, session in zip("ab", sessions, strict=True):
        await links.register(NodeId(name), session)
    await links.close_all("the hub is stopping", 2.0)

    assert [each.ended for each in sessions] == [("shutdown", "the hub is stopping", 2.0)] * 2


async def test_at_the_stop_of_a_hub_many_agents_are_asked_to_come_back_one_after_the_other(
    links, clock, monkeypatch
):
    monkeypatch.setattr(links_module, "_BACK_PER_S", 2)
    sessions = [FakeSession(clock) for _ in range(5)]
    for number, session in enumerate(sessions):
        await links.register(NodeId(f"n{number}"), session)

    await links.close_all("the hub is stopping", 2.0)

    assert [session.ended[2] for session in sessions] == [2.0, 2.0, 3.0, 3.0, 4.0]


async def test_a_stop_waits_for_no_agent_that_takes_no_goodbye(links, clock, monkeypatch):
    monkeypatch.setattr(links_module, "_CLOSE_ALL_S", 0.0)
    session = FakeSession(clock)
    session.is_deaf = True
    await links.register(PILOT, session)

    await links.close_all("the hub is stopping", 2.0)

    assert len(links) == 1


async def test_watchers_hear_of_links_and_of_states_that_time_changes(links, clock):
    heard = []
    links.watch(heard.append)
    session = FakeSession(clock)
    await links.register(PILOT, session)
    links.look()
    clock.advance(20)
    links.look()
    links.look()
    links.unregister(PILOT, session, "")
    clock.advance(70)
    links.look()

    assert heard == [PILOT] * 4  # connected, stale, link lost, offline


async def test_of_many_only_those_that_may_change_are_looked_at(links, clock):
    told = []
    links.watch(told.append)
    sessions = {NodeId(f"n{number}"): FakeSession(clock) for number in range(50)}
    for id, session in sessions.items():
        await links.register(id, session)
    told.clear()
    for _ in range(60):  # one falls silent, one is heard now and then, the others always
        clock.advance(1)
        for number, session in enumerate(sessions.values()):
            if number > 1 or (number == 1 and clock.monotonic() % 20 < 1):
                session.hear()
        links.look()

    assert told.count(NodeId("n0")) == 1  # stale, and still
    assert told.count(NodeId("n1")) == 6  # stale and live, three times
    assert len(told) == 7


async def test_last_seen_is_written_in_batches_and_only_when_it_moved(links, clock, book):
    session = FakeSession(clock)
    await links.register(PILOT, session)
    links.look()
    await links.write_seen()
    first, book.written = book.written, {}
    links.look()
    await links.write_seen()

    assert first == {PILOT: START_NS}
    assert book.written == {}


async def test_last_seen_that_cannot_be_written_waits(links, clock, book, caplog):
    session = FakeSession(clock)
    await links.register(PILOT, session)
    links.unregister(PILOT, session, "")
    book.full = True
    await links.write_seen()
    book.full = False
    await links.write_seen()

    assert book.written == {PILOT: START_NS}
    assert "the disk is full" in caplog.records[0].error

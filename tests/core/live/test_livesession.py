"""One browser's session: what it may say and what it is told."""

import asyncio
import json
from datetime import timedelta

import pytest

from muster.clock import SECOND_NS, ManualClock
from muster.core.access import spaces_of
from muster.core.live import live as live_module
from muster.core.live.live import Live
from muster.core.live.livesession import SESSION_ENDED, LiveSettings
from muster.core.live.summaries import Summaries
from muster.core.querying.query import Queries
from muster.core.querying.query import Settings as QuerySettings
from muster.errors import LimitExceeded
from muster.model.access import Actor, Role, Scope
from muster.model.ids import NodeId, SpaceId
from muster.model.inventory import Node, NodeState
from muster.model.metric import Layout
from muster.ports.approvals import Queue
from muster.store.head.head import Head
from muster.store.replay import Replay
from muster.testing.cohorts import MemoryCatalogue, block_of, series_of
from muster.testing.series import MemoryStore

S = SECOND_NS
N1, S1 = NodeId("n1"), SpaceId("s1")
ANNA = Actor(name="anna", roles={S1: Role.VIEWER})
LAYOUT = Layout((series_of("cpu", "usage"),))
QUERY = {
    "select": {"measurement": "cpu"},
    "start_ns": 0,
    "end_ns": 0,
    "step_ns": S,
    "function": "last",
}


class Page:
    """A browser: a Socket of which both ends are in the test's hands."""

    def __init__(self):
        self.incoming = asyncio.Queue()
        self.got = []
        self.closed = None
        self.backlog_bytes = 0
        self.blocked = None
        self.news = asyncio.Event()

    async def send(self, message):
        if self.blocked is not None:
            await self.blocked.wait()
        self.got.append(json.loads(message))
        self.news.set()

    async def close(self, code=1000, reason=""):
        self.closed = (code, reason)
        self.incoming.put_nowait(None)

    async def __aiter__(self):
        while (message := await self.incoming.get()) is not None:
            yield message

    def say(self, **message):
        self.incoming.put_nowait(json.dumps(message))

    async def until(self, *keys, **values):
        """Wait for a message with these keys and values; take everything up to it."""
        async with asyncio.timeout(60):
            while True:
                for place, message in enumerate(self.got):
                    if all(key in message for key in keys) and values.items() <= message.items():
                        del self.got[: place + 1]
                        return message
                self.news.clear()
                await self.news.wait()


class Hub:
    """A hub with nodes n1 (space s1) and n2 (space s2), and one browser of anna's."""

    def __init__(self, actor=ANNA, **settings):
        self.clock = ManualClock()
        self.catalogue = MemoryCatalogue()
        self.head = Head(clock=self.clock)
        self.store = MemoryStore()
        self.replay = Replay()
        self.queries = Queries(
            catalogue=self.catalogue,
            head=self.head,
            store=self.store,
            replay=self.replay,
            settings=QuerySettings(starting=timedelta(0)),
        )
        self.known = {
            NodeId(id): Node(id=NodeId(id), space=SpaceId(space), name=id)
            for id, space in (("n1", "s1"), ("n2", "s2"))
        }
        self.state = NodeState.LIVE
        self.live = Live(
            queries=self.queries,
            summaries=Summaries(clock=self.clock),
            inventory=self,
            links=self,
            views=lambda nodes, actor: list(nodes),
            pulse=lambda: {"links": 1},
            queues=lambda: self.waiting,
            clock=self.clock,
            settings=LiveSettings(**settings),
        )
        self.waiting = {SpaceId("s1"): Queue(1, 5), SpaceId("s2"): Queue(3, 9)}
        self.actor = actor
        self.members = frozenset()  # of the room in which somebody has a role
        self.page = Page()
        self.job = None

    # core.nodes.inventory and core.nodes.links, as far as Live asks

    def nodes(self, actor):
        assert actor.operator
        return list(self.known.values())

    def find(self, id):
        return self.known.get(id)

    def scope(self, actor, action, space=""):
        return Scope(spaces_of(actor, action), self.members if actor.room_roles else frozenset())

    def state_of(self, node):
        return self.state, ""

    def last_seen_ns(self, node):
        return max(node.last_seen_ns, 7)

    async def still(self):
        return self.actor

    async def __aenter__(self):
        self.jobs = asyncio.TaskGroup()
        await self.jobs.__aenter__()
        self.job = self.jobs.create_task(self.live.serve(self.actor, self.page, self.still))
        return self

    async def __aexit__(self, *_):
        self.page.incoming.put_nowait(None)
        await self.job
        await self.jobs.__aexit__(None, None, None)
        self.queries.close()

    async def tick(self, *, send=True):
        self.clock.advance(1)
        if send:
            cohort = self.catalogue.cohort(N1, LAYOUT)
            block = block_of(LAYOUT, {self.clock.now_ns(): [1.5]})
            self.head.append(cohort, block, 1)
            await self.live.take(cohort, block)
        self.live.tick()


async def test_a_page_that_asks_for_nodes_is_told_at_once_and_then_every_second():
    async with Hub() as hub:
        hub.page.say(nodes=True)
        first = await hub.page.until("nodes")
        await hub.tick()
        second = await hub.page.until("nodes")

    assert [row["id"] for row in first["nodes"]] == ["n1"]
    assert second["t"] == first["t"] + S


async def test_a_watch_shows_its_window_and_then_what_is_new():
    async with Hub() as hub:
        for _ in range(3):
            await hub.tick()
        hub.page.say(watch="w1", query=QUERY, window_s=60)
        first = await hub.page.until("watch")
        await hub.tick()
        second = await hub.page.until("watch", "frame")
        while second["reset"]:
            second = await hub.page.until("watch", "frame")

    assert first["reset"]
    assert [value for value in first["frame"]["values"][0] if value] == [1.5] * 3
    assert second["frame"]["times"][-1] == hub.clock.now_ns()


async def test_what_the_head_lacks_of_a_window_follows_from_the_engine():
    async with Hub() as hub:
        await hub.tick()
        hub.page.say(watch="w1", query=QUERY, window_s=60)
        head_only = await hub.page.until("watch", "frame")
        whole = await hub.page.until("watch", "frame")

    assert head_only["reset"]
    assert whole["reset"]
    assert whole["frame"]["times"][-1] == hub.clock.now_ns()


async def test_an_engine_that_is_away_leaves_the_page_what_the_head_has():
    async with Hub() as hub:
        hub.store.failing = "the engine is away"
        await hub.tick()
        hub.page.say(watch="w1", query=QUERY, window_s=60)
        shown = await hub.page.until("watch", "frame")
        error = await hub.page.until("watch", "error")
        await hub.tick()
        more = await hub.page.until("watch", "frame")

    assert shown["frame"]["times"]
    assert error["error"] == {"code": "unavailable", "text": "the engine is away"}
    assert not more["reset"]


async def test_values_of_before_the_start_follow_when_the_engine_has_them():
    async with Hub() as hub:
        hub.replay.expect([1])
        await hub.tick()
        hub.page.say(watch="w1", query=QUERY, window_s=60)
        shown = await hub.page.until("watch", "frame")
        error = await hub.page.until("watch", "error")
        hub.replay.stored(1)
        await hub.tick()
        whole = await hub.page.until("watch", "frame")
        while not whole["reset"]:
            whole = await hub.page.until("watch", "frame")

    assert shown["frame"]["times"]
    assert error["error"]["code"] == "starting"
    assert whole["frame"]["times"]


async def test_a_watch_that_is_given_up_sends_no_more():
    async with Hub() as hub:
        hub.page.say(watch="w1", query=QUERY, window_s=60)
        await hub.page.until("watch")
        hub.page.say(unwatch="w1")
        hub.page.say(hub=True)
        await hub.page.until("hub")
        hub.page.got.clear()
        await hub.tick()
        await hub.page.until("hub")
        await hub.tick()
        await hub.page.until("hub")

    assert not any("watch" in message for message in hub.page.got)


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        ({"window_s": 60}, "needs a query"),
        ({"query": QUERY, "window_s": 0}, "window_s must be between 1 and 86400"),
        ({"query": {**QUERY, "function": "mean", "step_ns": -1}}, "negative"),
        ({"query": {**QUERY, "limit": 0}}, "limit"),
    ],
)
async def test_a_watch_that_cannot_be_says_why(wish, text):
    async with Hub() as hub:
        hub.page.say(watch="w1", **wish)
        error = await hub.page.until("error")

    assert error["watch"] == "w1"
    assert text in error["error"]["text"]


async def test_watches_of_a_page_are_bounded():
    async with Hub(watches=1) as hub:
        hub.page.say(watch="w1", query=QUERY)
        hub.page.say(watch="w2", query=QUERY)
        error = await hub.page.until("error")

    assert error["error"]["text"] == "a page has up to 1 watches"


async def test_a_page_sees_the_values_of_its_own_space():
    async with Hub() as hub:
        other = Layout((series_of("cpu", "usage", node="n2", space="s2"),))
        await hub.tick()
        hub.catalogue.cohort(NodeId("n2"), other)
        hub.page.say(watch="w1", query=QUERY)
        frame = (await hub.page.until("watch"))["frame"]

    assert [dict(map(tuple, one["tags"]))["space"] for one in frame["series"]] == ["s1"]


@pytest.mark.parametrize(
    "message",
    [
        "no json",
        "[]",
        '{"nodes":7}',
        '{"strange":1}',
        "x" * 70_000,
        b'{"watch":"\xff"}',
        '{"watch":"\ud800"}',
        "[" * 60_000,
    ],
)
async def test_nonsense_closes_the_page_with_the_reason(message):
    async with Hub() as hub:
        hub.page.incoming.put_nowait(message)
        await hub.job

    code, reason = hub.page.closed
    assert code == 1008
    assert "message" in reason


async def test_a_page_that_talks_too_much_is_closed():
    async with Hub(messages_per_minute=5) as hub:
        for _ in range(6):
            hub.page.say(hub=True)
        await hub.job

    assert hub.page.closed == (1008, "too many messages on a live page")


async def test_an_admin_is_told_who_waits_and_again_when_that_changes():
    async with Hub(Actor(name="ada", roles={S1: Role.ADMIN})) as hub:
        hub.page.say(approvals=True)
        first = await hub.page.until("approvals")
        await hub.tick()
        await hub.page.until("t")
        hub.waiting = {S1: Queue(1, 6)}
        await hub.tick()
        then = await hub.page.until("approvals")

    assert first == {"approvals": {"waiting": 1, "newest_ns": 5}}
    assert then == {"approvals": {"waiting": 1, "newest_ns": 6}}


async def test_who_decides_nowhere_is_not_told_who_waits():
    async with Hub() as hub:
        hub.page.say(approvals=True)
        told = await hub.page.until("approvals")

    assert told == {"approvals": {"waiting": 0, "newest_ns": 0}}


async def test_an_ended_sign_in_ends_its_page():
    async with Hub() as hub:
        hub.page.say(nodes=True)
        await hub.page.until("nodes")
        hub.actor = None
        hub.clock.advance(11)
        await hub.tick()
        await hub.job

    assert hub.page.closed == (SESSION_ENDED, "the sign-in has ended")


async def test_a_role_that_was_taken_away_hides_its_nodes():
    async with Hub() as hub:
        hub.page.say(nodes=True)
        await hub.page.until("nodes")
        hub.actor = Actor(name="anna", roles={SpaceId("s2"): Role.VIEWER})
        hub.clock.advance(11)
        await hub.tick()
        told = await hub.page.until("nodes")

    assert [row["id"] for row in told["nodes"]] == ["n2"]


async def test_a_role_elsewhere_begins_the_watches_anew_with_what_may_be_seen_now():
    async with Hub() as hub:
        await hub.tick()
        elsewhere = Layout((series_of("cpu", "usage", node="n2", space="s2"),))
        cohort = hub.catalogue.cohort(NodeId("n2"), elsewhere)
        hub.head.append(cohort, block_of(elsewhere, {hub.clock.now_ns(): [2.5]}), 1)
        hub.page.say(watch="w1", query=QUERY)
        await hub.page.until("watch", "frame")
        hub.actor = Actor(name="anna", roles={SpaceId("s2"): Role.VIEWER})
        hub.clock.advance(11)
        await hub.tick()
        told = await hub.page.until("watch", "frame")
        await hub.tick()
        later = await hub.page.until("t")

    seen = {dict(map(tuple, one["tags"]))["space"] for one in told["frame"]["series"]}
    assert (told["reset"], seen) == (True, {"s2"})
    assert "frame" not in later


async def test_who_may_read_no_more_values_is_signed_out():
    async with Hub() as hub:
        hub.page.say(watch="w1", query=QUERY)
        await hub.page.until("watch")
        hub.actor = Actor(name="anna")
        hub.clock.advance(11)
        await hub.tick()
        await hub.job

    assert hub.page.closed == (SESSION_ENDED, "the sign-in has ended")


async def test_a_slow_page_misses_ticks_and_then_gets_the_newest():
    async with Hub() as hub:
        hub.page.say(nodes=True)
        await hub.page.until("nodes")
        hub.page.blocked = asyncio.Event()
        for _ in range(5):
            await hub.tick()
            await asyncio.sleep(0)
        hub.page.blocked.set()
        await hub.tick()
        told = await hub.page.until("nodes")
        if told["t"] < hub.clock.now_ns():
            told = await hub.page.until("nodes")

    assert told["t"] == hub.clock.now_ns()
    assert hub.live.skipped >= 3


async def test_a_page_with_a_full_buffer_is_told_nothing():
    async with Hub(backlog_bytes=10) as hub:
        hub.page.say(hub=True)
        await hub.page.until("hub")
        hub.page.backlog_bytes = 11
        await hub.tick()
        for _ in range(20):
            await asyncio.sleep(0)

    assert hub.live.skipped == 1
    assert hub.page.got == []


async def test_a_silent_page_gets_a_sign_of_life():
    async with Hub() as hub:
        await asyncio.sleep(0)
        await hub.tick(send=False)
        told = await hub.page.until("t")

    assert told == {"t": hub.clock.now_ns()}


async def test_pages_are_bounded():
    async with Hub(clients=1) as hub:
        await asyncio.sleep(0)
        with pytest.raises(LimitExceeded, match="1 live pages"):
            await hub.live.serve(ANNA, Page(), hub.still)


async def test_pages_of_one_user_are_bounded_and_leave_room_for_others():
    other = Page()
    other.incoming.put_nowait(None)
    async with Hub(clients=3, clients_per_user=1) as hub:
        await asyncio.sleep(0)
        with pytest.raises(LimitExceeded, match="'anna' has 1 live pages open already"):
            await hub.live.serve(ANNA, Page(), hub.still)
        await hub.live.serve(Actor(name="bert", roles=ANNA.roles), other, hub.still)
    again = Page()
    again.incoming.put_nowait(None)

    await hub.live.serve(ANNA, again, hub.still)


async def test_the_windows_of_a_page_together_are_bounded():
    async with Hub(values=100) as hub:
        await hub.tick()
        hub.page.say(watch="w1", query=QUERY, window_s=60)
        await hub.page.until("watch", "frame")
        hub.page.say(watch="w2", query=QUERY, window_s=50)
        refused = (await hub.page.until("error", watch="w2"))["error"]
        hub.page.say(watch="w3", query=QUERY, window_s=40)
        shown = await hub.page.until(watch="w3")  # the rest of w1 may come before it

    assert refused["code"] == "limit_exceeded"
    assert "a window of 50 values" in refused["text"]
    assert "room for 40" in refused["text"]
    assert "frame" in shown


async def test_who_has_a_role_in_a_room_sees_its_nodes_come_and_go():
    bob = Actor(name="bob", room_roles={"r": Role.VIEWER})
    async with Hub(bob) as hub:
        hub.members = frozenset({"n2"})
        hub.page.say(nodes=True)
        first = await hub.page.until("nodes")
        await hub.tick()
        hub.members = frozenset({"n1"})
        await hub.tick()
        come = await hub.page.until("node")
        gone = await hub.page.until("gone")
        then = await hub.page.until("nodes")

    assert [row["id"] for row in first["nodes"]] == ["n2"]
    assert (come["node"]["id"], gone["gone"]) == ("n1", "n2")
    assert [row["id"] for row in then["nodes"]] == ["n1"]


async def test_a_watch_begins_anew_with_the_nodes_that_are_in_the_room_now():
    bob = Actor(name="bob", room_roles={"r": Role.VIEWER})
    async with Hub(bob) as hub:
        await hub.tick()
        hub.page.say(watch="w1", query=QUERY)
        before = await hub.page.until("watch", "frame")
        hub.members = frozenset({"n1"})
        await hub.tick()
        after = await hub.page.until("watch", "frame")

    assert before["frame"]["series"] == []
    assert (after["reset"], len(after["frame"]["series"])) == (True, 1)


async def test_a_page_that_asks_for_a_large_table_gets_all_of_it_and_then_a_piece_a_second(
    monkeypatch,
):
    monkeypatch.setattr(live_module, "PIECE", 1)
    both = Actor(name="ben", roles={S1: Role.VIEWER, SpaceId("s2"): Role.VIEWER})
    async with Hub(both) as hub:
        hub.page.say(nodes=True)
        whole = [(await hub.page.until("nodes"))["nodes"] for _ in range(2)]
        await hub.tick()
        third = (await hub.page.until("nodes"))["nodes"]
        await hub.tick()
        fourth = (await hub.page.until("nodes"))["nodes"]

    names = [[row["id"] for row in each] for each in (*whole, third, fourth)]
    assert sorted(names[:2]) == [["n1"], ["n2"]]
    assert names[2:] == names[:2]

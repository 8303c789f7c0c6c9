import pytest
from linkdesk import CHILD, NODE, LinkDesk

from muster.errors import InputError, Unavailable
from muster.faces.netdata.session import WARM_UP_S
from muster.log import Secret
from muster.model.clone import CloneHolder
from muster.model.inventory import NodeState


class FakeSpeaker:
    """An agent's link without an agent."""

    def __init__(self, desk, node=NODE):
        self._clock = desk.clock
        self._began = desk.clock.monotonic()
        self.node = node
        self.claim_id = "c"
        self.address = "192.0.2.1"
        self.since_ns = self.last_seen_ns = desk.clock.now_ns()
        self.heard = self._began
        self.warning = ""
        self.queries = None
        self.held_by = CloneHolder(hostname="web")
        self.left = ()

    @property
    def age_s(self):
        return self._clock.monotonic() - self._began

    async def is_alive(self):
        return True

    async def leave(self, code, text, retry_after_s):
        self.left = (code, text, retry_after_s)


@pytest.fixture
def desk():
    desk = LinkDesk()
    desk.core.add_child()
    return desk


async def report(desk, speaker, node=NODE, live=True, queryable=True):
    return await desk.around.sessions.report(
        node, speaker, int(node != speaker.node), is_live=live, is_queryable=queryable
    )


async def test_a_node_has_one_session_however_often_it_is_reported(desk):
    speaker = FakeSpeaker(desk)
    first = await report(desk, speaker)

    assert await report(desk, speaker) is first is desk.core_links.session_of(NODE)


async def test_a_state_that_stays_keeps_its_since(desk):
    speaker = FakeSpeaker(desk)
    await report(desk, speaker)
    began = desk.clock.now_ns()
    desk.clock.advance(60)
    session = await report(desk, speaker)

    assert session.told.since_ns == began


async def test_watchers_hear_of_a_change_of_state_at_once_and_of_nothing_else(desk):
    speaker, seen = FakeSpeaker(desk), []
    await report(desk, speaker, CHILD)
    desk.core_links.watch(seen.append)
    await report(desk, speaker, CHILD)
    await report(desk, speaker, CHILD, live=False)

    assert seen == [CHILD]


async def test_an_own_link_answers_before_a_parent_does(desk):
    parent, own = FakeSpeaker(desk), FakeSpeaker(desk, CHILD)
    session = await report(desk, parent, CHILD)
    await report(desk, own, CHILD)

    assert (session.best.speaker, session.link.via) == (own, "")
    assert session.held_by.hostname == "web"


async def test_watchers_hear_that_another_speaks_for_a_node_now(desk):
    parent, own, seen = FakeSpeaker(desk), FakeSpeaker(desk, CHILD), []
    await report(desk, parent, CHILD)
    began = desk.clock.now_ns()
    desk.core_links.watch(seen.append)
    desk.clock.advance(60)
    session = await report(desk, own, CHILD)
    heard = list(seen)
    desk.around.sessions.leave(own, [CHILD], "gone")

    assert (heard, seen) == ([CHILD], [CHILD, CHILD])
    assert (session.told.since_ns, session.link.via) == (began, NODE)


async def test_a_parent_that_hears_a_node_answers_before_its_own_silent_link(desk):
    parent, own = FakeSpeaker(desk), FakeSpeaker(desk, CHILD)
    session = await report(desk, own, CHILD, live=False)
    desk.clock.advance(WARM_UP_S)
    await report(desk, parent, CHILD)

    assert (session.best.speaker, session.link.via) == (parent, NODE)
    assert session.held_by == CloneHolder()


async def test_when_one_way_ends_the_other_stays(desk):
    parent, own = FakeSpeaker(desk), FakeSpeaker(desk, CHILD)
    session = await report(desk, parent, CHILD)
    await report(desk, own, CHILD)
    desk.around.sessions.leave(own, [CHILD], "gone")
    stays = desk.core_links.session_of(CHILD)
    desk.around.sessions.leave(parent, [CHILD, NODE], "gone")

    assert stays is session
    assert desk.core_links.session_of(CHILD) is None
    assert desk.state(CHILD)[0] is NodeState.OFFLINE


async def test_a_node_that_nobody_measures_was_last_seen_when_that_was_said(desk):
    speaker = FakeSpeaker(desk)
    session = await report(desk, speaker, CHILD)
    speaker.last_seen_ns += 5
    live = session.last_seen_ns
    desk.clock.advance(60)
    await report(desk, speaker, CHILD, live=False)
    said = desk.clock.now_ns()
    desk.clock.advance(60)
    speaker.last_seen_ns = desk.clock.now_ns()

    assert (live, session.last_seen_ns) == (speaker.since_ns + 5, said)


async def test_an_agent_that_measures_nothing_is_stale_once_it_is_warm(desk):
    speaker = FakeSpeaker(desk)
    await report(desk, speaker, live=False)
    early = desk.state()[0]
    desk.clock.advance(WARM_UP_S)
    desk.around.sessions.look_at(NODE)
    desk.around.sessions.look_at(CHILD)

    assert early is NodeState.LIVE
    assert "measures nothing" in desk.state()[1]


async def test_the_end_of_a_node_ends_its_own_link_and_no_parents(desk):
    parent, own = FakeSpeaker(desk), FakeSpeaker(desk, CHILD)
    session = await report(desk, parent, CHILD)
    await report(desk, own, CHILD)
    await session.end("revoked", "revoked at the hub", 3)

    assert (own.left, parent.left) == (("revoked", "revoked at the hub", 3), ())
    assert desk.core_links.session_of(CHILD) is None


async def test_a_node_nobody_speaks_for_needs_no_forgetting(desk):
    assert await report(desk, FakeSpeaker(desk), CHILD, live=False, queryable=False) is None

    desk.around.sessions.drop(CHILD, "gone")


async def test_questions_of_our_own_wire_are_refused(desk):
    session = await report(desk, FakeSpeaker(desk))

    assert await session.is_alive()
    with pytest.raises(InputError, match="no such question"):
        await session.ask("sources", {})
    with pytest.raises(Unavailable, match="claim it anew"):
        await session.fork(Secret("t"), "copy")


async def test_what_a_link_cannot_keep_is_said(desk):
    speaker = FakeSpeaker(desk)
    speaker.warning = "a node may have 3 contexts"
    session = await report(desk, speaker)

    assert session.warning == session.link.warning == "a node may have 3 contexts"
    assert (session.hindrance, session.heard) == ("", 0.0)

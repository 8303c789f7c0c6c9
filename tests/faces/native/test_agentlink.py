"""An agent written out by hand talks to one link, over a socket that is two queues."""

import asyncio
import gc
import weakref
from array import array
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from muster.clock import ManualClock
from muster.core.changes import NodeChange
from muster.core.enrolment.admission import CredentialRefused
from muster.core.enrolment.clones import ForkDue
from muster.core.enrolment.holders import IdentityCopied
from muster.core.intake.trim import Refused
from muster.core.nodes.links import Links, LinkSettings
from muster.errors import InputError, LimitExceeded, Unavailable
from muster.faces.native.agentlink import AgentLink
from muster.faces.native.linkcontext import LinkContext, LinkFaceSettings
from muster.log import Secret
from muster.model.clone import Holder
from muster.model.identity import Credential, CredentialState, Identity
from muster.model.ids import NodeId, SpaceId
from muster.model.inventory import Facts, Node, NodeState
from muster.model.metric import Block, Kind, Layout, Series
from muster.net.http import Request
from muster.wire.columns import ColumnEncoder
from muster.wire.link import LinkCodec, Role
from muster.wire.messages import (
    Ack,
    Answer,
    Ask,
    Beat,
    Fork,
    Goodbye,
    Hello,
    Later,
    Push,
    Renew,
    Renewed,
    Welcome,
)

ID = "6f1c1a52-0000-4000-8000-000000000001"
IDENTITY = Identity(ID, SpaceId(ID), NodeId(ID))
LAYOUT = Layout((Series("cpu", (("cpu", "cpu0"),), "usage", Kind.INTEGER),))


class FakeSocket:
    """Both ends of a WebSocket in one process."""

    def __init__(self):
        self.to_hub = asyncio.Queue()
        self.to_agent = asyncio.Queue()
        self.closed = ()
        self.stuck = False

    async def send(self, message):
        if self.closed:
            raise ConnectionResetError("closed")
        if self.stuck:
            await asyncio.Event().wait()
        self.to_agent.put_nowait(message)

    async def close(self, code=1000, reason=""):
        self.closed = self.closed or (code, reason)
        self.to_hub.put_nowait(None)
        self.to_agent.put_nowait(None)

    async def __aiter__(self):
        while (message := await self.to_hub.get()) is not None:
            yield message

    @property
    def backlog_bytes(self):
        return 0


class Agent:
    """The far end of a FakeSocket."""

    def __init__(self, socket):
        self.socket = socket
        self.codec = LinkCodec(Role.AGENT)
        self.encoder = ColumnEncoder()
        self.sequence = 0

    def say(self, message):
        self.socket.to_hub.put_nowait(self.codec.send(message))

    def hello(self, **parts):
        defaults = {"versions": (1,), "epoch": "e", "first": 1, "last": 0, "time_ns": 0}
        self.say(Hello(**(defaults | parts), facts=Facts(hostname="pilot")))

    def push(self, sequence, *, key=False, unsent=0):
        block = Block(LAYOUT, array("q", [sequence]), array("q", [sequence * 10]))
        body = self.encoder.encode([block], key=key)
        self.say(Push(sequence=sequence, key=key, body=body, unsent=unsent))

    async def hear(self, kind):
        """The next message of a kind; Beats in between are passed over."""
        async with asyncio.timeout(60):
            while True:
                data = await self.socket.to_agent.get()
                if data is None:
                    raise AssertionError(f"closed before {kind.__name__}")
                message = self.codec.receive(data)[0]
                if isinstance(message, kind):
                    return message
                assert isinstance(message, Beat), message

    async def welcome(self):
        self.hello()
        return await self.hear(Welcome)


class FakeHub:
    """Enrolment, inventory and ingest in one."""

    def __init__(self):
        self.name = "pilot"
        self.refusal = None
        self.admitted = self.refuse_after = 0
        self.tell_verdict = list
        self.not_after_ns = 1 << 62
        self.renew_error = None
        self.renew_gate = asyncio.Event()
        self.renew_gate.set()
        self.judgement = None
        self.checked = 0
        self.met = self.met_retired = ()
        self.facts = None
        self.facts_error = None
        self.refusal_of_values = Refused(0, "", 0.0)
        self.on_disk = 0
        self.stored = []
        self.error = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def activate(self, identity, certificate, address=""):
        if self.refusal:
            raise self.refusal
        self.admitted += 1
        if self.admitted == self.refuse_after:
            self.tell_verdict()
            self.refusal = CredentialRefused("node_revoked", "this node was revoked")
        return Credential(
            serial="1",
            node=identity.node,
            sha256="",
            key_sha256="",
            issuer="",
            not_before_ns=0,
            not_after_ns=self.not_after_ns,
            state=CredentialState.ACTIVE,
        )

    async def renew(self, identity, request, *, certificate=b""):
        await self.renew_gate.wait()
        if self.renew_error:
            raise self.renew_error
        return Renewed(chain=f"chain for {request}", anchors="anchors")

    async def check(self, identity, certificate):
        self.checked += 1
        if self.refusal:
            raise self.refusal

    async def meet(self, node, visitor, *, can_fork):
        self.met = (visitor, can_fork)
        if self.judgement:
            raise self.judgement

    async def meet_retired(self, node, visitor, *, can_fork):
        self.met_retired = (visitor, can_fork)
        if self.judgement:
            raise self.judgement

    def find(self, id):
        return Node(id=id, space=IDENTITY.space, name=self.name)

    async def update_facts(self, id, facts, address=""):
        if self.facts_error:
            raise self.facts_error
        self.facts = facts

    def acked(self, node, epoch):
        return self.on_disk

    def refused(self, node):
        return self.refusal_of_values

    async def accept_all(self, identity, name, batches):
        await self.gate.wait()
        for batch in batches:
            if self.error:
                raise self.error
            self.stored.append((name, batch.epoch, batch.sequence, batch.blocks[0].values[0]))
        return batches[-1].sequence


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def hub():
    return FakeHub()


@pytest.fixture
def context(clock, hub):
    links = Links(clock, LinkSettings(), lambda seen: None)
    return LinkContext(
        links=links,
        enrolment=hub,
        inventory=hub,
        ingest=hub,
        copies=hub,
        clock=clock,
        settings=LinkFaceSettings(heartbeat=timedelta(seconds=3600)),
    )


@asynccontextmanager
async def linked(context, address="192.0.2.1", settle=list):
    socket = FakeSocket()
    request = Request(
        method="GET", path="/v1/link", address=address, peer_certificate=b"der", settle=settle
    )
    link = AgentLink(context, request, IDENTITY, socket)
    async with asyncio.TaskGroup() as jobs:
        jobs.create_task(link.run())
        yield Agent(socket), link
        await socket.close()


async def turns():
    """Enough of the loop for all that was said; a time would be too short on a busy machine."""
    for _ in range(100):
        await asyncio.sleep(0)


def state(context):
    return context.links.state_of(Node(id=IDENTITY.node, space=IDENTITY.space, name="pilot"))


async def test_a_welcome_says_what_is_on_disk(context, hub):
    hub.on_disk = 41
    async with linked(context) as (agent, _):
        welcome = await agent.welcome()

    assert (welcome.node, welcome.name, welcome.acked, welcome.version) == (ID, "pilot", 41, 1)
    assert hub.facts == Facts(hostname="pilot")


async def test_a_copy_of_an_agent_that_answers_is_turned_away(context, hub):
    hub.judgement = IdentityCopied("in use by another machine", 5.0)
    async with linked(context) as (agent, _):
        agent.hello(holder=Holder(instance="two", counter=3))
        goodbye = await agent.hear(Goodbye)

    assert (goodbye.code, goodbye.retry_after_s) == ("identity_copied", 5.0)
    assert hub.met[0].holder == Holder(instance="two", counter=3)
    assert hub.met[0].hostname == "pilot"


async def test_a_copy_uses_no_certificate_before_it_is_judged(context, hub):
    async with linked(context) as (first, _):
        first.hello(holder=Holder(instance="one"))
        await first.hear(Welcome)
        used = hub.admitted
        hub.judgement = IdentityCopied("in use by another machine", 5.0)
        async with linked(context) as (second, _):
            second.hello(holder=Holder(instance="two"))
            assert (await second.hear(Goodbye)).code == "identity_copied"

    assert (hub.admitted, hub.checked) == (used, 1)


async def test_a_holder_that_shall_fork_is_told_by_which_token(context, hub):
    hub.judgement = ForkDue(Secret("token"), "a copy")
    async with linked(context) as (agent, _):
        agent.hello(capabilities=("fork",))

        assert (await agent.hear(Fork)).token == "token"
        assert (await agent.hear(Goodbye)).code == "identity_forked"


async def test_a_holder_with_a_replaced_certificate_is_noticed(context, hub):
    hub.refusal = CredentialRefused("credential_retired", "replaced")
    async with linked(context) as (agent, _):
        agent.hello(holder=Holder(instance="old"))

        assert (await agent.hear(Goodbye)).code == "credential_retired"
    assert hub.met_retired[0].holder.instance == "old"


async def test_a_link_is_alive_when_its_agent_returns_a_beat(context):
    async with linked(context) as (agent, link):
        await agent.welcome()
        asked = asyncio.ensure_future(link.is_alive())
        await asyncio.sleep(0)
        while not asked.done():
            beat = await agent.hear(Beat)
            agent.say(Beat(time_ns=1, echo_ns=beat.time_ns))
            for _ in range(10):
                await asyncio.sleep(0)

        assert await asked


async def test_a_link_that_ends_is_not_alive(context):
    async with linked(context) as (agent, link):
        await agent.welcome()
        asked = asyncio.ensure_future(link.is_alive())
        await asyncio.sleep(0)
        await agent.socket.close()

        assert not await asked


async def test_an_agent_too_old_to_fork_is_named(context):
    async with linked(context) as (agent, link):
        await agent.welcome()

        with pytest.raises(Unavailable, match="too old"):
            await link.fork(Secret("token"), "a copy")


async def test_a_node_revoked_while_it_connects_is_cut_off(context, hub):
    hub.refuse_after = 1
    hub.tell_verdict = lambda: context.node_changed(IDENTITY.node, NodeChange.REVOKED)
    async with linked(context) as (agent, _):
        agent.hello()

        assert (await agent.hear(Goodbye)).code == "node_revoked"


async def test_a_certificate_that_nobody_judged_meanwhile_is_asked_about_once(context, hub):
    context.node_changed(IDENTITY.node, NodeChange.EDITED)
    async with linked(context) as (agent, _):
        await agent.welcome()

    assert hub.admitted == 1


async def test_once_an_agent_is_welcome_the_listener_lets_in_the_next(context):
    settled = []
    async with linked(context, settle=lambda: settled.append("in")) as (agent, _):
        await agent.welcome()

    assert settled == ["in"]


async def test_a_link_ends_with_its_certificate_whatever_the_wall_clock_says(context, hub, clock):
    context.settings = LinkFaceSettings(
        heartbeat=timedelta(milliseconds=100), silence=timedelta(days=9)
    )
    hub.not_after_ns = clock.now_ns() + 60 * 1_000_000_000
    async with linked(context) as (agent, _):
        await agent.welcome()
        clock.jump(86_400)
        await agent.hear(Beat)
        await agent.hear(Beat)
        clock.advance(61)

        assert (await agent.hear(Goodbye)).code == "credential_expired"


async def test_batches_are_stored_in_order_and_then_acknowledged(context, hub):
    async with linked(context) as (agent, _):
        await agent.welcome()
        agent.push(1, key=True)
        agent.push(2)
        last = 0
        while last < 2:
            last = (await agent.hear(Ack)).sequence

    assert hub.stored == [("pilot", "e", 1, 10), ("pilot", "e", 2, 20)]


async def test_nothing_is_acknowledged_before_it_is_stored(context, hub):
    hub.gate.clear()
    async with linked(context) as (agent, _):
        await agent.welcome()
        agent.push(1, key=True)
        await turns()
        kinds = [type(agent.codec.receive(data)[0]) for data in drain(agent.socket)]

        assert Ack not in kinds
        hub.gate.set()
        assert (await agent.hear(Ack)).sequence == 1


def drain(socket):
    found = []
    while not socket.to_agent.empty():
        found.append(socket.to_agent.get_nowait())
    return found


async def test_acknowledgements_are_put_together_when_more_waits(context, hub):
    hub.gate.clear()
    async with linked(context) as (agent, _):
        await agent.welcome()
        for number in range(1, 7):
            agent.push(number, key=number == 1)
        await turns()
        hub.gate.set()

        assert (await agent.hear(Ack)).sequence == 6


async def test_what_is_on_disk_is_not_stored_again(context, hub):
    hub.on_disk = 2
    async with linked(context) as (agent, _):
        await agent.welcome()
        for number in (1, 2, 3):
            agent.push(number, key=number == 1)
        await agent.hear(Ack)

    assert [each[2] for each in hub.stored] == [3]


async def test_a_hub_that_cannot_store_says_later_and_takes_it_up_again(context, hub, clock):
    hub.error = Unavailable("the disk is full", retry_after_s=5)
    async with linked(context) as (agent, link):
        await agent.welcome()
        agent.push(1, key=True)
        agent.push(2)
        later = await agent.hear(Later)
        clock.advance(60)
        agent.push(1, key=True)  # tried again, and still not taken
        await agent.hear(Later)
        cause = state(context)
        hub.error = None
        agent.push(1, key=True)
        agent.push(2)
        while (await agent.hear(Ack)).sequence < 2:
            pass

        assert (later.acked, later.retry_after_s, later.reason) == (0, 5.0, "the disk is full")
        assert cause == (NodeState.STALE, "The hub takes no values: the disk is full.")
        assert link.hindrance == ""
    assert [each[2] for each in hub.stored] == [1, 2]


async def test_what_can_never_be_kept_is_told_with_the_acknowledgement_and_shown(
    context, hub, clock
):
    async with linked(context) as (agent, link):
        await agent.welcome()
        hub.refusal_of_values = Refused(4, "too many series", clock.monotonic())
        agent.push(1, key=True)
        ack = await agent.hear(Ack)
        agent.push(2)
        following = await agent.hear(Ack)

        assert ack == Ack(sequence=1, refused=4, reason="too many series")
        assert following == Ack(sequence=2)
        assert link.link.warning == "too many series"
        assert state(context) == (NodeState.LIVE, "Not all is kept: too many series.")


async def test_a_node_over_a_limit_is_put_off_and_not_out(context, hub):
    hub.error = LimitExceeded("100 epochs within a day", retry_after_s=3_600)
    async with linked(context) as (agent, _):
        await agent.welcome()
        agent.push(1, key=True)

        later = await agent.hear(Later)
        assert (later.reason, later.retry_after_s) == ("100 epochs within a day", 3_600)


async def test_the_beat_behind_later_is_a_fence(context, hub):
    hub.error = Unavailable("the disk is full")
    async with linked(context) as (agent, _):
        await agent.welcome()
        agent.push(1, key=True)
        await agent.hear(Later)
        fence = await agent.hear(Beat)
        hub.error = None
        agent.push(9, key=True)  # was under way: would look like a loss of eight batches
        agent.say(Beat(time_ns=1, echo_ns=fence.time_ns))
        agent.push(12, key=True)  # the spool has lost what came before

        assert (await agent.hear(Ack)).sequence == 12
    assert [each[2] for each in hub.stored] == [12]


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([b""], "protocol_error"),
        ([b"\xff rubbish"], "protocol_error"),
        (["text"], "protocol_error"),
    ],
)
async def test_rubbish_is_answered_with_a_goodbye(context, messages, code):
    async with linked(context) as (agent, _):
        for message in messages:
            agent.socket.to_hub.put_nowait(message)

        assert (await agent.hear(Goodbye)).code == code
        await asyncio.sleep(0)
        assert agent.socket.closed == (1000, code)


async def test_a_broken_frame_is_answered_with_a_goodbye(context, hub):
    async with linked(context) as (agent, _):
        await agent.welcome()
        agent.say(Push(sequence=1, key=True, body=b"not zstd"))

        assert (await agent.hear(Goodbye)).code == "protocol_error"
    assert hub.stored == []
    assert "zstd" in context.links.link_of(hub.find(IDENTITY.node)).ended


async def test_a_version_we_do_not_speak_is_named(context):
    async with linked(context) as (agent, _):
        agent.hello(versions=(99,))
        goodbye = await agent.hear(Goodbye)

    assert goodbye.code == "unsupported_version"
    assert "99" in goodbye.text


async def test_without_a_hello_there_is_no_link(clock, hub, context):
    context.settings = LinkFaceSettings(hello=timedelta(milliseconds=5))
    async with linked(context) as (agent, _):
        assert "no hello" in (await agent.hear(Goodbye)).text


async def test_a_refused_certificate_is_told_why(context, hub):
    hub.refusal = CredentialRefused("node_revoked", "this node was revoked: sold")
    async with linked(context) as (agent, _):
        agent.hello()
        goodbye = await agent.hear(Goodbye)

    assert (goodbye.code, goodbye.text) == ("node_revoked", "this node was revoked: sold")
    assert len(context.links) == 0


async def test_a_hub_that_is_not_ready_says_when_to_come_back(context, hub):
    def not_ready(node, epoch):
        raise Unavailable("the journal is being read", retry_after_s=3)

    hub.acked = not_ready
    async with linked(context) as (agent, _):
        agent.hello()

        assert (await agent.hear(Goodbye)).retry_after_s == 3.0


async def test_a_full_disk_does_not_keep_a_link_from_opening(context, hub):
    hub.facts_error = Unavailable("the disk is full")
    async with linked(context) as (agent, _):
        assert (await agent.welcome()).acked == 0


async def test_a_newer_link_ends_the_older(context):
    async with (
        linked(context) as (older, _),
        linked(context, "198.51.100.2") as (newer, _),
    ):
        await older.welcome()
        newer.hello()
        goodbye = await older.hear(Goodbye)
        await newer.hear(Welcome)

        assert goodbye.code == "superseded"
        assert "198.51.100.2" in goodbye.text
        assert state(context)[0] is NodeState.LIVE


async def test_a_node_that_is_cut_stores_nothing_more(context, hub):
    async with linked(context) as (agent, _):
        await agent.welcome()
        hub.gate.clear()
        agent.push(1, key=True)
        agent.push(2)
        await turns()
        assert await context.links.cut(IDENTITY.node, "revoked", "revoked: sold")
        hub.gate.set()

        assert (await agent.hear(Goodbye)).code == "revoked"
    assert len(context.links) == 0
    assert [each[2] for each in hub.stored] in ([], [1])


async def test_a_link_that_was_cut_says_why_whatever_its_agent_answers(context, hub):
    async with linked(context) as (agent, _):
        await agent.welcome()
        agent.say(Goodbye(code="shutdown", text="the agent ends the link"))  # is not read yet
        await context.links.cut(IDENTITY.node, "revoked", "revoked: sold")

    link = context.links.link_of(Node(id=IDENTITY.node, space=IDENTITY.space, name="pilot"))
    assert link.ended == "revoked: sold"


async def test_a_peer_that_takes_nothing_is_cut_all_the_same(context):
    async with linked(context) as (agent, _):
        await agent.welcome()
        agent.socket.stuck = True
        async with asyncio.timeout(60):
            await context.links.cut(IDENTITY.node, "revoked", "revoked")

        assert agent.socket.closed


async def test_a_certificate_is_renewed_over_the_link(context):
    async with linked(context) as (agent, _):
        await agent.welcome()
        agent.say(Renew(request="csr"))

        assert (await agent.hear(Renewed)).chain == "chain for csr"


async def test_a_renewal_that_cannot_be_made_now_leaves_the_link_open(context, hub):
    hub.renew_error = Unavailable("the disk is full")
    async with linked(context) as (agent, _):
        await agent.welcome()
        agent.say(Renew(request="one"))
        await turns()
        hub.renew_error = None
        agent.say(Renew(request="two"))

        assert (await agent.hear(Renewed)).chain == "chain for two"


async def test_renewals_cannot_be_piled_up(context, hub):
    hub.renew_gate.clear()
    async with linked(context) as (agent, _):
        await agent.welcome()
        for number in range(4):
            agent.say(Renew(request=str(number)))

        assert (await agent.hear(Goodbye)).code == "protocol_error"
        hub.renew_gate.set()


async def test_a_question_goes_to_the_agent_and_its_answer_back(context):
    async with linked(context) as (agent, _), asyncio.TaskGroup() as jobs:
        await agent.welcome()
        asking = jobs.create_task(context.links.ask(IDENTITY.node, "status", {"deep": 1}))
        question = await agent.hear(Ask)
        agent.say(Answer(id=question.id, result={"ok": True}))

        assert (question.method, question.arguments) == ("status", {"deep": 1})
        assert await asking == {"ok": True}


async def test_an_agents_error_is_told_in_its_words(context):
    async with linked(context) as (agent, _), asyncio.TaskGroup() as jobs:
        await agent.welcome()
        asking = jobs.create_task(catch(context.links.ask(IDENTITY.node, "dance", {})))
        question = await agent.hear(Ask)
        agent.say(Answer(id=question.id, error="no method 'dance'"))

        error = await asking
        assert isinstance(error, InputError)
        assert "no method 'dance'" in str(error)


async def test_a_question_ends_with_its_link(context):
    async with linked(context) as (agent, _), asyncio.TaskGroup() as jobs:
        await agent.welcome()
        asking = jobs.create_task(catch(context.links.ask(IDENTITY.node, "status", {})))
        await agent.hear(Ask)
        await agent.socket.close()

        assert isinstance(await asking, Unavailable)


async def catch(asking):
    try:
        return await asking
    except (Unavailable, InputError) as error:
        return error


async def test_a_beat_measures_the_round_trip_and_the_clock(context, clock):
    async with linked(context) as (agent, link):
        await agent.welcome()
        beat = await agent.hear(Beat)
        clock.advance(0.004)
        agent.say(Beat(time_ns=clock.now_ns() + 3_000_000_000, echo_ns=beat.time_ns))
        agent.push(1, key=True, unsent=77)
        await agent.hear(Ack)

        assert link.link.round_trip_ms == 4.0
        assert link.link.clock_skew_s == 3.0
        assert link.link.unsent == 77


async def test_silence_ends_a_link(context, clock, hub):
    context.settings = LinkFaceSettings(heartbeat=timedelta(milliseconds=100))
    async with linked(context) as (agent, _):
        await agent.welcome()
        clock.advance(60)

        assert "not a word for 60 s" in (await agent.hear(Goodbye)).text


async def test_why_a_link_ended_is_remembered(context, hub):
    async with linked(context) as (agent, _):
        await agent.welcome()
        agent.say(Goodbye(code="shutdown", text="the machine goes down"))
        await turns()

        ended = context.links.link_of(hub.find(IDENTITY.node)).ended
    assert ended == "the agent ended it: the machine goes down"


async def test_a_rename_counts_from_the_next_batch(context, hub):
    async with linked(context) as (agent, _):
        await agent.welcome()
        agent.push(1, key=True)
        await agent.hear(Ack)
        hub.name = "lighthouse"
        context.node_changed(IDENTITY.node, NodeChange.EDITED)
        agent.push(2)
        await agent.hear(Ack)

    assert [each[0] for each in hub.stored] == ["pilot", "lighthouse"]


async def test_a_large_frame_is_decoded_elsewhere_and_in_order(context, hub):
    context.settings = LinkFaceSettings(thread_bytes=1)
    async with linked(context) as (agent, _):
        await agent.welcome()
        for number in (1, 2, 3):
            agent.push(number, key=number == 1)
        while (await agent.hear(Ack)).sequence < 3:
            pass

    assert [each[2] for each in hub.stored] == [1, 2, 3]


async def test_a_hub_that_stops_says_goodbye_and_waits_for_nobody(context):
    async with linked(context) as (agent, link):
        await agent.welcome()
        await link.end("shutdown", "the hub is stopping", 3.0)
        told = await agent.hear(Goodbye)

        assert (told.code, told.retry_after_s) == ("shutdown", 3.0)
        assert context.links.session_of(IDENTITY.node) is link  # the agent goes by itself


async def test_a_link_that_ended_is_forgotten_without_the_garbage_collector(context):
    gc.disable()
    try:
        async with linked(context) as (agent, link):
            await agent.welcome()
            await agent.hear(Beat)
            ended = weakref.ref(link)
        del agent, link
        await asyncio.sleep(0)

        assert ended() is None
    finally:
        gc.enable()

"""What one link says of probes: once, and again when they change."""

import pytest

from muster.clock import ManualClock
from muster.errors import InputError, Unavailable
from muster.faces.native.linkprobes import AGAIN_S, LinkProbes
from muster.model.inventory import Facts
from muster.model.probe import PingProbe
from muster.wire.messages import Hello


class Gives:
    """Probes that a test sets."""

    def __init__(self):
        self.version = 0
        self.probes = ()
        self.notes = []

    def given_to(self, node):
        assert node == "n"
        return self.probes

    def note(self, node, probes, fault):
        self.notes.append(fault)


class Agent:
    """Answers, or fails as it is told."""

    def __init__(self):
        self.asked = []
        self.error = None

    async def ask(self, method, arguments):
        self.asked.append((method, arguments))
        if self.error:
            raise self.error


@pytest.fixture
def gives():
    return Gives()


@pytest.fixture
def agent():
    return Agent()


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def link(gives, agent, clock):
    return LinkProbes(gives, "n", clock, agent.ask)


def hello(*capabilities):
    return Hello(
        versions=(1,),
        capabilities=capabilities,
        epoch="e",
        first=1,
        last=0,
        time_ns=0,
        facts=Facts(),
    )


async def look(link):
    if link.is_due():
        await link.tell()


async def test_an_agent_is_told_once_even_that_there_are_none(link, agent, gives):
    link.begin(hello("probes"))
    await look(link)
    await look(link)

    assert agent.asked == [("probes", {"probes": ()})]
    assert gives.notes == [""]


async def test_an_agent_is_told_again_only_of_what_has_changed_for_it(link, agent, gives):
    link.begin(hello("probes"))
    await look(link)
    gives.version = 1
    await look(link)
    assert len(agent.asked) == 1
    gives.version, gives.probes = 2, (PingProbe(url="x"),)
    await look(link)
    assert agent.asked[1][1]["probes"][0]["url"] == "x"


async def test_an_old_agent_is_told_nothing_and_that_is_shown(link, agent, gives):
    link.begin(hello("ask"))
    await look(link)

    assert agent.asked == []
    assert "too old" in gives.notes[0]


async def test_a_refusal_is_kept_and_not_repeated(link, agent, gives):
    agent.error = InputError("the node says: none of it")
    link.begin(hello("probes"))
    await look(link)
    await look(link)

    assert gives.notes == ["the node says: none of it"]
    assert len(agent.asked) == 1


async def test_what_could_not_be_told_is_told_a_minute_later(link, agent, clock, gives):
    agent.error = Unavailable("busy")
    link.begin(hello("probes"))
    await look(link)
    await look(link)
    assert (len(agent.asked), gives.notes) == (1, [])
    agent.error = None
    clock.advance(AGAIN_S)
    await look(link)

    assert (len(agent.asked), gives.notes) == (2, [""])


async def test_nothing_is_said_after_the_end_or_without_probes(link, agent):
    link.begin(hello("probes"))
    link.end()
    await look(link)
    without = LinkProbes(None, "n", ManualClock(), agent.ask)
    without.begin(hello("probes"))
    await without.tell()

    assert not without.is_due()
    assert agent.asked == []


async def test_records_that_cannot_be_read_end_no_link(link, agent, clock, gives, monkeypatch):
    def away(_node):
        raise Unavailable("the disk is away")

    link.begin(hello("probes"))
    with monkeypatch.context() as patch:
        patch.setattr(gives, "given_to", away)
        await link.tell()
    assert agent.asked == []
    assert not link.is_due()
    clock.advance(AGAIN_S)
    assert link.is_due()
    await link.tell()

    assert len(agent.asked) == 1

"""The link over real loopback sockets, against a strict hub."""

import asyncio
import contextlib
from array import array
from pathlib import Path

import pytest

from muster.agent.ask import Questions
from muster.agent.joining.claim import claim
from muster.agent.joining.identity import load_identity
from muster.agent.joining.renewal import Renewal
from muster.agent.linking.links import Links, LinkSettings
from muster.agent.linking.linkstatus import LinkState, LinkStatus
from muster.agent.linking.session import LinkEnded
from muster.agent.spool.buffer import Spool
from muster.clock import Clock, ManualClock, SystemClock
from muster.log import Secret
from muster.model.inventory import Facts
from muster.model.metric import Block, Kind, Layout, Series
from muster.net.backoff import Backoff
from muster.net.client import hang_up
from muster.net.proxy import ProxySetting
from muster.testing.hub import FakeHub
from muster.wire.columns import ColumnEncoder
from muster.wire.messages import Fork, Goodbye, Later

LAYOUT = Layout((Series("load", (), "load1", Kind.FLOAT), Series("load", (), "n", Kind.INTEGER)))
FACTS = Facts(hostname="web-1")
CLOCK = SystemClock()


class Node:
    """A claimed machine without collectors: its ticks are made by the test."""

    def __init__(self, data: Path, clock: Clock = CLOCK, proxy: str = "none") -> None:
        self.data = data
        self.proxy = ProxySetting(proxy)
        self.clock = clock
        self.ticks = 0
        self.open()

    def open(self) -> None:
        """Begin a life, as after a kill."""
        self.spool = Spool(folder=self.data / "spool", encoder=ColumnEncoder())
        self.spool.open()
        self.links = Links(
            data=self.data,
            spool=self.spool,
            clock=self.clock,
            facts=lambda: FACTS,
            answer=Questions({"ping": lambda _: "pong"}).answer,
            renewal=Renewal(data=self.data, clock=self.clock, random=lambda: 0.5),
            backoff=Backoff(random=lambda: 0.01),
            settings=LinkSettings(proxy=self.proxy),
            environment={},
        )

    def tick(self, count: int = 1) -> None:
        for _ in range(count):
            self.ticks += 1
            self.spool.append([Block(LAYOUT, array("q", [self.ticks]), array("q", [1, 2]))])

    @contextlib.asynccontextmanager
    async def running(self):
        job = asyncio.ensure_future(self.links.run())
        try:
            yield self.links
        finally:
            job.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await job


@pytest.fixture
async def hub():
    async with FakeHub(clock=CLOCK) as hub:
        yield hub
        assert hub.errors == []


@pytest.fixture
async def node(hub: FakeHub, tmp_path: Path):
    await claim(
        tmp_path / "node",
        Secret(hub.make_token()),
        clock=CLOCK,
        facts=lambda: FACTS,
        proxy=ProxySetting("none"),
    )
    return Node(tmp_path / "node")


def has(hub: FakeHub, ticks: int):
    return lambda: len(hub.times()) >= ticks


async def settled(links: Links, state: LinkState) -> LinkStatus:
    """The status once it has this state."""
    async with asyncio.timeout(60):
        while links.status().state is not state:  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0)
    return links.status()


async def test_batches_arrive_in_order_as_they_are_made(hub, node):
    async with node.running():
        node.tick(3)
        await hub.until(has(hub, 3))
        node.tick(2)
        await hub.until(has(hub, 5))

    assert hub.times() == [1, 2, 3, 4, 5]


async def test_what_was_made_before_the_link_comes_first(hub, node):
    node.tick(200)
    async with node.running():
        node.tick(5)
        await hub.until(has(hub, 205))

    assert hub.times() == list(range(1, 206))


async def test_a_hub_that_vanishes_and_comes_back_misses_nothing(hub, node):
    async with node.running():
        node.tick(70)
        await hub.until(has(hub, 70))
        await hub.stop()
        node.tick(100)
        await hub.start()
        await hub.until(has(hub, 170))
        node.tick(1)
        await hub.until(has(hub, 171))

    assert hub.times() == list(range(1, 172))


async def test_batches_whose_acknowledgement_was_lost_are_sent_again_and_stored_once(hub, node):
    hub.faults.withhold_acks = True
    async with node.running():
        node.tick(10)
        await hub.until(has(hub, 10))
        hub.faults.withhold_acks = False
        await hub.links[0].cut()
        node.tick(10)
        await hub.until(has(hub, 20))

    assert hub.repeated == 10
    assert hub.times() == list(range(1, 21))


async def test_a_hub_that_says_later_gets_everything_later(hub, node):
    hub.faults.later = [Later(acked=0, retry_after_s=0.05, reason="disk full")] * 2
    node.tick(5)
    async with node.running() as links:
        await hub.until(lambda: not hub.faults.later)
        node.tick(5)
        await hub.until(has(hub, 10))
        assert links.status().state is LinkState.OPEN

    assert hub.times() == list(range(1, 11))


async def test_a_paused_link_says_why(hub, node):
    hub.faults.later = [Later(acked=0, retry_after_s=60, reason="disk full")]
    node.tick(1)
    async with node.running() as links:
        await hub.until(lambda: not hub.faults.later)
        status = await settled(links, LinkState.PAUSED)

    assert (status.cause, status.code) == ("disk full", "later")


async def test_a_killed_agent_goes_on_where_the_hub_is(hub, node):
    async with node.running():
        node.tick(10)
        await hub.until(has(hub, 10))
    node.tick(7)
    node.open()

    node.tick(3)
    async with node.running():
        await hub.until(has(hub, 20))

    assert hub.times() == list(range(1, 21))


async def test_a_disk_that_forgot_what_the_hub_has_starts_a_new_epoch(hub, node):
    async with node.running():
        node.tick(10)
        await hub.until(has(hub, 10))
    for file in (node.data / "spool").iterdir():
        content = file.read_bytes()
        file.write_bytes(content[: len(content) // 2])
    node.open()

    node.tick(10)
    async with node.running():
        await hub.until(has(hub, 20))

    assert hub.times() == list(range(1, 21))
    assert len({batch.epoch for batch in hub.batches}) == 2


async def test_a_hub_that_never_fits_the_spool_is_not_asked_without_a_pause(hub, node):
    hub.faults.acked_more = 1_000_000
    async with node.running() as links:
        status = await settled(links, LinkState.WAITING)

    assert status.code == "epoch_changed"
    assert status.failures >= 1


async def test_the_hub_can_ask(hub, node):
    async with node.running():
        await hub.until(lambda: bool(hub.links and hub.links[0].hello))

        answer = await hub.ask(1, "ping")
        unknown = await hub.ask(2, "reboot")

    assert answer.result == "pong"
    assert "unknown question 'reboot'; known: ping" in unknown.error


async def test_the_hub_learns_who_speaks(hub, node):
    async with node.running():
        await hub.until(lambda: bool(hub.links and hub.links[0].hello))
        hello = hub.links[0].hello

    assert hello.facts == FACTS
    assert hello.epoch == node.spool.epoch


async def test_the_agent_says_goodbye_when_it_ends(hub, node):
    async with node.running():
        await hub.until(lambda: bool(hub.links and hub.links[0].hello))
        link = hub.links[0]
    await hub.until(lambda: not hub.links)

    assert isinstance(link.heard[-1], Goodbye)
    assert link.heard[-1].code == "shutdown"


async def test_a_goodbye_of_the_hub_is_shown_with_its_code(hub, node):
    async with node.running() as links:
        await hub.until(lambda: bool(hub.links and hub.links[0].hello))
        await hub.links[0].say(Goodbye(code="shutdown", text="stops", retry_after_s=60))
        status = await settled(links, LinkState.WAITING)

    assert status.code == "shutdown"
    assert status.retry_s >= 60


@pytest.mark.parametrize("code", ["node_revoked", "node_unknown"])
async def test_a_node_that_was_shut_out_knocks_every_few_minutes(hub, node, code):
    async with node.running() as links:
        await hub.until(lambda: bool(hub.links and hub.links[0].hello))
        await hub.links[0].say(Goodbye(code=code, text="this node is no more"))
        status = await settled(links, LinkState.REFUSED)

    assert status.code == code
    assert "no more" in status.cause
    assert 300 <= status.retry_s <= 360


async def test_a_copy_waits_for_a_decision_and_knocks_as_often_as_it_is_told(hub, node):
    async with node.running() as links:
        await hub.until(lambda: bool(hub.links and hub.links[0].hello))
        for _ in range(3):  # however often: the wait does not grow
            links._wait_after(LinkEnded(Goodbye(code="identity_copied", retry_after_s=4.0)))
        status = links.status()

    assert (status.state, status.code) == (LinkState.WAITING, "identity_copied")
    assert 4 <= status.retry_s <= 5


async def test_a_copy_that_is_told_to_fork_goes_on_as_a_node_of_its_own(hub, node):
    """What was copied in the spool stays the original's; what this machine made goes with it."""
    node.tick(3)  # the original's: made before the folder was copied
    node.open()
    node.ticks = 100
    old = load_identity(node.data).node.node
    hub.faults.silent = hub.faults.withhold_acks = True
    async with node.running():
        await hub.until(lambda: bool(hub.links and hub.links[0].hello))
        node.tick(2)
        await hub.links[0].say(Fork(token=hub.make_token(), text="a copy"))
        await hub.until(lambda: bool(hub.links and hub.links[-1].identity.node != old), 30)
        hub.batches.clear()
        hub.faults.withhold_acks = False
        node.tick(1)
        await hub.until(lambda: 103 in hub.times())

    assert load_identity(node.data).node.node != old
    assert min(hub.times()) > 100


async def test_a_renewed_credential_takes_over_without_a_gap(hub, node):
    async with node.running() as links:
        await hub.until(lambda: bool(hub.links and hub.links[0].hello))
        first = hub.links[0]
        node.tick(5)
        await hub.until(has(hub, 5))
        job = asyncio.ensure_future(links._renew(load_identity(node.data)))
        await hub.until(lambda: hub.links_total == 2 and hub.links[-1].hello is not None)
        await job
        second = hub.links[-1]
        node.tick(5)
        await hub.until(has(hub, 10))

    assert second.certificate.serial != first.certificate.serial
    assert second.certificate.key_sha256 != first.certificate.key_sha256
    assert first.heard[-1] == Goodbye(
        code="renewed", text="goes on with a renewed certificate", retry_after_s=0.0
    )
    assert hub.times() == list(range(1, 11))
    assert load_identity(node.data).node.serial == second.certificate.serial


async def test_an_expired_certificate_is_named_when_the_hub_refuses_it(tmp_path):
    async with FakeHub(clock=CLOCK, lifetime_s=10) as hub:
        await claim(
            tmp_path,
            Secret(hub.make_token()),
            clock=CLOCK,
            facts=lambda: FACTS,
            proxy=ProxySetting("none"),
        )
        node = Node(tmp_path, clock=ManualClock(CLOCK.now_ns() + 3600 * 10**9))
        await hub.stop()
        async with node.running() as links:
            status = await settled(links, LinkState.WAITING)
        await hub.start()

    assert status.code == "credential_expired"
    assert "by this machine's clock" in status.cause


async def test_a_folder_that_is_not_claimed_waits_for_it(tmp_path):
    node = Node(tmp_path)
    async with node.running() as links:
        status = await settled(links, LinkState.WAITING)

    assert status.code == "not_claimed"


async def test_an_hour_of_backlog_catches_up_while_new_ticks_come(hub, node):
    node.tick(3600)
    async with node.running():
        for done in range(100, 3600, 100):
            await hub.until(has(hub, done))
            node.tick()
        await hub.until(has(hub, 3635))

    assert hub.times() == list(range(1, 3636))


async def test_due_renewals_happen_by_themselves(tmp_path):
    async with FakeHub(clock=CLOCK, lifetime_s=1_000) as hub:
        await claim(
            tmp_path,
            Secret(hub.make_token()),
            clock=CLOCK,
            facts=lambda: FACTS,
            proxy=ProxySetting("none"),
        )
        # Seen from here most of every life is over as soon as it has begun.
        node = Node(tmp_path, clock=ManualClock(CLOCK.now_ns() + 900 * 10**9))
        async with node.running():
            await hub.until(lambda: hub.links_total >= 2)
            node.clock.advance(2)  # from one renewal to the next
            await hub.until(lambda: hub.links_total >= 3)
            node.tick()
            await hub.until(has(hub, 1))

    assert hub.errors == []


@contextlib.asynccontextmanager
async def http_proxy():
    """A CONNECT proxy that demands credentials; yields its URL and whom it connected to."""
    asked: list[str] = []
    jobs = set()

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        await hang_up(writer)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        jobs.add(asyncio.current_task())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if "Proxy-Authorization: Basic YWRhOnMzY3JldA==" not in head:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            await hang_up(writer)
            return
        target = head.split()[1]
        asked.append(target)
        behind = await asyncio.open_connection(*target.split(":"))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(copy(reader, behind[1]), copy(behind[0], writer))

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://ada:s3cret@127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
        await asyncio.gather(*jobs)


async def test_claim_and_link_go_through_the_same_proxy(hub, tmp_path, caplog):
    caplog.set_level("DEBUG")
    async with http_proxy() as (url, asked):
        await claim(
            tmp_path,
            Secret(hub.make_token()),
            clock=CLOCK,
            facts=lambda: FACTS,
            proxy=ProxySetting(url),
        )
        node = Node(tmp_path, proxy=url)
        async with node.running() as links:
            node.tick(3)
            await hub.until(has(hub, 3))
            shown = links.status().proxy
        await hub.until(lambda: not hub.links)

    assert asked == [f"127.0.0.1:{hub.enrol_port}"] * 2 + [f"127.0.0.1:{hub.agents_port}"]
    assert shown == url.replace("s3cret", "***")
    assert "s3cret" not in caplog.text


async def test_a_proxy_that_refuses_is_the_cause_shown(hub, node):
    async with http_proxy() as (url, _):
        node = Node(node.data, proxy=url.replace("s3cret", "wr0ng"))
        async with node.running() as links:
            status = await settled(links, LinkState.WAITING)

    assert "demands other credentials" in status.cause
    assert "wr0ng" not in status.cause

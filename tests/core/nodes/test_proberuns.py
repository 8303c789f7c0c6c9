"""What probes came to, from the points that agents make of them."""

import msgspec
import pytest

from muster.clock import SECOND_NS, ManualClock
from muster.collectors.probes import dns_query, http_response, ping
from muster.core.nodes.proberuns import MOST_NODES, MOST_RUNS, Asked, Run, runs_of
from muster.core.nodes.probes import Runner
from muster.core.querying.query import Queries
from muster.model.access import Scope
from muster.model.ids import NodeId, ProbeId, SpaceId
from muster.model.metric import Kind, Layout
from muster.model.probe import DnsProbe, HttpProbe, PingProbe, StoredProbe
from muster.store.head.head import Head
from muster.testing.cohorts import MemoryCatalogue, block_of, series_of
from muster.testing.series import MemoryStore

EVERYTHING = Scope(None)

S = SECOND_NS
T0 = 1_800_000_000 * S
KINDS = {int: Kind.INTEGER, float: Kind.FLOAT, str: Kind.STRING}
PING = PingProbe(url="host.example")
DNS = DnsProbe(server="9.9.9.9", domain="a.example")
PAGE = HttpProbe(url="https://a.example/")


class World:
    """A head that points are put into, and the question what came of probes."""

    def __init__(self):
        self.clock = ManualClock(T0 + 600 * S)
        self.catalogue, self.head = MemoryCatalogue(), Head(clock=self.clock)
        self.queries = Queries(catalogue=self.catalogue, head=self.head, store=MemoryStore())

    def put(self, point, node="n1", space="s1"):
        names = [
            series_of(
                point.measurement, name, KINDS[type(value)], node=node, space=space, **point.tags
            )
            for name, value in point.fields.items()
        ]
        layout = Layout(tuple(names))
        cohort = self.catalogue.cohort(NodeId(node), layout)
        block = block_of(layout, {point.time_ns: list(point.fields.values())})
        self.head.append(cohort, block, 1)

    async def ask(self, *asked, scope=EVERYTHING):
        return await runs_of(asked, self.queries, self.clock, scope)


@pytest.fixture
def world():
    world = World()
    yield world
    world.queries.close()


def asked(probe, *nodes, id="p"):
    stored = StoredProbe(id=ProbeId(id), space=SpaceId("s1"), probe=probe)
    return Asked(stored, [Runner(node=NodeId(node), name=node) for node in nodes])


def pinged(at_s, *times_ms, sent=1):
    made = ping.Pinged(sent=sent, times_ms=times_ms)
    return ping.point(PING, made, T0 + at_s * S)


async def test_runs_of_a_ping_are_told_oldest_first_with_what_was_lost(world):
    for point in (pinged(570, 2.0, 4.0, sent=2), pinged(585, 5.0, sent=2), pinged(555)):
        world.put(point)

    (told,) = await world.ask(asked(PING, "n1"))

    assert told.probe == "p"
    assert told.nodes[0].runs == (
        Run(time_ns=T0 + 555 * S, code=1, lost_percent=100.0),
        Run(time_ns=T0 + 570 * S, code=0, ms=3.0, lost_percent=0.0),
        Run(time_ns=T0 + 585 * S, code=0, ms=5.0, lost_percent=50.0),
    )


async def test_results_that_are_tags_do_not_part_the_runs_of_a_probe(world):
    answers = (
        dns_query.Asked(rcode="NOERROR", time_ms=8.0),
        dns_query.Asked(rcode="NXDOMAIN", rcode_value=3, time_ms=9.0),
        dns_query.Asked(result=dns_query.TIMEOUT),
    )
    for at, answer in enumerate(answers):
        world.put(dns_query.point(DNS, answer, T0 + 60 * at * S))

    (told,) = await world.ask(asked(DNS, "n1"))

    assert [(run.code, run.ms, run.answer) for run in told.nodes[0].runs] == [
        (0, 8.0, "NOERROR"),
        (2, 9.0, "NXDOMAIN"),
        (1, None, ""),
    ]


async def test_a_web_page_says_its_status_and_its_time_in_milliseconds(world):
    good = http_response.Answered(status=200, time_s=0.25)
    world.put(http_response.point(PAGE, good, T0 + 540 * S))
    away = http_response.Answered(fault=http_response.TIMEOUT)
    world.put(http_response.point(PAGE, away, T0 + 600 * S))

    (told,) = await world.ask(asked(PAGE, "n1"))

    assert [(run.code, run.ms, run.answer) for run in told.nodes[0].runs] == [
        (0, 250.0, "200"),
        (4, None, ""),
    ]


async def test_each_node_and_each_probe_has_its_own_runs(world):
    other = PingProbe(url="other.example")
    world.put(pinged(585, 1.0), "n1")
    world.put(pinged(585, 2.0), "n2")
    world.put(ping.point(other, ping.Pinged(sent=1, times_ms=(3.0,)), T0 + 585 * S), "n1")
    world.put(pinged(585, 9.0), "a stranger")

    first, second, off = await world.ask(
        asked(PING, "n1", "n2"), asked(other, "n1", id="q"), asked(PING, id="off")
    )

    assert [[run.ms for run in node.runs] for node in first.nodes] == [[1.0], [2.0]]
    assert [[run.ms for run in node.runs] for node in second.nodes] == [[3.0]]
    assert (off.probe, off.nodes) == ("off", ())


async def test_runs_of_nodes_that_one_may_not_look_at_are_not_told(world):
    world.put(pinged(585, 1.0), "n1")
    world.put(pinged(585, 2.0), "n2")

    (told,) = await world.ask(
        asked(PING, "n1", "n2"), scope=Scope(frozenset(), frozenset({NodeId("n2")}))
    )

    assert [node.name for node in told.nodes] == ["n2"]


async def test_of_many_runs_and_many_nodes_a_few_are_told(world):
    for at_s in range(0, 600, 15):
        world.put(pinged(at_s, float(at_s)))
    nodes = [f"n{number}" for number in range(1, MOST_NODES + 4)]

    (told,) = await world.ask(asked(PING, *nodes))

    assert len(told.nodes) == MOST_NODES
    assert told.more == 3
    assert [run.ms for run in told.nodes[0].runs] == [
        585.0 - 15 * back for back in reversed(range(MOST_RUNS))
    ]
    assert told.nodes[1].runs == ()


async def test_nodes_that_do_not_run_it_come_after_those_that_do(world):
    stored, (first, second) = asked(PING, "n1", "n2")
    idle = msgspec.structs.replace(first, fault="away")

    (told,) = await world.ask(Asked(stored, [idle, second]))

    assert [node.name for node in told.nodes] == ["n2", "n1"]

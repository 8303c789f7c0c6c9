"""Numbers of the table: who is asked when, for what, and what is made of the answers."""

import asyncio
import contextlib
from urllib.parse import parse_qs, urlsplit

from agentdesk import Desk, FakeReach

from muster.clock import ManualClock
from muster.core.live.summaries import Numbers
from muster.faces.netdata.glances import EVERY_S, LINGER_S, PER_SECOND, Glances
from muster.model.inventory import Node
from muster.wire.netdata.messages import ContextUpdated

KNOWN = [
    ContextUpdated(id="system.cpu", units="percentage"),
    ContextUpdated(id="system.ram", units="MiB"),
    ContextUpdated(id="system.net", units="kilobits/s"),
    ContextUpdated(id="disk.space", units="GiB"),
]
VALUES = {
    "system.cpu": {"user": 10.0, "iowait": 2.5, "idle": 80.0},
    "system.ram": {"free": 500.0, "used": 250.0, "cached": 250.0},
    "system.net": {"received": 8.0, "sent": -16.0},
    "disk.space": {
        "avail,disk_space./": 75.0,
        "used,disk_space./": 25.0,
        "avail,disk_space./var": 10.0,
        "used,disk_space./var": 90.0,
        "reserved for root,disk_space./var": 5.0,
    },
}


def answer(target):
    context = parse_qs(urlsplit(target).query).get("scope_contexts", [""])[0]
    values = VALUES[context]
    row = [1_800_000_000, *([value, 0, 0] for value in values.values())]
    return {"result": {"labels": ["time", *values], "data": [row]}, "view": {"update_every": 1}}


class Table:
    """Glances of some nodes, all behind one agent."""

    def __init__(self, nodes=("n1",), known=KNOWN, **reach):
        self.clock = ManualClock()
        self.desk = Desk()
        self.desk.answers = answer
        self.reach = FakeReach(self.desk, known=known, **reach)
        self.connected = list(nodes)
        self.watched = True
        self.noted = []
        self.glances = Glances(
            inventory=self,
            connected=lambda: self.connected,
            reach_of=lambda id: self.reach,
            note=lambda node, numbers: self.noted.append((node.id, numbers)),
            is_watched=lambda: self.watched,
            clock=self.clock,
        )

    def find(self, id):
        return Node(id=id, space="s1", name=id, created_ns=1)


async def test_numbers_are_those_of_our_own_agents():
    table = Table()
    await table.glances.glance("n1")

    assert table.noted == [
        ("n1", Numbers(cpu=12.5, memory=25.0, disk=90.0, disk_path="/var", rx=1_000, tx=2_000))
    ]


async def test_what_a_node_does_not_measure_is_not_asked_for_and_unknown():
    table = Table(known=KNOWN[:1])
    await table.glances.glance("n1")

    assert len(table.desk.asked) == 1
    assert table.noted == [("n1", Numbers(cpu=12.5))]


async def test_a_unit_that_is_not_known_gives_no_rate():
    table = Table(known=[ContextUpdated(id="system.net", units="furlongs")])
    await table.glances.glance("n1")

    assert table.noted == [("n1", Numbers())]


async def test_a_refusal_notes_nothing_and_waits_for_the_next_turn():
    table = Table()
    table.desk.answers = lambda target: (500, {})
    await table.glances.glance("n1")

    assert table.noted == []
    assert table.glances.due() == []


async def test_a_node_without_a_link_is_not_asked():
    table = Table()
    table.reach.queries = None
    await table.glances.glance("n1")

    assert (table.desk.asked, table.noted) == ([], [])


async def test_a_node_has_its_turn_now_and_then_and_only_while_somebody_looks():
    table = Table()
    assert table.glances.due() == ["n1"]
    await table.glances.glance("n1")
    assert table.glances.due() == []
    table.clock.advance(EVERY_S)
    assert table.glances.due() == ["n1"]
    table.watched = False
    table.clock.advance(LINGER_S)
    assert table.glances.due() == ["n1"]
    table.clock.advance(1)
    assert table.glances.due() == []


async def test_of_many_nodes_the_longest_unasked_come_first():
    table = Table(nodes=[f"n{number}" for number in range(30)])
    first = table.glances.due()
    for node in first:
        await table.glances.glance(node)
    table.clock.advance(EVERY_S)
    second = table.glances.due()

    assert len(first) == len(second) == PER_SECOND
    assert set(table.connected) - set(first) == set(second[:10])


async def test_it_runs_until_it_is_cancelled_also_past_a_fault(caplog):
    table, came = Table(nodes=["n1", "n2"]), asyncio.Event()

    def note(node, numbers):
        table.noted.append(node.id)
        if len(table.noted) == 1:
            raise RuntimeError("a bug")
        came.set()

    table.glances._note = note
    task = asyncio.ensure_future(table.glances.run())
    await came.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task

    assert sorted(table.noted) == ["n1", "n2"]
    assert "a node's numbers failed" in caplog.text

"""What all live pages share: tables, changes of nodes, one tick."""

import json

from muster.clock import SECOND_NS, ManualClock
from muster.core.changes import NodeChange
from muster.core.live import live
from muster.core.live.live import Live
from muster.core.live.summaries import Summaries
from muster.core.querying.query import Queries
from muster.model.access import Actor, Role, Scope
from muster.model.ids import NodeId, SpaceId
from muster.model.inventory import Node, NodeState
from muster.model.metric import Kind, Layout
from muster.store.head.head import Head
from muster.testing.cohorts import MemoryCatalogue, block_of, series_of
from muster.testing.series import MemoryStore

EVERYTHING = Scope(None)

N1, S1 = NodeId("n1"), SpaceId("s1")
ANNA = Actor(name="anna", roles={S1: Role.VIEWER})
LAYOUT = Layout(
    (
        series_of("cpu", "usage_idle", cpu="cpu-total"),
        series_of("net", "bytes_recv", Kind.INTEGER, interface="eth0"),
    )
)


class Listener:
    """Stands in for a session."""

    def __init__(self):
        self.ticks, self.changed = 0, []

    def tick(self):
        self.ticks += 1

    def node_changed(self, node, space):
        self.changed.append((node, space))


class Hub:
    def __init__(self):
        self.clock = ManualClock()
        self.catalogue = MemoryCatalogue()
        self.known = {N1: Node(id=N1, space=S1, name="one", last_seen_ns=5)}
        self.state, self.asked, self.viewed = NodeState.LIVE, 0, []
        queries = Queries(
            catalogue=self.catalogue,
            head=Head(clock=self.clock),
            store=MemoryStore(),
        )
        self.live = Live(
            queries=queries,
            summaries=Summaries(clock=self.clock),
            inventory=self,
            links=self,
            views=self.view,
            pulse=self.pulse,
            clock=self.clock,
        )
        self.listener = Listener()
        self.live._sessions.add(self.listener)

    def view(self, nodes, actor):
        self.viewed += nodes
        return nodes

    def nodes(self, actor):
        return list(self.known.values())

    def find(self, id):
        return self.known.get(id)

    def state_of(self, node):
        self.asked += 1
        return self.state, "because"

    def last_seen_ns(self, node):
        return max(node.last_seen_ns, 9)

    def pulse(self):
        self.asked += 1
        return {"links": 1}

    def scope(self, actor, action, space=""):
        return Scope(None)

    def table(self, scope=EVERYTHING):
        return json.loads(self.live.table(scope))


async def sent(hub, rows):
    await hub.live.take(hub.catalogue.cohort(N1, LAYOUT), block_of(LAYOUT, rows))


async def test_a_row_of_the_table_has_state_and_numbers():
    hub = Hub()
    await sent(hub, {SECOND_NS: [75.0, 1_000], 2 * SECOND_NS: [70.0, 1_500]})

    assert hub.table()["nodes"] == [
        {
            "id": "n1",
            "state": "live",
            "cause": "because",
            "last_seen_ns": 9,
            "cpu": 30.0,
            "memory": None,
            "disk": None,
            "disk_path": None,
            "rx": 500.0,
            "tx": None,
        }
    ]


async def test_numbers_of_a_node_that_is_offline_are_not_shown():
    hub = Hub()
    await sent(hub, {SECOND_NS: [75.0, 1_000]})
    hub.state = NodeState.OFFLINE

    assert hub.table()["nodes"][0]["cpu"] is None


def test_tables_and_pulse_are_made_once_per_tick_for_all_pages():
    hub = Hub()
    for _ in range(3):
        hub.live.table(Scope(frozenset({S1})))
        hub.live.pulse()
    once = hub.asked

    hub.live.tick()
    hub.live.table(Scope(frozenset({S1})))

    assert (once, hub.asked) == (2, 3)
    assert hub.listener.ticks == 1


def test_nodes_of_another_space_are_in_another_table():
    hub = Hub()

    assert hub.table(Scope(frozenset({SpaceId("s2")})))["nodes"] == []


def test_a_new_node_is_in_the_table_and_told():
    hub = Hub()
    assert len(hub.table()["nodes"]) == 1
    hub.known[NodeId("n2")] = Node(id=NodeId("n2"), space=S1, name="two")

    hub.live.node_changed(NodeId("n2"), NodeChange.CLAIMED)
    hub.live.tick()

    assert [row["id"] for row in hub.table()["nodes"]] == ["n1", "n2"]
    assert hub.listener.changed == [("n2", "s1")]
    assert json.loads(hub.live.changes([NodeId("n2")], ANNA)[0])["node"]["name"] == "two"


def test_a_removed_node_is_gone():
    hub = Hub()
    hub.table()
    del hub.known[N1]

    hub.live.node_changed(N1, NodeChange.REMOVED)
    hub.live.tick()

    assert hub.table()["nodes"] == []
    assert hub.listener.changed == [("n1", "s1")]
    assert json.loads(hub.live.changes([N1], ANNA)[0]) == {"gone": "n1"}


def test_a_node_that_changed_is_looked_at_once_for_all_pages():
    hub = Hub()
    hub.live.state_changed(N1)

    hub.live.changes([N1], ANNA)
    hub.live.changes([N1], ANNA)
    hub.live.state_changed(N1)
    hub.live.changes([N1], ANNA)

    assert len(hub.viewed) == 2


def test_a_node_nobody_knows_changes_nothing():
    hub = Hub()

    hub.live.state_changed(NodeId("n9"))
    hub.live.node_changed(NodeId("n9"), NodeChange.EDITED)

    assert hub.listener.changed == []


def test_who_has_a_role_in_a_room_is_told_of_nodes_in_a_way_of_their_own():
    hub = Hub()
    bob = Actor(name="bob", room_roles={"r": Role.VIEWER})
    hub.live.changes([N1], bob)
    hub.live.changes([N1], ANNA)
    hub.live.changes([N1], ANNA)

    assert len(hub.viewed) == 2


def crowd(monkeypatch):
    """Five nodes, told in pieces of two."""
    monkeypatch.setattr(live, "PIECE", 2)
    hub = Hub()
    ids = [NodeId(f"n{number}") for number in range(5)]
    hub.known = {id: Node(id=id, space=S1, name=id) for id in ids}
    return hub


def test_a_large_table_comes_in_pieces(monkeypatch):
    hub = crowd(monkeypatch)

    told = [json.loads(hub.live.table(Scope(None), piece)) for piece in range(3)]

    assert hub.live.pieces(Scope(None)) == 3
    assert [[row["id"] for row in each["nodes"]] for each in told] == [
        ["n0", "n1"],
        ["n2", "n3"],
        ["n4"],
    ]


def test_who_changed_is_told_with_the_next_piece_whichever_it_is(monkeypatch):
    hub = crowd(monkeypatch)
    hub.live.table(Scope(None))
    for number in (1, 2, 3):
        hub.live.state_changed(NodeId(f"n{number}"))

    hub.live.tick()
    first = json.loads(hub.live.table(Scope(None), 2))
    hub.live.tick()
    second = json.loads(hub.live.table(Scope(None), 0))

    assert [row["id"] for row in first["nodes"]] == ["n4", "n1", "n2"]
    assert [row["id"] for row in second["nodes"]] == ["n0", "n1", "n3"]


def test_an_empty_table_is_one_piece():
    hub = Hub()
    hub.known = {}

    assert (hub.live.pieces(Scope(None)), hub.table()["nodes"]) == (1, [])

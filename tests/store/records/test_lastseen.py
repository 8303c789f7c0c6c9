"""When nodes were seen since a list was read."""

from muster.model.ids import NodeId, SpaceId
from muster.model.inventory import Facts, Node
from muster.store.records.lastseen import LastSeen, SeenNodes


def node(name, seen_ns):
    return Node(
        id=NodeId(name),
        space=SpaceId("s"),
        name=name,
        created_ns=1,
        last_seen_ns=seen_ns,
        facts=Facts(hostname=name),
    )


def seen_of(nodes):
    return {node.name: node.last_seen_ns for node in nodes}


def test_a_list_shows_what_was_written_before_and_after_it_was_read():
    seen, known = LastSeen(), SeenNodes([node("a", 5), node("b", 5)])
    seen.wrote({NodeId("a"): 7})
    first = seen_of(seen.fresh(known))
    seen.wrote({NodeId("b"): 9})

    assert first == {"a": 7, "b": 5}
    assert seen_of(seen.fresh(known)) == {"a": 7, "b": 9}


def test_nothing_goes_back_in_time():
    seen, known = LastSeen(), SeenNodes([node("a", 5)])
    seen.wrote({NodeId("a"): 3})
    older = seen_of(seen.fresh(known))
    seen.wrote({NodeId("a"): 8})
    seen.wrote({NodeId("a"): 6})

    assert older == {"a": 5}
    assert seen_of(seen.fresh(known)) == {"a": 8}


def test_nodes_that_have_not_moved_stay_the_same_objects():
    seen, known = LastSeen(), SeenNodes([node("a", 5), node("b", 5)])
    before = seen.fresh(known)
    seen.wrote({NodeId("b"): 9})
    after = seen.fresh(known)

    assert after[0] is before[0]
    assert after[1].facts is before[1].facts


def test_what_is_given_is_the_callers_own():
    seen, known = LastSeen(), SeenNodes([node("a", 5)])
    seen.fresh(known).clear()

    assert seen_of(seen.fresh(known)) == {"a": 5}


def test_a_node_that_is_gone_is_forgotten():
    seen = LastSeen()
    seen.wrote({NodeId("a"): 7, NodeId("b"): 7})
    seen.forget(NodeId("a"))
    seen.forget(NodeId("a"))

    assert set(seen._seen) == {"b"}


def test_one_node_shows_what_was_written_as_well():
    seen = LastSeen()
    seen.wrote({NodeId("a"): 7})

    assert seen.of(node("a", 5)).last_seen_ns == 7
    assert seen.of(node("a", 9)).last_seen_ns == 9

from hypothesis import given
from hypothesis import strategies as st

from muster.core.nodes.deadlines import Deadlines
from muster.model.ids import NodeId


def test_who_is_due_is_told_once():
    deadlines = Deadlines()
    deadlines.put(NodeId("a"), 1.0)
    deadlines.put(NodeId("b"), 3.0)

    assert deadlines.due(1.0) == []  # not before it has passed
    assert deadlines.due(2.0) == ["a"]
    assert deadlines.due(2.0) == []
    assert deadlines.due(9.0) == ["b"]


def test_a_time_that_is_said_anew_takes_the_place_of_the_one_before():
    deadlines = Deadlines()
    deadlines.put(NodeId("a"), 1.0)
    deadlines.put(NodeId("a"), 5.0)
    deadlines.put(NodeId("b"), 2.0)
    deadlines.drop(NodeId("b"))

    assert deadlines.due(4.0) == []
    assert deadlines.due(6.0) == ["a"]


@given(
    steps=st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.integers(0, 9)), max_size=400),
    now=st.integers(0, 10),
)
def test_whatever_is_put_and_dropped_the_last_word_of_each_counts(steps, now):
    deadlines, known = Deadlines(), {}
    for node, at in steps:
        if at is None:
            deadlines.drop(NodeId(node))
            known.pop(node, None)
        else:
            deadlines.put(NodeId(node), at)
            known[node] = at

    assert sorted(deadlines.due(now)) == sorted(node for node, at in known.items() if at < now)
    assert len(deadlines._order) <= 2 * len(known) + 65

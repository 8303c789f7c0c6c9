"""What is remembered of contexts of one instance."""

from agentdesk import NODE, FakeReach

from muster.faces.netdata.singles import Singles


def test_of_a_context_that_was_never_asked_for_nothing_is_known():
    assert not Singles().has(FakeReach(None), "system.cpu")


def test_the_first_word_counts_until_it_is_denied():
    singles, reach = Singles(), FakeReach(None)
    singles.note(reach, "system.cpu", is_single=True)
    singles.note(reach, "disk.space", is_single=False)
    singles.note(reach, "disk.space", is_single=True)
    assert singles.has(reach, "system.cpu")
    assert not singles.has(reach, "disk.space")
    singles.deny(reach, "system.cpu")
    singles.note(reach, "system.cpu", is_single=True)

    assert not singles.has(reach, "system.cpu")


def test_it_holds_as_long_as_the_nodes_contexts_are_the_same():
    singles, reach = Singles(), FakeReach(None)
    singles.deny(reach, "system.cpu")
    reach.contexts_version = 2
    assert not singles.has(reach, "system.cpu")
    singles.note(reach, "system.cpu", is_single=True)

    assert singles.has(reach, "system.cpu")


def test_it_goes_with_the_node_and_of_too_many_nodes_with_all():
    singles, reach = Singles(), FakeReach(None)
    singles.note(reach, "system.cpu", is_single=True)
    singles.forget(NODE)
    assert not singles.has(reach, "system.cpu")
    singles.note(reach, "system.cpu", is_single=True)
    for number in range(600):
        singles.note(FakeReach(None, node=f"node-{number}"), "system.cpu", is_single=True)

    assert not singles.has(reach, "system.cpu")
    assert len(singles._known) <= 512


def test_of_a_node_no_more_contexts_are_remembered_than_the_limit():
    singles, reach = Singles(), FakeReach(None)
    for number in range(4_096):
        singles.note(reach, f"made.up{number}", is_single=False)
    singles.note(reach, "system.cpu", is_single=True)

    assert not singles.has(reach, "system.cpu")

"""Watchers are told of changes, in order."""

from muster.core.changes import Changes, NodeChange


def test_every_watcher_is_told_in_the_order_it_came():
    changes, told = Changes(), []
    changes.watch(lambda node, change: told.append(("first", node, change)))
    changes.watch(lambda node, change: told.append(("second", node, change)))
    changes.tell("n", NodeChange.REVOKED)

    assert told == [("first", "n", NodeChange.REVOKED), ("second", "n", NodeChange.REVOKED)]

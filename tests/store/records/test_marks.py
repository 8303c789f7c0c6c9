"""Marks of nodes on disk."""

import pytest

from muster.model.mark import Mark, MarkKind
from muster.store.records.marks import KEPT
from muster.testing.house import OPERATOR, House


@pytest.fixture
async def known(tmp_path):
    """A house with one node: (house, its id)."""
    with House(path=tmp_path / "records.sqlite") as house:
        yield house, (await house.claim(await house.token())).node.id


def mark(time_ns, kind=MarkKind.RESTARTED):
    return Mark(time_ns=time_ns, kinds=(kind,))


async def test_marks_come_back_newest_first_and_the_oldest_go(known):
    house, node = known
    for time_ns in range(1, KEPT + 4):
        house.records.marks.add(node, mark(time_ns))
    kept = house.records.marks.marks(node)

    assert kept[0] == mark(KEPT + 3)
    assert [each.time_ns for each in kept] == list(range(KEPT + 3, 3, -1))


async def test_two_of_one_moment_are_the_later(known):
    house, node = known
    house.records.marks.add(node, mark(5))
    house.records.marks.add(node, mark(5, MarkKind.REBOOTED))

    assert house.records.marks.marks(node) == [mark(5, MarkKind.REBOOTED)]


async def test_marks_go_with_their_node_and_of_one_that_is_gone_none_are_kept(known):
    house, node = known
    house.records.marks.add(node, mark(5))
    await house.inventory.remove(OPERATOR, node)
    house.records.marks.add(node, mark(6))

    assert house.records.marks.marks(node) == []

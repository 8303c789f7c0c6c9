"""What faces remember of nodes, on disk."""

import pytest

from muster.testing.house import OPERATOR, House


@pytest.fixture
async def known(tmp_path):
    """A house with one node: (house, its id)."""
    with House(path=tmp_path / "records.sqlite") as house:
        node = (await house.claim(await house.token())).node
        yield house, node


async def test_a_note_is_given_back_as_it_was_kept_last(known):
    house, node = known
    notes = house.records.node_notes
    notes.keep([(node.id, "contexts", b"old"), (node.id, "info", b"\0\xff")])
    notes.keep([(node.id, "contexts", b"new")])

    assert notes.note(node.id, "contexts") == b"new"
    assert notes.note(node.id, "info") == b"\0\xff"


async def test_what_nobody_noted_is_empty(known):
    house, node = known

    assert house.records.node_notes.note(node.id, "contexts") == b""


async def test_notes_of_a_node_that_is_gone_are_dropped_without_an_error(known):
    house, _node = known
    house.records.node_notes.keep([("gone", "info", b"x")])

    assert house.records.node_notes.note("gone", "info") == b""


async def test_notes_go_with_their_node(known):
    house, node = known
    house.records.node_notes.keep([(node.id, "info", b"x")])
    await house.inventory.remove(OPERATOR, node.id)

    assert house.records.node_notes.note(node.id, "info") == b""

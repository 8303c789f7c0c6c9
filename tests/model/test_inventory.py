import msgspec
import pytest

from muster.model.ids import NodeId, RoomId, SpaceId
from muster.model.inventory import Facts, Link, Node, NodeState


def test_a_state_is_written_as_the_word_people_read():
    assert [str(state) for state in NodeState] == [
        "pending",
        "live",
        "stale",
        "offline",
        "revoked",
    ]


def test_a_node_is_read_as_it_is_written():
    node = Node(
        id=NodeId("n"),
        space=SpaceId("s"),
        name="web-01",
        rooms=(RoomId("r"),),
        facts=Facts(hostname="web-01", cores=8),
    )

    assert msgspec.json.decode(msgspec.json.encode(node), type=Node) == node


def test_values_cannot_be_changed_behind_somebodys_back():
    with pytest.raises(AttributeError):
        Link(address="10.0.0.1").address = "10.0.0.2"

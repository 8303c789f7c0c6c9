"""A machine that is let in otherwise than it asked."""

import msgspec
import pytest

from muster.core.enrolment.admitted import AS_ASKED, as_decided, otherwise
from muster.errors import NotFound
from muster.model.approval import Kind, WaitingClaim
from muster.model.inventory import Room


class Nodes:
    """Rooms of two spaces, and no nodes."""

    rooms_of = (Room("r1", "s", "lab"), Room("r2", "s", "edge"), Room("r3", "other", "attic"))

    def rooms(self, space):
        return [room for room in self.rooms_of if room.space == space]

    def nodes(self, space):
        return []


@pytest.fixture
def claim():
    made = WaitingClaim(id="c", kind=Kind.CLAIM, space="s", name="web", key_sha256="k", request="")
    return msgspec.structs.replace(made, rooms=("r1",))


def test_what_is_not_said_stays_as_it_was_asked_for(claim):
    assert as_decided(claim, AS_ASKED) == claim
    assert otherwise(claim, Nodes(), "web", None) == AS_ASKED


def test_rooms_go_by_name_or_id_and_all_nodes_is_none(claim):
    wanted = otherwise(claim, Nodes(), None, ("edge", "r1", "r2", "All nodes", "s"))

    assert as_decided(claim, wanted).rooms == ("r1", "r2")
    assert as_decided(claim, otherwise(claim, Nodes(), "quay", ())).rooms == ()


@pytest.mark.parametrize("room", ["attic", "r3", "x" * 1000])
def test_a_room_of_another_space_does_not_exist(claim, room):
    with pytest.raises(NotFound, match="no such room"):
        otherwise(claim, Nodes(), None, (room,))

import pytest

from muster.core.enrolment.claimrooms import RoomUnknown, narrowed
from muster.model.ids import RoomId, SpaceId
from muster.model.inventory import Room

SPACE = SpaceId("s")
ROOMS = [Room(RoomId(f"r{at}"), SPACE, name) for at, name in enumerate(("lab", "web", "office"))]
ALLOWED = (ROOMS[0].id, ROOMS[1].id)


def test_without_a_wish_all_the_tokens_rooms_are_joined():
    assert narrowed(ALLOWED, (), ROOMS) == ALLOWED


def test_a_wish_by_name_or_id_narrows_them():
    assert narrowed(ALLOWED, ("web",), ROOMS) == (ROOMS[1].id,)
    assert narrowed(ALLOWED, ("r1", "lab"), ROOMS) == ALLOWED


@pytest.mark.parametrize("wish", ["office", "r2", "nowhere"])
def test_a_room_beyond_the_token_is_refused_whether_it_exists_or_not(wish):
    with pytest.raises(RoomUnknown, match="lets nobody into"):
        narrowed(ALLOWED, ("lab", wish), ROOMS)

"""Points on their way to the disk: pieces, room, days, and spaces that keep nothing."""

from array import array

import pytest

from muster.clock import DAY_NS
from muster.core.writes.pointingest import EPOCH, Owner, PointIngest
from muster.errors import Unavailable
from muster.model.ids import NodeId, SpaceId
from muster.model.metric import Block, Kind, Layout, Series
from muster.testing.influxhouse import InfluxHouse

SPACE = SpaceId("s1")
OWNER = Owner(NodeId("stock"), SPACE, (("node", "stock"), ("space", "s1"), ("stock", "stock")))


@pytest.fixture
def house():
    with InfluxHouse() as house:
        yield house


def block(name="m", times=(1,)):
    series = Series(name, (("node", "liar"),), "v", Kind.INTEGER)
    return Block(Layout((series,)), array("q", times), array("q", [7] * len(times)))


def ingest_of(house, **more):
    return PointIngest(
        ingest=house.ingest,
        catalogue=house.catalogue,
        journal=house.journal,
        clock=house.clock,
        strange_days=2,
        **more,
    )


async def test_the_tags_of_the_hub_are_on_what_is_kept(house):
    assert await house.point_ingest.accept(OWNER, [block()]) == [""]
    assert house.stamps() == {OWNER.stamps}


async def test_whose_points_were_taken_is_told(house):
    told = []
    ingest = ingest_of(house)
    ingest.tell(told.append)
    await ingest.accept(OWNER, [])
    await ingest.accept(OWNER, [block()])

    assert told == [OWNER.node]


async def test_series_of_equal_times_are_one_batch_of_one_block(house):
    await house.point_ingest.accept(OWNER, [block("m"), block("n")])

    assert len(house.head.rows) == 1
    assert house.journal.sources == [("stock", EPOCH, 1)]


async def test_a_write_that_is_large_goes_in_pieces(house, monkeypatch):
    monkeypatch.setattr("muster.core.writes.pointingest._PIECE_BYTES", 10)
    await house.point_ingest.accept(OWNER, [block("m", (1,)), block("n", (2,)), block("o", (3,))])

    assert [source[2] for source in house.journal.sources] == [1, 2, 3]


async def test_a_piece_that_was_refused_uses_no_sequence_up(house):
    house.journal.full = True
    with pytest.raises(Unavailable):
        await house.point_ingest.accept(OWNER, [block()])
    house.journal.full = False
    await house.point_ingest.accept(OWNER, [block()])

    assert [source[2] for source in house.journal.sources] == [1]


async def test_days_far_from_today_are_bounded_for_each_owner(house):
    ingest = ingest_of(house)
    (kept,) = await ingest.accept(OWNER, [block(times=(DAY_NS, 2 * DAY_NS))])
    (refused,) = await ingest.accept(OWNER, [block(times=(9 * DAY_NS,))])

    assert kept == ""
    assert "ingest.strange_days" in refused


async def test_a_space_that_keeps_nothing_keeps_no_points(house):
    ingest = ingest_of(house, keeps=lambda space: False)

    assert await ingest.accept(OWNER, [block()]) == [""]
    assert house.journal.sources == []


async def test_room_that_was_missing_is_looked_for_again_later(house):
    house.catalogue.room = 0
    (refused,) = await house.point_ingest.accept(OWNER, [one := block()])
    house.catalogue.room = 9
    (still,) = await house.point_ingest.accept(OWNER, [one])
    house.clock.advance(61)
    (kept,) = await house.point_ingest.accept(OWNER, [one])

    assert refused == still != ""
    assert kept == ""


async def test_what_is_forgotten_is_found_no_more(house):
    await house.point_ingest.accept(OWNER, [block()])
    house.point_ingest.forget_tagged("stock", "stock")
    assert house.catalogue.series_total == 0

    await house.point_ingest.accept(OWNER, [block()])
    house.point_ingest.forget(OWNER.node)
    assert house.journal.sequence(OWNER.node, EPOCH) == 0


async def test_a_write_of_very_many_series_lets_others_have_their_turn(house, monkeypatch):
    monkeypatch.setattr("muster.core.writes.pointingest._TURN", 2)
    monkeypatch.setattr("muster.core.writes.pointingest._PIECE_BLOCKS", 3)
    blocks = [block("m", (at,)) for at in range(1, 8)]

    assert await house.point_ingest.accept(OWNER, blocks) == [""] * 7
    assert [source[2] for source in house.journal.sources] == [1, 2, 3]
    assert len(house.head.rows) == 7


async def test_a_room_that_is_full_is_logged_once_in_a_while_with_the_offender(house, caplog):
    house.catalogue.room = 0
    for number in range(3):
        await house.point_ingest.accept(OWNER, [block(f"m{number}")])
    house.clock.advance(3_601)
    await house.point_ingest.accept(OWNER, [block("later")])
    told = [record for record in caplog.records if "new series are not kept" in record.message]

    assert len(told) == 2
    assert told[0].owner == "stock"
    assert "may have 0 series" in told[0].error


async def test_what_nobody_waits_for_any_more_has_landed_once_it_is_settled(house):
    await house.point_ingest.accept(OWNER, [block()])
    await house.point_ingest.settle()

    assert house.journal.sources[-1] == ("", EPOCH, 1)
    assert len(house.head.rows) == 1


async def test_a_series_that_was_dropped_is_made_known_again_by_the_next_point(house):
    await house.point_ingest.accept(OWNER, [block()])
    refs = house.point_ingest.series_of("stock")
    house.point_ingest.drop(refs)
    assert house.point_ingest.series_of("stock") == []
    await house.point_ingest.accept(OWNER, [block()])

    assert [ref.series for ref in house.point_ingest.series_of("stock")] == [
        ref.series for ref in refs
    ]

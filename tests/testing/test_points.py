"""Removed points are written down, and a store that is away removes none."""

import pytest

from muster.errors import Unavailable
from muster.model.ids import SpaceId
from muster.model.influx import Database, Shard
from muster.testing.points import RemovedPoints

D1 = Database(space=SpaceId("home"), name="d1")


async def test_what_is_removed_is_written_down():
    points = RemovedPoints()
    await points.remove_database(D1)
    await points.remove_policy(D1, "p")
    await points.remove_shard(D1, Shard(number=7, database=1, policy="p", start_ns=0, end_ns=1))

    assert points.removed == ["d1", "d1.p", "d1.p#7"]


async def test_a_store_that_is_away_removes_nothing():
    points = RemovedPoints()
    points.away = True

    with pytest.raises(Unavailable):
        await points.remove_database(D1)
    assert points.removed == []

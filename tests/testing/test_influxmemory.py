"""Databases in memory."""

import pytest

from muster.influxql.source import Place
from muster.influxql.values.columns import MAX_TIME_NS, MIN_TIME_NS
from muster.testing.influxmemory import WEEK_NS, MemorySource

PLACE = Place("d", "autogen", "m")


def test_shard_groups_of_a_week_start_on_mondays():
    memory = MemorySource()
    memory.create("d")
    monday = 1_578_268_800_000_000_000  # 2020-01-06
    memory.write("d", "autogen", f"m v=1 {monday - 1}\nm v=1 {monday}".encode())

    (info,) = memory.series(PLACE, MIN_TIME_NS, MAX_TIME_NS)

    assert info.shards == (monday - WEEK_NS, monday)
    assert memory.series(PLACE, monday, MAX_TIME_NS)[0].shards == (monday,)


def test_lines_that_are_none_are_refused():
    memory = MemorySource()
    memory.create("d")

    with pytest.raises(ValueError, match="missing fields"):
        memory.write("d", "autogen", b"m")


def test_a_dropped_database_has_no_points():
    memory = MemorySource()
    memory.create("d")
    memory.write("d", "autogen", b"m v=1 1")

    memory.drop("d")

    assert memory.databases() == []
    assert memory.measurements("d", "autogen") == []

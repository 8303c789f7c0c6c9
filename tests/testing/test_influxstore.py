"""A house over a real store."""

import json

import pytest

from muster.store.head.head import Head
from muster.testing.influxstore import InfluxStore
from muster.testing.series import MemoryStore


async def test_what_is_written_is_answered_and_after_settling_by_the_engine_alone(tmp_path):
    async with InfluxStore(tmp_path, engine=MemoryStore()) as house:
        await house.databases.create(house.login, "d")
        await house.write("d", f"m v=1 {house.clock.now_ns()}".encode())
        await house.settle()

        for statements in (None, house.asking(house.over(Head(clock=house.clock)))):
            body = await house.ask("SELECT v FROM m", {"db": "d"}, statements)
            assert json.loads(body)["results"][0]["series"][0]["values"][0][1] == 1


async def test_lines_that_are_none_are_refused(tmp_path):
    async with InfluxStore(tmp_path, engine=MemoryStore()) as house:
        await house.databases.create(house.login, "d")
        with pytest.raises(ValueError, match="missing fields"):
            await house.write("d", b"m")

"""What drops values runs as long as the hub does."""

import asyncio

from muster.hub.wires.retention import RetentionParts
from muster.testing.influxstore import InfluxStore
from muster.testing.series import MemoryStore


async def test_all_of_it_is_built_over_the_hubs_store_and_runs_until_cancelled(tmp_path):
    async with InfluxStore(tmp_path, engine=MemoryStore()) as house:
        parts = RetentionParts(
            databases=house.databases,
            kinds=house.field_kinds,
            nodes=house.records.nodes,
            plane=house.plane,
            head=house.head,
            clock=house.clock,
        )
        async with asyncio.TaskGroup() as jobs:
            running = jobs.create_task(parts.run())
            await asyncio.sleep(0)
            assert not running.done()
            running.cancel()
        await house.databases.create(house.login, "d")
        now_ns = house.clock.now_ns()
        await house.write("d", f"m v=1 {now_ns}\nm v=2 {now_ns + 3600 * 10**9}".encode())
        await house.settle()
        house.clock.advance(86_400)
        await parts.volumes.measure()
        await parts.of_spaces.sweep()

        assert await parts.of_policies.sweep() == 0
        stock = house.stocks.find(house.databases.database(house.space.id, "d"), "autogen")
        assert parts.volumes.of(stock.id) == 16 * 24

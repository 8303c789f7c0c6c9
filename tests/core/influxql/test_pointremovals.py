"""Removals of points over a real journal, head and engine, whatever goes on beside them."""

import asyncio
import json
import random
import threading

import pytest

from muster.core.influxql.pointremovals import PointRemovals, Removal
from muster.core.influxql.queryregistry import QueryInterrupted
from muster.errors import Conflict, LimitExceeded, Unavailable
from muster.model.influx import Shard
from muster.model.metric import Kind
from muster.testing.influxstore import InfluxStore
from muster.testing.series import MemoryStore

WEEK = 7 * 86_400 * 10**9
MONDAY = 1_790_553_600 * 10**9 // WEEK * WEEK + 4 * 86_400 * 10**9


class Survivor(MemoryStore):
    """An engine whose rows outlive its end."""

    def close(self):
        pass


async def rows(house, query, **params):
    body = await house.ask(query, {"db": "d", "epoch": "ns", **params})
    (result,) = json.loads(body)["results"]
    assert "error" not in result, result
    return [row for series in result.get("series", ()) for row in series["values"]]


@pytest.fixture
async def house(tmp_path):
    async with InfluxStore(tmp_path, engine=MemoryStore()) as store:
        await store.databases.create(store.login, "d")
        yield store


def line(tag, time, value):
    return f"m,t={tag} v={value} {time}".encode()


async def test_a_shard_goes_with_its_points_and_its_series(house):
    await house.write("d", b"\n".join([line("a", MONDAY, 1), line("a", MONDAY + WEEK, 2),
                                       line("b", MONDAY, 3)]))  # fmt: skip
    database = house.databases.database(house.space.id, "d")
    first = house.field_kinds.shards(database, "autogen")[0]
    await house.databases.drop_shard(house.login, first.number)

    assert await rows(house, "SELECT v FROM m") == [[MONDAY + WEEK, 2]]
    assert await rows(house, "SHOW SERIES") == [["m,t=a"]]
    await house.write("d", line("b", MONDAY, 4))
    assert await rows(house, "SELECT v FROM m WHERE t = 'b'") == [[MONDAY, 4]]


async def test_kinds_go_from_the_shards_where_nothing_is_left_and_from_no_other(house):
    await house.write("d", b"\n".join([line("a", MONDAY, 1), line("b", MONDAY + WEEK, 2)]))
    await rows(house, f"DELETE FROM m WHERE time < {MONDAY + WEEK}")
    database = house.databases.database(house.space.id, "d")
    old, new = house.field_kinds.shards(database, "autogen")

    assert not house.field_kinds.kinds(old)
    assert house.field_kinds.kinds(new)
    assert await rows(house, "SHOW SERIES") == [["m,t=b"]]


async def test_what_is_written_while_a_removal_waits_is_seen_after_it(house, monkeypatch):
    await house.write("d", line("a", MONDAY, 1))
    erase = house.plane.erase
    loop = asyncio.get_running_loop()

    def slow(refs, start, end):
        through = erase(refs, start, end)
        written = asyncio.run_coroutine_threadsafe(house.write("d", line("a", MONDAY, 9)), loop)
        written.result(60)
        return through

    monkeypatch.setattr(house.removals, "_erase", slow)
    await rows(house, "DROP MEASUREMENT m")

    assert await rows(house, "SELECT v FROM m") == [[MONDAY, 9]]
    assert await rows(house, "SHOW MEASUREMENTS") == [["m"]]


async def test_writes_and_removals_at_the_same_time_leave_nothing_half_known(house):
    async def write(number):
        for turn in range(15):
            await house.write("d", line(f"t{number}", MONDAY + turn % 3, turn))

    async def remove():
        for turn in range(10):
            statement = ("DROP MEASUREMENT m", "DELETE FROM m WHERE t = 't1'")[turn % 2]
            await rows(house, statement)

    async with asyncio.TaskGroup() as jobs:
        for number in range(3):
            jobs.create_task(write(number))
        jobs.create_task(remove())

    found = await rows(house, "SELECT v, t FROM m")
    known = {row[0].split("=")[1] for row in await rows(house, "SHOW SERIES")}
    assert {row[2] for row in found} == known
    assert bool(await rows(house, "SHOW MEASUREMENTS")) == bool(known)


async def test_where_the_engine_is_away_the_statement_says_so(house, monkeypatch):
    await house.write("d", line("a", MONDAY, 1))

    def away(*_):
        raise Unavailable("the engine is away")

    monkeypatch.setattr(house.removals, "_erase", away)
    body = json.loads(await house.ask("DELETE FROM m", {"db": "d"}))

    assert body["results"][0]["error"] == "the engine is away"
    assert await rows(house, "SELECT v FROM m") == [[MONDAY, 1]]


async def test_a_removal_whose_asker_went_away_ends_all_the_same(house, monkeypatch):
    await house.write("d", line("a", MONDAY, 1))
    begun, erase = asyncio.Event(), house.plane.erase
    loop = asyncio.get_running_loop()

    def told(*asked):
        loop.call_soon_threadsafe(begun.set)
        return erase(*asked)

    monkeypatch.setattr(house.removals, "_erase", told)
    async with asyncio.TaskGroup() as jobs:
        asking = jobs.create_task(rows(house, "DROP MEASUREMENT m"))
        await begun.wait()
        asking.cancel()
    await rows(house, "DROP MEASUREMENT other")
    await house.write("d", b"other v=1 1")
    await rows(house, "DROP MEASUREMENT other")  # it comes after the one before

    assert await rows(house, "SHOW MEASUREMENTS") == []


async def test_a_removal_can_be_given_up_until_it_begins(house, monkeypatch):
    await house.write("d", b"\n".join([line("a", MONDAY, 1), b"n v=1 1"]))
    database = house.databases.database(house.space.id, "d")
    first, second = (
        Removal(database, {"autogen": house.removals.series(database, "autogen", name)})
        for name in ("m", "n")
    )
    begun, may_end, erase = asyncio.Event(), threading.Event(), house.plane.erase
    loop = asyncio.get_running_loop()

    def slow(*asked):
        loop.call_soon_threadsafe(begun.set)
        may_end.wait()
        return erase(*asked)

    monkeypatch.setattr(house.removals, "_erase", slow)
    space = house.space.id
    with (
        house.registry.running(space, str, "d") as one,
        house.registry.running(space, str, "d") as other,
    ):
        async with asyncio.TaskGroup() as jobs:
            jobs.create_task(house.removals.remove(first, one))
            waiting = jobs.create_task(interrupted(house.removals.remove(second, other)))
            await begun.wait()
            house.registry.kill(space, other.number)
            assert await waiting
            with pytest.raises(Conflict, match="a deletion that has begun is not stopped halfway"):
                house.registry.kill(space, one.number)
            may_end.set()

    assert await rows(house, "SHOW MEASUREMENTS") == [["n"]]


async def interrupted(work):
    try:
        await work
    except QueryInterrupted:
        return True
    return False


async def test_rows_of_a_dropped_database_give_their_room_back(house):
    await house.write("d", line("a", MONDAY, 1))
    database = house.databases.database(house.space.id, "d")
    refs = house.removals.series(database, "autogen")
    await house.settle()
    await house.databases.drop(house.login, "d")
    await house.databases.create(house.login, "d")
    await house.write("d", line("b", MONDAY, 2))
    await house.write("d", b"other v=1 1")
    await rows(house, "DROP MEASUREMENT other")  # it comes after that

    assert not len(house.plane.store.select(Kind.FLOAT, refs, 0, 1 << 62).times)
    assert await rows(house, "SELECT v FROM m") == [[MONDAY, 2]]


async def test_only_so_many_wait(house):
    database = house.databases.database(house.space.id, "d")
    await house.write("d", line("a", MONDAY, 1))
    removals = PointRemovals(
        erase=print, catalogue=None, head=None, store=None, stocks=None, kinds=None, ingest=None
    )
    some = Removal(database, {"autogen": house.removals.series(database, "autogen")})
    async with asyncio.TaskGroup() as jobs:
        waiting = [jobs.create_task(removals.remove(some)) for _ in range(100)]
        await asyncio.sleep(0)
        with pytest.raises(LimitExceeded):
            await removals.remove(some)
        for one in waiting:
            one.cancel()


def test_a_removal_touches_shards_that_it_shares_a_moment_with():
    shard = Shard(database=1, policy="p", start_ns=10, end_ns=20)

    touched = [Removal(None, {}, *span).touches(shard) for span in ((0, 10), (0, 11), (19, 30),
                                                                  (20, 30))]  # fmt: skip
    assert touched == [False, True, True, False]


class Model:
    """A hub that is written to, deleted from, settled and started anew; and a plain dict."""

    TAGS = ("a", "b", "c")
    FIELDS = ("v", "w")

    def __init__(self, folder, seed):
        self.draw = random.Random(seed)
        self.folder = folder
        self.engine = Survivor()
        self.points = {}  # (measurement, tag, field) -> time -> value

    async def open(self):
        self.house = InfluxStore(self.folder, engine=self.engine, path=self.folder / "r.sqlite")
        await self.house.__aenter__()

    async def close(self):
        await self.house.__aexit__(None, None, None)

    def time(self):
        return MONDAY + self.draw.randrange(-1, 3) * WEEK + self.draw.randrange(20)

    async def write(self):
        lines = []
        for _ in range(self.draw.randrange(1, 6)):
            measurement, tag = self.draw.choice("mn"), self.draw.choice(Model.TAGS)
            time, field = self.time(), self.draw.choice(Model.FIELDS)
            value = self.draw.randrange(100)
            lines.append(f"{measurement},t={tag} {field}={value} {time}")
            self.points.setdefault((measurement, tag, field), {})[time] = value
        await self.house.write("d", "\n".join(lines).encode())

    async def delete(self):
        measurement, tag = self.draw.choice("mn"), self.draw.choice([*Model.TAGS, None])
        start, end = sorted((self.time(), self.time()))
        parts = [f"time >= {start} AND time < {end}"] if self.draw.random() < 0.7 else []
        parts += [f"t = '{tag}'"] if tag else []
        where = f" WHERE {' AND '.join(parts)}" if parts else ""
        await rows(self.house, f"DELETE FROM {measurement}{where}")
        for (of, has, _), line in self.points.items():
            if of == measurement and tag in (None, has):
                for time in list(line):
                    if start <= time < end or not parts or not parts[0].startswith("time"):
                        del line[time]

    async def settle(self):
        await self.house.write("d", b"other v=1 1")
        await self.house.settle()

    async def restart(self):
        await self.close()
        await self.open()
        await self.house.plane.replay.wait(60)

    async def check(self):
        for measurement in "mn":
            for field in Model.FIELDS:
                query = f"SELECT {field}, t FROM {measurement}"
                found = {(row[2], row[0]): row[1] for row in await rows(self.house, query)}
                assert found == {
                    (tag, time): value
                    for (of, tag, name), line in self.points.items()
                    if (of, name) == (measurement, field)
                    for time, value in line.items()
                }
        alive = {f"{of},t={tag}" for (of, tag, _), line in self.points.items() if line}
        known = {row[0] for row in await rows(self.house, "SHOW SERIES FROM m, n")}
        assert known == alive
        named = {row[0] for row in await rows(self.house, "SHOW MEASUREMENTS")} - {"other"}
        assert named == {of for (of, _, _), line in self.points.items() if line}


@pytest.mark.parametrize("seed", range(6))
async def test_writes_and_deletions_leave_what_a_plain_model_has_also_after_restarts(
    tmp_path, seed
):
    model = Model(tmp_path, seed)
    await model.open()
    try:
        await model.house.databases.create(model.house.login, "d")
        for _ in range(40):
            steps = [model.write] * 5 + [model.delete] * 4 + [model.settle, model.restart]
            await model.draw.choice(steps)()
            await model.check()
    finally:
        await model.close()

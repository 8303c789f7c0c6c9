"""Remote read over stored samples."""

import numpy as np
import pytest

from muster.clock import SECOND_NS
from muster.core.promql.promqueries import Asked, PromQueries
from muster.core.promql.remotereads import RemoteReads
from muster.core.writes.pointwrites import Target, Writer
from muster.errors import Denied, InputError, LimitExceeded
from muster.model.access import Actor
from muster.model.influx import Login
from muster.testing.influxstore import InfluxStore
from muster.testing.remotereading import frames_of, query, request
from muster.testing.remotewriting import STALE, part, series_v1
from muster.testing.series import MemoryStore
from muster.wire.prometheus import remote_parser
from muster.wire.prometheusread import ReadLimits, ResponseType
from muster.wire.snappy import SNAPPY

NOW_S = 1_800_000_000
NOW_MS = NOW_S * 1_000
UP = {"__name__": "up", "job": "node"}
DOWN = {"__name__": "down", "job": "node"}


@pytest.fixture
async def house(tmp_path):
    async with InfluxStore(tmp_path, engine=MemoryStore()) as house:
        house.clock.advance(NOW_S - house.clock.now_ns() / SECOND_NS)
        await house.databases.create(house.login, "d")
        body = series_v1(UP, [(1.0, NOW_MS), (STALE, NOW_MS + 1)]) + series_v1(
            DOWN, [(2.0, NOW_MS)]
        )
        parsed = remote_parser().parse(body, 1).parsed
        await house.writes.store(parsed, Target(house.space.id, "d", "", 1), Writer())
        yield house


def reads(house) -> RemoteReads:
    queries = PromQueries(
        queries=house.queries,
        databases=house.databases,
        stocks=house.stocks,
        registry=house.registry,
    )
    return RemoteReads(queries=queries, limits=ReadLimits(queries=3))


async def ask(house, *queries: bytes, accepted=(), login=None, database="d", **more):
    block = SNAPPY.pack(request(*queries, accepted=accepted))
    return await reads(house).read(Asked(login or house.login, database), block, **more)


async def test_samples_come_with_their_bits(house):
    whole = query(NOW_MS, NOW_MS + 9, (0, "__name__", "up"))
    answer = await ask(house, whole)

    assert answer.form is ResponseType.SAMPLES
    up = series_v1(UP, [(1.0, NOW_MS), (STALE, NOW_MS + 1)])
    assert SNAPPY.unpack(answer.body, 10_000) == part(1, up)


async def test_each_query_has_its_result_and_matchers_may_be_patterns(house):
    wide = query(NOW_MS, NOW_MS, (2, "__name__", "u.|d.*"), (1, "job", "x"))
    none = query(NOW_MS, NOW_MS, (3, "__name__", ".*"))
    answer = await ask(house, wide, none, query(9, 1, (0, "__name__", "up")))

    found = series_v1(DOWN, [(2.0, NOW_MS)]) + series_v1(UP, [(1.0, NOW_MS)])
    assert SNAPPY.unpack(answer.body, 10_000) == part(1, found) + part(1, b"") * 2


async def test_who_takes_chunks_gets_chunks(house):
    answer = await ask(house, query(0, NOW_MS * 2, (0, "__name__", "up")), accepted=(1, 0))

    (frame,) = frames_of(answer.body)
    assert (answer.form, frame.labels) == (ResponseType.CHUNKS, UP)
    assert frame.chunks[0][:2] == (NOW_MS, NOW_MS + 1)


async def test_influxdbs_path_never_answers_in_chunks(house):
    answer = await ask(house, query(0, 1), accepted=(1,), samples=True)

    assert answer.form is ResponseType.SAMPLES


@pytest.mark.parametrize(
    ("fault", "queries"),
    [
        (InputError, [query(0, 1, (2, "a", "("))]),
        (LimitExceeded, [query(0, 1)] * 4),
        (InputError, [b"\x0a"]),
    ],
)
async def test_bad_requests_are_refused(house, fault, queries):
    with pytest.raises(fault):
        await ask(house, *queries)


async def test_who_may_not_read_a_database_gets_nothing_of_it(house):
    stranger = Login(space=house.space.id, actor=Actor(name="x"), name="x")
    with pytest.raises(Denied):
        await ask(house, query(0, 1), login=stranger)

    everywhere = await ask(
        house, query(0, NOW_MS * 2, (0, "__name__", "up")), login=stranger, database=""
    )
    assert SNAPPY.unpack(everywhere.body, 100) == part(1, b"")


async def test_what_is_read_is_what_was_written_to_the_bit(house):
    values = np.array([1.5, -0.0, 1e300])
    samples = [(value, NOW_MS + at) for at, value in enumerate(values)]
    body = series_v1({"__name__": "x"}, samples)
    parsed = remote_parser().parse(body, 1).parsed
    await house.writes.store(parsed, Target(house.space.id, "d", "", 1), Writer())
    answer = await ask(house, query(0, NOW_MS * 2, (0, "__name__", "x")))

    assert SNAPPY.unpack(answer.body, 10_000) == part(1, body)

import asyncio
import random

import pytest

from muster.core.querying.pointreader import PointReader
from muster.core.writes.metricmetadata import MetricMetadata
from muster.core.writes.pointwrites import Target, Writer
from muster.core.writes.remotewrites import PRECISION_NS, RemoteWrites
from muster.errors import InputError, LimitExceeded
from muster.model.query import Selector
from muster.store.head.head import Head
from muster.testing.influxhouse import InfluxHouse
from muster.testing.influxstore import InfluxStore
from muster.testing.remotewriting import request_v1, series_v1
from muster.testing.series import MemoryStore
from muster.wire.prometheusparts import RemoteLimits, Version
from muster.wire.snappy import SNAPPY

NOW_MS = 1_700_000_000_000


@pytest.fixture
def house():
    with InfluxHouse() as house:
        yield house


def writes(house, body_bytes: int = 10_000_000) -> RemoteWrites:
    limits = RemoteLimits(body_bytes=body_bytes)
    return RemoteWrites(writes=house.writes, metadata=MetricMetadata(), limits=limits)


def message(series: int) -> bytes:
    """Texts that do not pack well, so that a large message is a large block."""
    names = ({"__name__": f"m{number * 7919 % 1_000_003}"} for number in range(series))
    return b"".join(series_v1(labels, [(1.0, NOW_MS)]) for labels in names)


@pytest.mark.parametrize("series", [1, 3_000])
async def test_a_message_is_read_on_the_loop_or_beside_it(house, series):
    received = await writes(house).receive(SNAPPY.pack(message(series)), Version.V1)

    assert received.parsed.points_total == series


async def test_samples_are_on_disk_before_they_are_told_as_written(house):
    await house.databases.create(house.influx_logins.login_of_nobody(""), "d")
    remote = writes(house)
    received = await remote.receive(SNAPPY.pack(message(2)), Version.V1)
    answer = await remote.store(received, Target(house.space.id, "d", "", PRECISION_NS), Writer())

    assert (answer.samples, answer.text) == (2, "")
    assert len(house.stored(db="d")) == 2


async def test_faults_leave_the_parsers_ready_for_the_next_message(house):
    remote = writes(house, body_bytes=1_000)
    for fault, block in ((InputError, b"?"), (LimitExceeded, SNAPPY.pack(bytes(1_001)))):
        with pytest.raises(fault):
            await remote.receive(block, Version.V1)

    assert (await remote.receive(SNAPPY.pack(message(1)), Version.V1)).parsed.points_total == 1


async def test_a_sender_that_goes_away_while_its_message_is_read_disturbs_nobody(house):
    remote = writes(house)
    block = SNAPPY.pack(message(5_000))
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await remote.receive(block, Version.V1)
        received = await remote.receive(SNAPPY.pack(message(1)), Version.V1)

        assert received.parsed.points_total == 1


async def test_nothing_is_lost_wherever_a_sender_cuts_its_samples_into_messages(tmp_path):
    chance, labels = random.Random(3), [(("__name__", "m"), ("n", f"{n}")) for n in range(400)]
    async with InfluxStore(tmp_path, engine=MemoryStore()) as house:
        await house.databases.create(house.login, "d")
        remote, target = writes(house), Target(house.space.id, "d", "", PRECISION_NS)
        start_ms = house.clock.now_ns() // PRECISION_NS
        for turn in range(12):
            cut = chance.randrange(400)
            order = [*range(cut, 400), *range(cut)]
            while order:
                size = chance.randrange(1, 300)
                some, order = order[:size], order[size:]
                series = [(labels[n], [start_ms + turn], [float(n + turn)]) for n in some]
                received = await remote.receive(SNAPPY.pack(request_v1(series)), Version.V1)
                assert (await remote.store(received, target, Writer())).samples == len(some)

        refs = house.plane.catalogue.find(Selector(measurement="m"), None, 1_000)
        wanted = {n: [float(n + turn) for turn in range(12)] for n in range(400)}
        assert read(house, house.head, refs) == wanted
        await house.settle()
        assert read(house, Head(clock=house.clock), refs) == wanted


def read(house, head, refs):
    """All values of each series, by its number."""
    reader = PointReader(
        head=head, store=house.plane.store, on_loop=lambda work: work(), most_values=10**6
    )
    numbers = [int(dict(ref.series.tags)["n"]) for ref in refs]
    return {
        numbers[found.place]: found.values.tolist() for found in reader.values(refs, 0, 1 << 62)
    }

import asyncio

import pytest

from muster.core.writes.datagramwrites import DatagramWrites, UdpSettings, check
from muster.errors import SettingsError
from muster.ports.datagrams import DatagramCounts
from muster.testing.influxhouse import InfluxHouse

S = 1_800_000_000


class Source:
    """Gives what it was made with, a body at a time."""

    def __init__(self, *bodies):
        self.bodies = list(bodies)
        self.is_over = asyncio.Event()

    async def take(self, most_bytes):
        if not self.bodies:
            self.is_over.set()
            await asyncio.Event().wait()
        return self.bodies.pop(0)

    def counts(self):
        return DatagramCounts(received=9, dropped=2)


@pytest.fixture
def house():
    with InfluxHouse() as house:
        yield house


async def run(house, *bodies, sleep=asyncio.sleep, **settings):
    source = Source(*bodies)
    writes = DatagramWrites(
        source=source,
        writes=house.writes,
        databases=house.databases,
        space=lambda: house.space.id,
        settings=UdpSettings(**{"udp_port": 8089, **settings}),
        sleep=sleep,
    )
    async with asyncio.timeout(60), asyncio.TaskGroup() as jobs:
        job = jobs.create_task(writes.run())
        await source.is_over.wait()
        job.cancel()
    return writes.state()


async def test_lines_of_datagrams_are_written_and_the_database_is_made(house):
    state = await run(house, [b"m v=1i 1800000000", b"m v=2i 1800000001\n"], udp_precision="s")

    assert house.stored(db="udp") == {
        ("m", (), "v", S * 10**9): 1,
        ("m", (), "v", (S + 1) * 10**9): 2,
    }
    assert (state.points, state.refused, state.database) == (2, 0, "udp")
    assert state.datagrams == DatagramCounts(received=9, dropped=2)


async def test_what_is_refused_is_counted_and_the_rest_is_written(house, caplog):
    now = house.clock.now_ns()
    good, bad, other = f"m v=1i {now}".encode(), b"bad", f"m v=1.5 {now}".encode()

    state = await run(house, [good], [bad], [other], [good])

    assert (state.points, state.refused) == (2, 2)
    assert "conflict" in state.error
    assert caplog.text.count("datagrams were refused") == 1


async def test_a_policy_that_is_not_there_is_told(house):
    state = await run(house, [b"m v=1 1", b"m v=1 2"], udp_policy="none")

    assert (state.points, state.refused) == (0, 2)
    assert "retention policy not found: none" in state.error


async def test_while_the_disk_is_full_the_same_points_are_tried_again(house):
    now = house.clock.now_ns()
    house.journal.full = True
    waits = []

    async def sleep(wait_s):
        waits.append(wait_s)
        house.journal.full = len(waits) < 3

    state = await run(house, [f"m v=1i {now}".encode()], sleep=sleep)

    assert (state.points, state.refused, waits) == (1, 0, [1.0] * 3)


async def test_a_fault_ends_nothing(house, monkeypatch, caplog):
    async def broken(*words):
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(house.writes, "store", broken)
        state = await run(house, [b"m v=1 1"])

    assert (state.refused, "could not be written" in caplog.text) == (1, True)


async def test_without_a_port_nothing_is_taken(house):
    writes = DatagramWrites(
        source=Source([b"x"]),
        writes=house.writes,
        databases=house.databases,
        space=lambda: None,
        settings=UdpSettings(),
    )

    await writes.run()

    assert writes.state().port == 0


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"udp_port": 70_000}, "influx.udp_port"),
        ({"udp_precision": "y"}, "influx.udp_precision"),
        ({"udp_port": 1, "udp_addresses": ()}, "influx.udp_addresses"),
        ({"udp_port": 1, "udp_database": "muster"}, "influx.udp_database"),
        ({"udp_queue_bytes": 1}, "influx.udp_queue_bytes"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_by_key(settings, key):
    check(UdpSettings())
    with pytest.raises(SettingsError) as refusal:
        check(UdpSettings(**settings))

    assert refusal.value.key == key

import pytest

from muster.core.writes.metricmetadata import MetricMetadata
from muster.core.writes.otlpwrites import PRECISION_NS, OtlpWrites
from muster.core.writes.pointwrites import Target, Writer
from muster.errors import InputError
from muster.testing.influxhouse import InfluxHouse
from muster.wire.otlp import OtlpLimits
from muster.wire.otlpanswer import Encoding
from muster.wire.prometheusparts import RemoteLimits


@pytest.fixture
def house():
    with InfluxHouse() as house:
        yield house


def writes(house) -> OtlpWrites:
    return OtlpWrites(
        writes=house.writes,
        metadata=MetricMetadata(),
        clock=house.clock,
        limits=OtlpLimits(),
        columns=RemoteLimits(),
    )


def document(points: str) -> bytes:
    head = '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"a","gauge":{"dataPoints":['
    return f"{head}{points}]}}}}]}}]}}]}}".encode()


async def store(house, otlp: OtlpWrites, body: bytes):
    await house.databases.create(house.influx_logins.login_of_nobody(""), "d")
    taken = await otlp.receive(body, Encoding.JSON, is_packed=False)
    return await otlp.store(taken, Target(house.space.id, "d", "", PRECISION_NS), Writer())


@pytest.mark.parametrize("points", [1, 500])
async def test_points_are_kept_whether_read_on_the_loop_or_beside_it(house, points):
    body = document(",".join(f'{{"asInt":1,"timeUnixNano":{at + 1}}}' for at in range(points)))
    answer = await store(house, writes(house), body)

    assert (answer.rejected, answer.message) == (0, "")
    assert len(house.stored(db="d")) == points


async def test_no_more_points_are_rejected_than_there_were(house):
    tagged = '{"asInt":1,"attributes":[{"key":"time","value":{"stringValue":"x"}}]}'
    answer = await store(house, writes(house), document(tagged))

    assert answer.rejected == 1
    assert 'input tag "time"' in answer.message


async def test_after_a_fault_the_next_body_is_read(house):
    otlp = writes(house)
    with pytest.raises(InputError):
        await otlp.receive(b"[", Encoding.JSON, is_packed=False)

    assert (await otlp.receive(b"{}", Encoding.JSON, is_packed=False)).points == 0

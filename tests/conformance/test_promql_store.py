"""Recorded answers of Prometheus, given again over the real journal, head and engine: all.

The series come by remote write, once with all of them in the head, once in the engine alone.
"""

import json
from pathlib import Path

import pytest

from muster.core.promql.promqueries import Asked, PromQueries
from muster.core.writes.metricmetadata import MetricMetadata
from muster.core.writes.pointwrites import Target, Writer
from muster.core.writes.remotewrites import RemoteWrites
from muster.errors import MusterError
from muster.promql.render import failure, success
from muster.store.head.head import Head
from muster.testing.influxstore import InfluxStore
from muster.testing.promasking import alike, document, question_of, recorded
from muster.testing.remotewriting import STALE, series_v1
from muster.wire.prometheusparts import RemoteLimits, Version
from muster.wire.snappy import SNAPPY

GOLDEN = Path(__file__).parents[1] / "golden" / "promql"
NOW_NS = 1_700_003_600_000_000_000


async def write(house):
    writes = RemoteWrites(writes=house.writes, metadata=MetricMetadata(), limits=RemoteLimits())
    series = json.loads((GOLDEN / "series.json").read_text())
    message = b"".join(
        series_v1(
            each["labels"], list(zip(map(number, each["values"]), each["times"], strict=True))
        )
        for each in series
    )
    received = await writes.receive(SNAPPY.pack(message), Version.V1)
    answer = await writes.store(received, Target(house.space.id, "prometheus", "", 1), Writer())
    assert answer.text == ""


def number(text):
    return STALE if text == "stale" else float(text)


async def asked(prom, login, case):
    try:
        data = await prom.answer(Asked(login, "prometheus"), question_of(case.ask))
        return (200, success(*data).decode()) if data.text else (204, "")
    except MusterError as error:
        return error.status, failure(error.code, str(error)).decode()


@pytest.mark.parametrize("by", ["head", "engine"])
async def test_all_recorded_answers_are_given_again(tmp_path, by):
    async with InfluxStore(tmp_path) as house:
        house.clock.advance((NOW_NS - house.clock.now_ns()) / 1e9)
        await house.databases.create(house.login, "prometheus")
        await write(house)
        queries = house.queries
        if by == "engine":
            await house.settle()
            empty = Head(clock=house.clock)
            empty.begin(house.plane.newest)
            queries = house.over(empty)
        prom = PromQueries(
            queries=queries,
            databases=house.databases,
            stocks=house.stocks,
            registry=house.registry,
        )
        differ = {}
        for case in recorded(GOLDEN):
            status, answer = await asked(prom, house.login, case)
            if status != case.status or not alike(document(answer), document(case.answer)):
                differ[case.ask] = (status, answer, case.status, case.answer)

        assert differ == {}

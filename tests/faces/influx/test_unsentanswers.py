"""What waits for slow readers is bounded."""

import gc

import numpy as np
import pytest

from muster.errors import Unavailable
from muster.faces.influx.unsentanswers import UnsentAnswers
from muster.influxql.answers.results import ResultSeries, StatementResult
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import full
from muster.net.http import Response

ROWS = 16_000


def results(rows=ROWS):
    cells = (full(DataType.FLOAT, np.zeros(rows)),)
    series = ResultSeries("m", (), ("time", "v"), np.zeros(rows, np.int64), cells)
    return [StatementResult(0, (series,))]


def test_an_answer_counts_until_it_is_gone_also_if_nobody_reads_it():
    held = UnsentAnswers(most=2 * ROWS)
    response = held.hold(Response(body=b"x" * 1_000_000), results())

    with pytest.raises(Unavailable, match="answers of 32000 values wait"):
        held.hold(Response(body=b"x"), results())
    small = Response(body=b"x")
    assert held.hold(small, results(10)) is small
    del response
    gc.collect()
    assert held.cells == 0
    assert held.hold(Response(body=b"x"), results()).stream is not None


async def test_a_body_comes_in_parts_that_make_the_whole():
    held = UnsentAnswers()
    body = bytes(range(256)) * 4_000
    response = held.hold(Response(body=body), results())

    parts = [part async for part in response.stream]

    assert b"".join(parts) == body
    assert max(map(len, parts)) <= 262_144


async def test_chunks_stay_as_they_are():
    async def chunks():
        yield b"a"
        yield b"b"

    response = UnsentAnswers().hold(Response(stream=chunks()), results())

    assert [part async for part in response.stream] == [b"a", b"b"]


def test_small_answers_are_not_counted():
    held = UnsentAnswers(most=1)
    response = Response(body=b"x")

    assert held.hold(response, results(10)) is response
    assert held.cells == 0

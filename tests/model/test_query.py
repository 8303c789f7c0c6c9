"""Questions and answers as they cross the HTTP API."""

import msgspec
import pytest

from muster.model.metric import Kind
from muster.model.query import Frame, FrameSeries, Function, Query, Selector


def test_a_query_is_read_with_its_defaults():
    text = b'{"select":{"measurement":"cpu","tags":{"cpu":["cpu0"]}},"start_ns":1,"end_ns":2}'

    query = msgspec.json.decode(text, type=Query)

    assert query.select == Selector(measurement="cpu", tags={"cpu": ("cpu0",)})
    assert (query.function, query.step_ns, query.limit) == (Function.RAW, 0, 1_000)


@pytest.mark.parametrize("wrong", [b'{"start":1}', b'{"select":{},"start_ns":1,"end_ns":"x"}'])
def test_what_is_no_query_is_refused(wrong):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(wrong, type=Query)


def test_a_frame_keeps_gaps_and_integers():
    series = FrameSeries(measurement="m", field="f", tags=(("a", "b"),), kind=Kind.INTEGER)
    frame = Frame(times=[1, 2], series=(series,), values=[[None, 3]])

    text = msgspec.json.encode(frame)

    assert b'"values":[[null,3]]' in text
    assert b'"tags":[["a","b"]]' in text

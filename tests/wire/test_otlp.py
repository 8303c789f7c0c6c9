"""Golden: metrics.bin and metrics.json are one request as OpenTelemetry's own library writes it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import InputError, LimitExceeded, MusterError
from muster.testing.remotewriting import double, number, part
from muster.wire.otlp import OtlpLimits, decode_json, decode_protobuf
from muster.wire.otlpmodel import ExportRequest

GOLDEN = Path(__file__).parents[1] / "golden" / "otlp"
BINARY = (GOLDEN / "metrics.bin").read_bytes()
LIMITS = OtlpLimits()
FEW = OtlpLimits(messages=20, body_bytes=10_000)


def metrics(request: ExportRequest):
    return request.resource_metrics[0].scope_metrics[0].metrics


def within(*fields: int, data: bytes = b"") -> bytes:
    for field in reversed(fields):
        data = part(field, data)
    return data


def test_a_request_of_the_library_is_read_with_all_that_is_stored():
    request = decode_protobuf(BINARY, LIMITS)

    gauge, counter, _delta, histogram, exponential, summary = metrics(request)
    assert (gauge.name, gauge.unit, gauge.description) == ("system.memory.usage", "By", "in use")
    assert gauge.gauge.data_points[0].as_int == -5
    assert gauge.gauge.data_points[1].flags == 1
    assert counter.sum.is_monotonic
    assert histogram.histogram.data_points[0].bucket_counts == (1, 2, 3)
    assert exponential.exponential_histogram.data_points[0].positive.offset == -2
    assert summary.summary.data_points[0].quantile_values[1].value == 2.0


def test_numbers_of_lists_may_come_one_by_one():
    bounds = double(7, 1.0) + double(7, 2.0)
    body = within(1, 2, 2, 9, 1, data=bounds)

    (metric,) = metrics(decode_protobuf(body, LIMITS))
    assert metric.histogram.data_points[0].explicit_bounds == (1.0, 2.0)


def test_an_empty_body_is_an_empty_request():
    assert decode_protobuf(b"", LIMITS) == decode_json(b"", LIMITS) == ExportRequest()


def test_json_numbers_of_64_bits_may_be_texts():
    body = b'{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"a","sum":{"dataPoints":'
    body += b'[{"timeUnixNano":"5","asInt":"-7","attributes":[]}]}}]}]}]}'

    (metric,) = metrics(decode_json(body, LIMITS))
    assert metric.sum.data_points[0].as_int == "-7"


@pytest.mark.parametrize(
    "body",
    [
        *(b"\x0a", b"\x0a\x05a", b"\x08\x01", b"\x0b", b"\xff" * 11),
        within(1, 2, 2, data=part(1, b"\xff")),
        within(1, 2, 2, 10, 1, data=number(6, 1 << 40)),
        within(1, 2, 2, 5, 1, data=number(4, 1)),
    ],
    ids=bytes.hex,
)
def test_what_is_no_request_is_refused(body):
    with pytest.raises(InputError):
        decode_protobuf(body, LIMITS)


@pytest.mark.parametrize(
    "body",
    [b"[]", b"{", b'{"resourceMetrics":[7]}', b"\xff", b"[" * 100_000],
    ids=lambda body: str(body[:30]),
)
def test_what_is_no_document_is_refused(body):
    with pytest.raises(InputError):
        decode_json(body, LIMITS)


def test_values_within_values_end_somewhere():
    value = part(1, b"x")
    for _ in range(5_000):
        value = part(5, part(1, value))
    body = within(1, 1, 1, 2, data=value)

    with pytest.raises(InputError, match="within each other"):
        decode_protobuf(body, LIMITS)


@pytest.mark.parametrize("body", [part(1, b"") * 20, within(1, 2, 2, 10, 1, 8, 2, data=bytes(20))])
def test_many_small_messages_are_refused_by_their_number(body):
    with pytest.raises(LimitExceeded, match="more than 20 messages"):
        decode_protobuf(body, FEW)


def test_many_small_documents_are_refused_before_they_are_read():
    with pytest.raises(LimitExceeded, match="more than 20 messages"):
        decode_json(b'{"resourceMetrics":[' + b"{}," * 20 + b"{}]}", FEW)


@pytest.mark.parametrize("decode", [decode_protobuf, decode_json])
def test_a_body_over_the_limit_is_refused(decode):
    with pytest.raises(LimitExceeded, match="10000 are allowed"):
        decode(bytes(10_001), FEW)


@given(st.integers(0, len(BINARY)), st.binary(max_size=4), st.integers(0, 4))
def test_whatever_comes_is_read_or_refused(place, spoiled, cut):
    body = BINARY[:place] + spoiled + BINARY[place + cut :]

    try:
        decode_protobuf(body, LIMITS)
    except MusterError as error:
        assert str(error)

from pathlib import Path

import pytest

from muster.errors import LimitExceeded
from muster.model.metric import points_of
from muster.wire import otlpmodel as m
from muster.wire.otlp import OtlpLimits, decode_json, decode_protobuf
from muster.wire.otlpcolumns import OtlpColumns
from muster.wire.prometheusparts import Metadata, RemoteLimits

GOLDEN = Path(__file__).parents[1] / "golden" / "otlp"
NOW_NS = 1_700_000_000_000_000_000
LIMITS = RemoteLimits()


def request(*metrics: m.Metric, attributes: m.Attributes = ()) -> m.ExportRequest:
    scope = m.ScopeMetrics(metrics=metrics)
    resource = m.Resource(attributes=attributes)
    return m.ExportRequest(
        resource_metrics=(m.ResourceMetrics(resource=resource, scope_metrics=(scope,)),)
    )


def gauge(name: str, *points: m.NumberPoint) -> m.Metric:
    return m.Metric(name=name, gauge=m.Gauge(data_points=points))


def text(key: str, value: str) -> m.KeyValue:
    return m.KeyValue(key=key, value=m.AnyValue(string_value=value))


def take(*metrics: m.Metric, limits: RemoteLimits = LIMITS, **more):
    return OtlpColumns(limits).take(request(*metrics, **more), NOW_NS)


def values(taken):
    found = [point for block in taken.parsed.blocks() for point in points_of(block)]
    return {(p.measurement, p.tags.get("le", "")): p.fields["value"] for p in found}


def test_both_forms_of_one_request_give_the_same_columns():
    limits = OtlpLimits()
    of_binary = decode_protobuf((GOLDEN / "metrics.bin").read_bytes(), limits)
    of_json = decode_json((GOLDEN / "metrics.json").read_bytes(), limits)
    taken = OtlpColumns(LIMITS).take(of_binary, NOW_NS)

    assert taken == OtlpColumns(LIMITS).take(of_json, NOW_NS)
    assert (taken.points, taken.rejected) == (7, 0)
    shown = values(taken)
    assert shown["http_server_duration_seconds_bucket", "10"] == 3.0
    assert shown["rpc_duration_milliseconds_bucket", "1"] == 5.0
    assert shown["http_server_requests_total", ""] == 7.0
    assert shown["queue_delta", ""] == 3.0
    assert Metadata("gc_pause", 5, "", "1") in taken.metadata


def test_a_point_without_a_time_is_of_now():
    taken = take(gauge("a", m.NumberPoint(as_int=1)))

    assert list(taken.parsed.times) == [NOW_NS]


def test_points_of_one_series_are_rows_of_one_layout():
    points = [m.NumberPoint(as_int=at, time_unix_nano=at) for at in (1, 2)]
    taken = take(gauge("a", *points), gauge("b", m.NumberPoint(as_int=3)), gauge("a", points[0]))

    assert list(taken.parsed.rows) == [3, 1]
    assert sorted(taken.parsed.order) == [0, 1, 2, 3]


def test_a_layout_comes_again_as_the_same_object():
    columns, asked = OtlpColumns(LIMITS), request(gauge("a", m.NumberPoint(as_int=1)))
    first, again = (columns.take(asked, NOW_NS).parsed.layouts[0] for _ in range(2))

    assert first is again


REJECTED = {
    "no letter": gauge("", m.NumberPoint(as_int=1)),
    "without a value": gauge("a", m.NumberPoint()),
    "beyond what is stored": gauge("a", m.NumberPoint(as_int=1, time_unix_nano="1" * 20)),
    "too many labels": gauge(
        "a", m.NumberPoint(as_int=1, attributes=tuple(text(f"k{n}", "v") for n in range(1_025)))
    ),
    "at most 65535 are stored": gauge(
        "a", m.NumberPoint(as_int=1, attributes=(text("k", "v" * 65_535),))
    ),
    "buckets for": m.Metric(
        name="h",
        histogram=m.Histogram(data_points=(m.HistogramPoint(bucket_counts=(1,) * 9),)),
    ),
}


@pytest.mark.parametrize("reason", REJECTED)
def test_a_point_that_cannot_be_stored_is_rejected_alone(reason):
    taken = take(REJECTED[reason], gauge("good", m.NumberPoint(as_int=1)))

    assert (taken.points, taken.rejected, taken.parsed.points_total) == (2, 1, 1)
    assert reason in taken.reasons[0]


def test_a_resource_that_cannot_be_named_rejects_its_points():
    taken = take(gauge("a", m.NumberPoint(as_int=1)), attributes=(text("..", "x"),))

    assert (taken.rejected, taken.parsed.points_total) == (1, 0)


def test_attributes_that_are_left_out_are_no_labels():
    asked = request(
        gauge("a", m.NumberPoint(as_int=1)), attributes=(text("a.b", "1"), text("c", "2"))
    )
    taken = OtlpColumns(LIMITS, ("a.b",)).take(asked, NOW_NS)

    assert taken.parsed.layouts[0].series[0].tags == (("c", "2"),)


def test_an_attribute_named_time_is_told_of():
    point = m.NumberPoint(as_int=1, attributes=(text("time", "x"),))

    assert take(gauge("a", point)).parsed.with_time == (0,)


@pytest.mark.parametrize("limits", [RemoteLimits(points=2), RemoteLimits(series=2)], ids=str)
def test_a_request_that_becomes_too_much_is_refused_whole(limits):
    metrics = [gauge(name, m.NumberPoint(as_int=1)) for name in "abc"]

    with pytest.raises(LimitExceeded):
        take(*metrics, limits=limits)

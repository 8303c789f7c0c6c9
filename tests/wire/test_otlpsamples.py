import struct

import pytest

from muster.errors import InputError
from muster.testing.remotewriting import STALE_BITS
from muster.wire import otlpmodel as m
from muster.wire.otlpsamples import is_counter, points_of, samples_of, shared_labels, type_of
from muster.wire.prometheusparts import METRIC_TYPES


def told(point) -> dict:
    """Values by suffix and label."""
    return {
        each.suffix + (f"{{{each.label[0]}={each.label[1]}}}" if each.label else ""): struct.unpack(
            "<d", struct.pack("<q", each.bits)
        )[0]
        for each in samples_of(point)
    }


def test_a_number_is_one_sample():
    assert told(m.NumberPoint(as_int="7")) == {"": 7.0}
    assert told(m.NumberPoint(as_double=0.5)) == {"": 0.5}


def test_a_number_without_a_value_is_refused_and_with_the_flag_it_is_stale():
    with pytest.raises(InputError, match="without a value"):
        told(m.NumberPoint())
    (sample,) = samples_of(m.NumberPoint(flags=m.NO_VALUE))
    assert sample.bits == STALE_BITS


def test_a_histogram_is_its_buckets_its_count_and_its_sum():
    point = m.HistogramPoint(count=6, sum=1.5, bucket_counts=(1, 5), explicit_bounds=(0.5,), max=9)

    assert told(point) == {
        "_bucket{le=0.5}": 1.0,
        "_bucket{le=+Inf}": 6.0,
        "_count": 6.0,
        "_sum": 1.5,
        "_max": 9.0,
    }


def test_a_histogram_without_buckets_has_the_last_one():
    assert told(m.HistogramPoint(count=2)) == {"_bucket{le=+Inf}": 2.0, "_count": 2.0}


def test_a_stale_histogram_is_stale_in_all_of_its_series():
    point = m.HistogramPoint(count=6, sum=1.5, flags=m.NO_VALUE, min=1)

    assert {each.bits for each in samples_of(point)} == {STALE_BITS}


def test_an_exponential_histogram_is_told_by_bounds():
    point = m.ExponentialPoint(count=3, positive=m.Buckets(offset=0, bucket_counts=(1, 2)))

    assert told(point)["_bucket{le=4}"] == 3.0


def test_a_summary_is_its_quantiles():
    quantiles = (m.Quantile(quantile=0.5, value=1.5),)
    point = m.SummaryPoint(count=3, sum=4.5, quantile_values=quantiles)

    assert told(point) == {"{quantile=0.5}": 1.5, "_count": 3.0, "_sum": 4.5}


def kinds(**given) -> m.Metric:
    return m.Metric(name="a", **given)


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        (kinds(gauge=m.Gauge()), "gauge"),
        (kinds(sum=m.Sum(is_monotonic=True, aggregation_temporality=2)), "counter"),
        (kinds(sum=m.Sum(is_monotonic=True, aggregation_temporality=1)), "gauge"),
        (kinds(histogram=m.Histogram()), "histogram"),
        (kinds(exponential_histogram=m.ExponentialHistogram()), "histogram"),
        (kinds(summary=m.Summary()), "summary"),
        (kinds(), "unknown"),
    ],
)
def test_types_are_those_of_prometheus(metric, name):
    assert METRIC_TYPES[type_of(metric)] == name
    assert is_counter(metric) == (name == "counter")
    assert points_of(metric) == ()


def text(key: str, value: str) -> m.KeyValue:
    return m.KeyValue(key=key, value=m.AnyValue(string_value=value))


def test_a_service_is_a_job_and_an_instance():
    resource = (
        text("service.name", "cart"),
        text("service.namespace", "shop"),
        text("service.instance.id", "a"),
    )
    labels = shared_labels(resource, m.Scope(name="lib", attributes=(text("part", "x"),)))

    assert (labels["job"], labels["instance"], labels["part"]) == ("shop/cart", "a", "x")
    assert labels["otel_scope_name"] == "lib"
    assert "otel_scope_version" not in labels


def test_a_job_that_is_told_stays():
    assert shared_labels((text("service.name", "a"), text("job", "b")), m.Scope())["job"] == "b"

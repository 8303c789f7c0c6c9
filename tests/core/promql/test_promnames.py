"""What series are called in PromQL."""

import pytest

from muster.core.promql.promnames import (
    MetricNames,
    label_name,
    labels_of_tags,
    metric_name,
    with_name,
)


@pytest.mark.parametrize(
    ("measurement", "field", "name"),
    [
        ("up", "value", "up"),
        ("cpu", "usage_idle", "cpu_usage_idle"),
        ("net.if", "bytes-in", "net_if_bytes_in"),
        ("5min", "value", "_5min"),
        ("job:rate", "value", "job:rate"),
        ("größe", "x", "gr__e_x"),
    ],
)
def test_measurement_and_field_make_a_name(measurement, field, name):
    assert metric_name(measurement, field) == name


def test_tags_are_labels():
    labels = labels_of_tags((("B", "2"), ("__name__", "x"), ("a-b", "1"), ("empty", "")))

    assert labels == (("B", "2"), ("a_b", "1"))
    assert with_name("up", labels) == (("B", "2"), ("__name__", "up"), ("a_b", "1"))
    assert label_name("1") == "_1"


class Catalogue:
    def __init__(self, *names):
        self.pairs = set(names)

    def names(self):
        return self.pairs


def test_names_that_become_one_are_found_together():
    catalogue = Catalogue(("a_b", "c"), ("a", "b_c"))
    names = MetricNames(catalogue)
    before = names.known()

    assert sorted(before["a_b_c"]) == [("a", "b_c"), ("a_b", "c")]
    assert names.known() is before
    catalogue.pairs.add(("new", "value"))
    assert "new" in names.known()
    assert "new" not in before

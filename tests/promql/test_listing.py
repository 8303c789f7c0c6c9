"""What variables of dashboards ask in PromQL."""

import numpy as np
import pytest

from muster.promql.errors import PromqlError
from muster.promql.labels import labels_of
from muster.promql.limits import Limits
from muster.promql.listing import parse_listing
from muster.promql.packing import columns_of
from muster.promql.source import Samples


class Source:
    """Three series, whose last sample is 1.5."""

    SERIES = tuple(
        labels_of({"__name__": name, **more})
        for name, more in (
            ("up", {"job": "a", "host": "one"}),
            ("up", {"job": "b", "host": "two"}),
            ("load", {"host": "two"}),
        )
    )

    def series(self, matchers, start_ms, end_ms):
        tests = [(each.name, each.test()) for each in matchers]
        return [s for s in self.SERIES if all(test(dict(s).get(name, "")) for name, test in tests)]

    def newest(self, matchers, start_ms, end_ms):
        return None

    def select(self, matchers, start_ms, end_ms):
        return columns_of(
            [
                Samples(labels, np.array([end_ms]), np.array([1.5]))
                for labels in self.series(matchers, start_ms, end_ms)
            ]
        )


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("label_values(host)", ["one", "two"]),
        (' label_values( up{job="b"} , host ) ', ["two"]),
        ('label_values({job=~"a,b|b", host!=""}, host)', ["two"]),
        ("label_values(load, job)", []),
        ("label_names()", ["__name__", "host", "job"]),
        ("label_names(load)", ["__name__", "host"]),
        ("metrics(.*)", ["load", "up"]),
        ("metrics(^lo)", ["load"]),
        ('query_result(up{job="a"})', ['up{host="one",job="a"} 1.5 60000']),
        ("query_result(max(up) > 9)", []),
    ],
)
def test_a_variable_offers(text, values):
    assert parse_listing(text)(Source(), Limits(), 0, 60_000) == values


@pytest.mark.parametrize(
    "text", ["up", "label_values()", "label_values(up{, host)", "metrics([)", "query_result(up +)"]
)
def test_what_is_no_listing_is_refused(text):
    with pytest.raises(PromqlError):
        parse_listing(text)

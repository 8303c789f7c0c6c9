"""What legends call columns."""

import numpy as np
import pytest

from muster.core.dashboards.legends import columns_of, labels_of
from muster.influxql.answers.results import ResultSeries


def series(name="cpu", columns=("mean",), **tags):
    cells = tuple([1] for _ in columns)
    times = np.array([0], np.int64)
    return ResultSeries(name, tuple(sorted(tags.items())), ("time", *columns), times, cells)


@pytest.mark.parametrize(
    ("found", "labels"),
    [
        ([series()], [["mean"]]),
        ([series(host="a")], [["mean"]]),
        ([series(host="a"), series(host="b")], [["a"], ["b"]]),
        ([series(host="a"), series(host="")], [["a"], ["no host"]]),
        (
            [series(host="a", cpu="0"), series(host="b", cpu="1")],
            [["cpu: 0, host: a"], ["cpu: 1, host: b"]],
        ),
        ([series(host="a", cpu="0"), series(host="a", cpu="1")], [["0"], ["1"]]),
        ([series(columns=("min", "max"))], [["min", "max"]]),
        (
            [series(columns=("min", "max"), host=each) for each in "ab"],
            [["a min", "a max"], ["b min", "b max"]],
        ),
        ([series("cpu"), series("mem")], [["cpu"], ["mem"]]),
    ],
)
def test_a_label_is_what_tells_columns_apart(found, labels):
    assert labels_of(found, "") == labels


@pytest.mark.parametrize(
    ("pattern", "label"),
    [
        ("CPU", "CPU"),
        ("$m.$col", "a.b.mean"),
        ("$measurement on $tag_host", "a.b on web"),
        ("[[tag_host]] [[col]]", "web mean"),
        ("${tag_host}!", "web!"),
        ("$0-$1-$7", "a-b-$7"),
        ("$tag_none$other", "$other"),
    ],
)
def test_a_pattern_names_parts(pattern, label):
    assert labels_of([series("a.b", host="web")], pattern) == [[label]]


def test_rows_without_times_have_all_their_columns():
    listed = ResultSeries("m", (), ("key", "value"), None, (["a"], ["b"]))

    assert list(columns_of(listed)) == ["key", "value"]
    assert list(columns_of(series())) == ["mean"]

"""Series as JSON, by both twins."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.promql.pointtexts import (
    format_time,
    matrix_text,
    pure_matrix_text,
    pure_vector_text,
    to_json,
    vector_text,
)
from muster.promql.source import Samples

NUMBERS = st.floats() | st.integers(-9_999, 9_999).map(lambda it: it / 10) | st.floats(-1e-5, 1e-5)
TIMES = st.integers(-(1 << 62), 1 << 62) | st.integers(-9_999, 9_999)
TEXTS = st.text() | st.text('\x00\x1f\x7f"\\/<>&\b\t\n\f\r\u2027\u2028\u2029\u202a')
LABELS = st.dictionaries(TEXTS, TEXTS, max_size=3).map(lambda it: tuple(it.items()))
SERIES = st.tuples(LABELS, st.lists(st.tuples(TIMES, NUMBERS), max_size=4))


def samples(labels, points):
    times = np.array([time for time, _ in points], np.int64)
    return Samples(labels, times, np.array([value for _, value in points], np.float64))


@given(st.lists(SERIES, max_size=3), TIMES)
def test_both_twins_write_the_same(series, time_ms):
    every = [samples(*each) for each in series]
    labels = [each.labels for each in every]
    values = np.arange(2.0 * len(every))[::2]  # a column of a matrix
    written = matrix_text(every)

    assert written == pure_matrix_text(every)
    assert [each["metric"] for each in json.loads(written)] == list(map(dict, labels))
    assert vector_text(labels, time_ms, values) == pure_vector_text(labels, time_ms, values)


@pytest.mark.parametrize("write", [matrix_text, pure_matrix_text])
def test_each_value_has_a_time(write):
    points = samples((("a", "<b>"),), [(1_000, 0.5), (2_500, np.inf)])

    assert write([points, points._replace(labels=())]) == (
        b'[{"metric":{"a":"\\u003cb\\u003e"},"values":[[1,"0.5"],[2.500,"+Inf"]]},'
        b'{"metric":{},"values":[[1,"0.5"],[2.500,"+Inf"]]}]'
    )
    with pytest.raises(ValueError, match=r"times|shorter|longer"):
        write([points._replace(times=points.times[:1])])


@pytest.mark.parametrize("write", [vector_text, pure_vector_text])
def test_each_value_has_labels(write):
    assert write([(("a", "b"),)], -5, np.ones(1)) == b'[{"metric":{"a":"b"},"value":[-0.005,"1"]}]'
    with pytest.raises(ValueError, match=r"labels|shorter|longer"):
        write([()], 0, np.ones(2))


@pytest.mark.parametrize(
    ("milliseconds", "text"), [(0, "0"), (1_500, "1.500"), (-5, "-0.005"), (60_000, "60")]
)
def test_times_are_seconds(milliseconds, text):
    assert format_time(milliseconds) == text


def test_pages_take_no_text_for_their_own():
    assert to_json("\u2028<") == '"\\u2028\\u003c"'

"""Points as JSON, by both twins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.promql.pointtexts import point_texts, pure_point_texts, pure_sample_texts, sample_texts

NUMBERS = st.floats() | st.integers(-9_999, 9_999).map(lambda it: it / 10) | st.floats(-1e-5, 1e-5)


@given(st.lists(NUMBERS))
def test_both_twins_write_the_same(numbers):
    values = np.array(numbers, np.float64)
    times = [str(at).encode() for at in range(len(values))]

    assert point_texts(times, values) == pure_point_texts(times, values)
    assert sample_texts(values) == pure_sample_texts(values)


@pytest.mark.parametrize("write", [point_texts, pure_point_texts])
def test_each_value_has_a_time(write):
    assert write([b"1", b"2.5"], np.array([0.5, np.inf])) == '[1,"0.5"],[2.5,"+Inf"]'
    with pytest.raises(ValueError, match=r"times|shorter|longer"):
        write([b"1"], np.array([1.0, 2.0]))

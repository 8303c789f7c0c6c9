import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import InputError
from muster.wire.otlphistograms import MOST_BUCKETS, Bucket, classic, exponential

NONE = ()


def side(offset, counts):
    return list(enumerate(counts, offset))


def test_counts_of_buckets_are_summed_up():
    assert classic([0.5, 1.0], [1, 2, 3]) == [Bucket(0.5, 1), Bucket(1.0, 3)]
    assert classic([], [7]) == classic([], []) == []


@pytest.mark.parametrize(
    ("bounds", "counts"), [([1.0], [1]), ([1.0, 1.0], [1, 2, 3]), ([math.nan, 1.0], [1, 2, 3])]
)
def test_buckets_that_do_not_fit_are_refused(bounds, counts):
    with pytest.raises(InputError):
        classic(bounds, counts)


def test_an_exponential_histogram_has_the_bounds_of_its_scale():
    assert exponential(0, 2, 0.25, side(-1, [1, 0, 4]), NONE) == [
        Bucket(0.25, 2),
        Bucket(1.0, 3),
        Bucket(4.0, 7),
    ]


def test_negative_buckets_come_first():
    assert exponential(0, 0, 0.0, NONE, side(0, [1, 2])) == [
        Bucket(-2.0, 2),
        Bucket(-1.0, 3),
        Bucket(0.0, 3),
    ]


def test_a_finer_scale_has_the_bounds_of_the_fixed_one():
    fine = exponential(5, 0, 0.0, side(0, [1] * 32), NONE)

    assert [bucket.bound for bucket in fine] == pytest.approx([2**0.25, 2**0.5, 2**0.75, 2.0])
    assert fine[-1].total == 32


@given(st.integers(-10, 20), st.integers(-2_000, 2_000), st.lists(st.integers(0, 9), max_size=900))
def test_buckets_are_few_ascend_and_lose_nothing(scale, offset, counts):
    found = exponential(scale, 1, 0.0, side(offset, counts), side(offset, counts))

    assert len(found) <= 2 * MOST_BUCKETS + 1
    assert found[-1].total == 2 * sum(counts) + 1
    totals = [bucket.total for bucket in found]
    assert totals == sorted(totals)


def test_a_scale_that_is_none_is_refused():
    with pytest.raises(InputError, match="scale"):
        exponential(99, 0, 0.0, NONE, NONE)

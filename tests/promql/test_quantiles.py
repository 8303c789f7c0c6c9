"""Quantiles."""

from math import inf, isnan, nan

import numpy as np

from muster.promql.quantiles import bucket_quantiles, quantiles, with_edges


def quantile(values, share):
    row = np.array([values])
    return quantiles(row, np.ones(row.shape, np.bool_), np.array([share]))[0]


def test_between_two_values_it_is_interpolated():
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2
    assert quantile([1.0, 2.0], 0.25) == 1.25


def test_what_is_no_number_stands_below_all():
    assert isnan(quantile([nan, 1.0, 2.0], 0.0))
    assert quantile([nan, 1.0, 2.0], 1.0) == 2


def test_shares_that_are_none_have_answers_of_their_own():
    found = with_edges(np.zeros(3), np.array([-1.0, 2.0, nan]))

    assert found[:2].tolist() == [-inf, inf]
    assert isnan(found[2])


def test_buckets_are_interpolated_within():
    bounds, counts = np.array([1.0, 2.0, inf]), np.array([[0.0], [10.0], [10.0]])

    assert bucket_quantiles(bounds, counts, np.array([0.5])).tolist() == [1.5]
    assert bucket_quantiles(bounds, counts[[0, 0, 1]], np.array([0.9])).tolist() == [2.0]
    assert isnan(bucket_quantiles(bounds[:2], counts[:2], np.array([0.5]))[0])


def test_counts_that_fall_are_taken_as_those_below():
    bounds, counts = np.array([1.0, 2.0, inf]), np.array([[6.0], [4.0], [6.0]])

    assert bucket_quantiles(bounds, counts, np.array([0.5])).tolist() == [0.5]


def test_counts_that_are_no_numbers_are_searched_by_halves():
    bounds = np.array([1.0, 2.0, inf])
    counts = np.array([[6.0, 6.0], [nan, 6.0], [6.0, 6.0]])

    assert bucket_quantiles(bounds, counts, np.array([0.5, 0.5])).tolist() == [2.0, 0.5]
    assert bucket_quantiles(bounds, np.full((3, 1), nan), np.array([0.5])).tolist() == [2.0]

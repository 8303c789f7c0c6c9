"""Quantiles of samples and of classic histograms, as Prometheus interpolates them."""

import numpy as np

from muster.promql.source import F64, I64, Bools


def quantiles(values: F64, there: Bools, shares: F64) -> F64:
    """Of each row, by its share; what is no number stands below all numbers."""
    unknown = there & np.isnan(values)
    total = there.sum(axis=1)
    unknowns = unknown.sum(axis=1)
    ordered = np.sort(np.where(there & ~unknown, values, np.inf), axis=1)
    shares = np.where(np.isnan(shares), 0.5, shares)
    rank = np.clip(shares, 0, 1) * (total - 1)
    low = np.maximum(np.floor(rank), 0)
    high = np.minimum(total - 1, low + 1)
    weight = rank - np.floor(rank)
    rows = np.arange(len(values))

    def at(place: F64) -> F64:
        known = np.maximum(place.astype(np.int64) - unknowns, 0)
        return np.where(place < unknowns, np.nan, ordered[rows, known])

    found: F64 = at(low) * (1 - weight) + at(high) * weight
    return found


def with_edges(found: F64, shares: F64) -> F64:
    """Shares that are none: below 0, above 1, no number."""
    found = np.where(shares < 0, -np.inf, found)
    found = np.where(shares > 1, np.inf, found)
    return np.where(np.isnan(shares), np.nan, found)


def bucket_quantiles(bounds: F64, counts: F64, shares: F64) -> F64:
    """Of classic buckets, for each step.

    Shapes: `bounds` ascend, [bucket]; `counts` are of all that is below, [bucket, step].
    """
    bounds, counts = _rising(*_united(bounds, counts))
    if len(bounds) < 2 or bounds[-1] != np.inf:
        return with_edges(np.full(len(shares), np.nan), shares)
    total = counts[-1]
    rank = shares * total
    reached = counts[:-1] >= rank
    last = len(bounds) - 1
    steps = np.arange(len(shares))
    if np.isnan(counts).any():
        bucket = _searched(reached, steps)
    else:
        bucket = np.where(reached.any(axis=0), reached.argmax(axis=0), last)
    below = np.maximum(bucket - 1, 0)
    is_first = bucket == 0
    start = np.where(is_first, 0.0, bounds[below])
    before = np.where(is_first, 0.0, counts[below, steps])
    inside = counts[bucket, steps] - before
    found = start + (bounds[bucket] - start) * ((rank - before) / inside)
    found = np.where(is_first & (bounds[0] <= 0), bounds[0], found)
    found = np.where(bucket == last, bounds[-2], found)
    return with_edges(np.where(total == 0, np.nan, found), shares)


def _searched(reached: Bools, steps: I64) -> I64:
    """Where halving ends, as Go's sort.Search: what is no number may hide the first that is."""
    low, high = np.zeros_like(steps), np.full_like(steps, len(reached))
    while (is_open := low < high).any():
        middle = (low + high) // 2
        found = reached[np.minimum(middle, len(reached) - 1), steps]
        high = np.where(is_open & found, middle, high)
        low = np.where(is_open & ~found, middle + 1, low)
    return low


def _united(bounds: F64, counts: F64) -> tuple[F64, F64]:
    """Buckets with one bound are one."""
    edges = np.append(True, bounds[1:] != bounds[:-1])
    if edges.all():
        return bounds, counts
    united = np.add.reduceat(counts, np.flatnonzero(edges), axis=0)
    return bounds[edges], united


def _rising(bounds: F64, counts: F64) -> tuple[F64, F64]:
    """No bucket has less than one below it: scrapes are not taken in at once."""
    counts = counts.copy()
    most = counts[0].copy()
    for row in counts[1:]:
        most = np.where(row > most, row, most)
        row[:] = np.where(row < most, most, row)
    return bounds, counts

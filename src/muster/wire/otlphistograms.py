"""Histograms as series of `le`: how many values were at most so much. Pure arithmetic.

An exponential histogram has no bounds of its own: bucket i of scale s holds values above
2^(i/2^s), up to 2^((i+1)/2^s). Buckets are put together until there are few and their bounds
are those of a fixed scale, so that bounds do not move when a sender changes its scale.

Source: opentelemetry.io, Metrics Data Model, "ExponentialHistogram", "Exponential Scale"
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from muster.errors import InputError

FINEST_SCALE = 2  # four buckets for each power of two: bounds are 19 % apart
MOST_BUCKETS = 160  # of one sign; a sender's own limit, mostly
_SCALES = range(-10, 21)
_EXPONENT = 1_100  # of two, at most: beyond the doubles


class Bucket(NamedTuple):
    """How many values are at most `bound`, in all."""

    bound: float
    total: float


Side = Iterable[tuple[int, float]]
"""Counts of one sign, with the numbers of their buckets."""


def classic(bounds: Sequence[float], counts: Sequence[float]) -> list[Bucket]:
    """Of explicit bounds: one count more than there are bounds, or none at all.

    Errors: InputError.
    """
    if not counts:
        return []
    if len(counts) != len(bounds) + 1:
        raise InputError(f"{len(counts)} buckets for {len(bounds)} bounds")
    if any(not low < high for low, high in pairwise(bounds)):
        raise InputError("bounds of buckets do not ascend")
    found, total = [], 0.0
    for bound, count in zip(bounds, counts, strict=False):
        total += count
        found.append(Bucket(bound, total))
    return found


def exponential(
    scale: int, zero: float, zero_threshold: float, positive: Side, negative: Side
) -> list[Bucket]:
    """The buckets that hold something, by ascending bound. Errors: InputError."""
    if scale not in _SCALES:
        raise InputError(f"no scale of an exponential histogram: {scale}")
    coarse = min(scale, FINEST_SCALE)
    up, coarse_up = _fewer(_merged(positive, scale - coarse), coarse)
    down, coarse_down = _fewer(_merged(negative, scale - coarse), coarse)
    found, total = [], 0.0
    for index in sorted(down, reverse=True):
        total += down[index]
        found.append(Bucket(-_bound(index, coarse_down), total))
    if zero or found:
        total += zero
        found.append(Bucket(zero_threshold, total))
    for index in sorted(up):
        total += up[index]
        found.append(Bucket(_bound(index + 1, coarse_up), total))
    return found


def _merged(side: Side, shift: int) -> dict[int, float]:
    merged: dict[int, float] = {}
    for index, count in side:
        if count:
            merged[index >> shift] = merged.get(index >> shift, 0) + count
    return merged


def _fewer(counts: dict[int, float], scale: int) -> tuple[dict[int, float], int]:
    """Halve the buckets until there are few enough."""
    while len(counts) > MOST_BUCKETS:
        halved: dict[int, float] = {}
        for index, count in counts.items():
            halved[index >> 1] = halved.get(index >> 1, 0) + count
        counts, scale = halved, scale - 1
    return counts, scale


def _bound(index: int, scale: int) -> float:
    """2^(index / 2^scale); infinite or 0 beyond the doubles."""
    exponent = index * 2.0**-scale
    if exponent > _EXPONENT:
        return float("inf")
    if exponent < -_EXPONENT:
        return 0.0
    try:
        return float(2.0**exponent)
    except OverflowError:
        return float("inf")

"""What each Function makes of the values of one series: the definitions, in plain Python.

These are the rules every engine follows; core/querying/aggregate.py does the same over arrays and
is tested against this file. Samples are (time_ns, value), ascending in time, times unique.

NaN   is a value: it counts, and makes a sum and a mean NaN. `min` and `max` skip it unless
      nothing else is there. In a percentile it sorts last. A rate leaves out the pairs of
      which it cannot tell the increase.
mean  sum / count. Sums are made in doubles: past 2^53 a sum of integers is rounded.
rate  Each two neighbouring values give an increase and a duration; both belong to the
      bucket of the later value, and a bucket's rate is the sum of the one over the sum of
      the other. So a bucket with one value has a rate when a value came before it, and at a
      step of one sample the rate is the difference of neighbours. A fall is a reset: the
      counter began again at zero, so the increase is the new value (never below zero). Two
      values further apart than `rate_gap_ns` say nothing about the time between: no rate.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import msgspec

from muster.clock import SECOND_NS
from muster.errors import InputError
from muster.model.metric import Kind, Value
from muster.model.query import Function

Sample = tuple[int, Value]
Number = float | int | bool

RATE_GAP_NS = 300 * SECOND_NS

_FOR_STRINGS = frozenset({Function.RAW, Function.LAST, Function.FIRST, Function.COUNT})


class Partial(msgspec.Struct, frozen=True):
    """What can be merged of one bucket from two sides. Never empty."""

    count: int
    total: float
    low: Number
    high: Number
    first: Number
    first_ns: int
    last: Number
    last_ns: int


def require_function(function: Function, kind: Kind, name: str) -> None:
    """Errors: InputError when a function means nothing for the kind of a series."""
    if kind is Kind.STRING and function not in _FOR_STRINGS:
        raise InputError(
            f"{function.value} needs numbers, {name!r} is text: ask for last, first, count or raw"
        )
    if kind is Kind.BOOLEAN and function is Function.RATE:
        raise InputError(f"rate needs a counter, {name!r} is true or false: ask for mean or sum")


def answer_kind(function: Function, kind: Kind) -> Kind:
    """The Kind of what a function makes of a Kind."""
    match function:
        case Function.MEAN | Function.RATE:
            return Kind.FLOAT
        case Function.COUNT:
            return Kind.INTEGER
        case Function.SUM:
            return Kind.INTEGER if kind is Kind.BOOLEAN else kind
        case _:
            return kind


def rate_gap_ns(step_ns: int) -> int:
    """The longest time between two values that still gives a rate.

    Of one bucket over the whole range, the step is the range.
    """
    return max(RATE_GAP_NS, step_ns)


def partial_of(samples: Sequence[Sample]) -> Partial:
    """Partial aggregate of at least one numeric sample."""
    values = [_number(value) for _, value in samples]
    real = [value for value in values if value == value] or values
    return Partial(
        count=len(values),
        total=float(sum(float(value) for value in values)),
        low=min(real),
        high=max(real),
        first=values[0],
        first_ns=samples[0][0],
        last=values[-1],
        last_ns=samples[-1][0],
    )


def merge(one: Partial, other: Partial) -> Partial:
    """Both sides of one bucket. They hold different times."""
    early = one if one.first_ns <= other.first_ns else other
    late = one if one.last_ns > other.last_ns else other
    return Partial(
        count=one.count + other.count,
        total=one.total + other.total,
        low=_extreme(min, one.low, other.low),
        high=_extreme(max, one.high, other.high),
        first=early.first,
        first_ns=early.first_ns,
        last=late.last,
        last_ns=late.last_ns,
    )


def finish(partial: Partial, function: Function, kind: Kind) -> Value:
    """The value of a bucket, for the functions that need no single values."""
    match function:
        case Function.COUNT:
            return partial.count
        case Function.SUM:
            return partial.total if kind is Kind.FLOAT else round(partial.total)
        case Function.MEAN:
            return partial.total / partial.count
        case Function.MIN:
            return partial.low
        case Function.MAX:
            return partial.high
        case Function.FIRST:
            return partial.first
        case Function.LAST:
            return partial.last
        case _:
            raise InputError(f"{function.value} cannot be made of partial buckets")


def rank_of(count: int, percent: float) -> int:
    """Nearest rank, from 0: the smallest value with at least `percent` % at or below it."""
    # The small term undoes the rounding of e.g. 0.07 * 100 to just above 7.
    return min(max(math.ceil(percent * count / 100 - 1e-9), 1), count) - 1


def percentile(values: Iterable[Number], percent: float) -> Number:
    """Nearest rank of at least one value. Errors: InputError outside 0-100."""
    if not 0 <= percent <= 100:
        raise InputError(f"percentile must be between 0 and 100, not {percent}")
    ordered = sorted(values, key=lambda value: (value != value, value))
    return ordered[rank_of(len(ordered), percent)]


def increase(before: Number, after: Number) -> float:
    """How far a counter went from one value to the next; a fall is a reset. NaN: not known."""
    if before != before or after != after:
        return math.nan
    return float(after - before if after >= before else max(after, 0))


def rates(samples: Sequence[Sample], step_ns: int, gap_ns: int) -> dict[int, float]:
    """Bucket start -> rate per second, with no pair further apart than `gap_ns`."""
    sums: dict[int, tuple[float, int]] = {}
    for (early_ns, before), (late_ns, after) in pairwise(samples):
        rise = increase(_number(before), _number(after))
        if late_ns - early_ns > gap_ns or rise != rise:
            continue
        start = late_ns // step_ns * step_ns
        total, duration = sums.get(start, (0.0, 0))
        sums[start] = (total + rise, duration + late_ns - early_ns)
    return {start: total * SECOND_NS / duration for start, (total, duration) in sums.items()}


def bucketed(samples: Sequence[Sample], step_ns: int) -> dict[int, list[Sample]]:
    """Bucket start -> its samples."""
    buckets: dict[int, list[Sample]] = {}
    for time_ns, value in samples:
        buckets.setdefault(time_ns // step_ns * step_ns, []).append((time_ns, value))
    return buckets


def aggregate(
    samples: Sequence[Sample],
    kind: Kind,
    function: Function,
    step_ns: int,
    percent: float = 95.0,
) -> dict[int, Value]:
    """Bucket start -> value. For a rate, `samples` reach back `rate_gap_ns` before the range.

    Errors: InputError when the function means nothing for the kind.
    """
    require_function(function, kind, "the series")
    if function is Function.RAW:
        return dict(samples)
    if function is Function.RATE:
        return dict(rates(samples, step_ns, rate_gap_ns(step_ns)))
    return {
        start: _of_bucket(bucket, kind, function, percent)
        for start, bucket in bucketed(samples, step_ns).items()
    }


def _of_bucket(bucket: Sequence[Sample], kind: Kind, function: Function, percent: float) -> Value:
    match function:
        case Function.COUNT:
            return len(bucket)
        case Function.FIRST:
            return bucket[0][1]
        case Function.LAST:
            return bucket[-1][1]
        case Function.PERCENTILE:
            return percentile((_number(value) for _, value in bucket), percent)
        case _:
            return finish(partial_of(bucket), function, kind)


def _number(value: Value) -> Number:
    if isinstance(value, str):
        raise InputError(f"not a number: {value!r}")
    return value


def _extreme(choose: Callable[[list[Number]], Number], one: Number, other: Number) -> Number:
    real = [value for value in (one, other) if value == value]
    return choose(real) if real else one

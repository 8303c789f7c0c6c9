"""Technical indicators: exponential averages, RSI, TRIX, and those of Kaufman and Chande.

Each is a state that takes one value after the other; `hold` values at the start are not shown.
Source: InfluxDB 1.6 (query/internal/gota), where also the two ways to warm up come from.
"""

from collections.abc import Callable
from math import inf, isinf, nan
from typing import Protocol

import numpy as np

from muster.influxql.functions.segments import Segments, unsupported
from muster.influxql.functions.transformations import Along
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import NUMERIC, full

SIMPLE = "simple"
EXPONENTIAL = "exponential"


class Indicator(Protocol):
    """One series' state."""

    hold: int

    def add(self, value: float) -> float:
        """The indicator at this value."""
        ...


class Average:
    """An exponential moving average."""

    def __init__(self, period: int, warmup: str) -> None:
        self.hold = period - 1
        self.alpha = 2 / (period + 1)
        self.last = 0.0
        self._period = period
        self._count = 0
        self._simple = warmup == SIMPLE

    @property
    def ready(self) -> bool:
        """Whether what follows it may use it."""
        return not self._simple or self._count == self._period

    def add(self, value: float) -> float:
        count, last = self._count, self.last
        if not count:
            self.last = value
        elif count == self._period:
            self.last = (value - last) * self.alpha + last
        elif self._simple:
            self.last = (last * count + value) / (count + 1)
        else:
            self.last = (value - last) * (2 / (count + 2)) + last
        self._count = min(count + 1, self._period)
        return self.last


class Chain:
    """Averages of averages, combined: double and triple exponential moving average."""

    def __init__(self, period: int, warmup: str, weights: tuple[int, ...]) -> None:
        self._averages = [Average(period, warmup) for _ in weights]
        self._weights = weights
        self.hold = (period - 1) * (len(weights) if warmup == SIMPLE else 1)

    def add(self, value: float) -> float:
        result = 0.0
        ready = True
        for weight, average in zip(self._weights, self._averages, strict=True):
            if ready:
                value = average.add(value)
            ready = average.ready
            result += weight * value
        return result


class Trix:
    """The change of a triple average, in percent."""

    def __init__(self, period: int, warmup: str) -> None:
        self._averages = [Average(period, warmup) for _ in range(3)]
        self._last = 0.0
        self.hold = (period - 1) * (3 if warmup == SIMPLE else 1) + 1

    def add(self, value: float) -> float:
        for average in self._averages:
            value = average.add(value)
            if not average.ready:
                break
        rate = (_quotient(value, self._last) - 1) * 100
        self._last = value
        return rate


class Strength:
    """Averages of rises and falls: relative strength index, and Chande's oscillator of them."""

    def __init__(self, period: int, warmup: str, oscillates: bool) -> None:
        self._up, self._down = Average(period + 1, warmup), Average(period + 1, warmup)
        self._up.alpha = self._down.alpha = 1 / period
        self._last = 0.0
        self._oscillates = oscillates
        self.hold = period

    def add(self, value: float) -> float:
        change = value - self._last
        self._last = value
        up, down = self._up.add(max(change, 0.0)), self._down.add(max(-change, 0.0))
        if self._oscillates:
            return 100 * _quotient(up - down, up + down)
        return 100 - 100 / (1 + _quotient(up, down))


class Chande:
    """Chande's momentum oscillator over a window."""

    def __init__(self, period: int) -> None:
        self._prices, self._changes = [0.0] * (period - 1), [0.0] * (period - 1)
        self._up = self._down = 0.0
        self._newest, self._count = 0, 0
        self.hold = period - 1

    def add(self, value: float) -> float:
        if not self._prices:
            return nan
        oldest = (self._newest + 1) % len(self._prices)
        change = value - self._prices[self._newest] if self._count else 0.0
        self._up += max(change, 0.0)
        self._down += max(-change, 0.0)
        moved = self._up != 0 or self._down != 0
        result = 100 * _quotient(self._up - self._down, self._up + self._down) if moved else 0.0
        self._up -= max(self._changes[oldest], 0.0)
        self._down -= max(-self._changes[oldest], 0.0)
        self._prices[oldest], self._changes[oldest] = value, change
        self._newest = oldest
        self._count += 1
        return result


class Efficiency:
    """Kaufman's efficiency ratio: how straight the way of a window was."""

    def __init__(self, period: int) -> None:
        self._prices, self._changes = [0.0] * period, [0.0] * period
        self._noise = 0.0
        self._newest, self.count = 0, 0
        self.hold = period

    @property
    def newest(self) -> float:
        """The value before."""
        return self._prices[self._newest]

    def add(self, value: float) -> float:
        oldest = (self._newest + 1) % len(self._prices)
        signal = abs(value - self._prices[oldest])
        change = abs(value - self.newest)
        self._noise += change - self._changes[oldest]
        self._newest = oldest
        self._prices[oldest], self._changes[oldest] = value, change
        self.count += 1
        return 0.0 if not signal or not self._noise else signal / self._noise


class Adaptive:
    """Kaufman's adaptive moving average."""

    def __init__(self, period: int) -> None:
        self._efficiency = Efficiency(period)
        self._last = 0.0
        self.hold = period

    def add(self, value: float) -> float:
        if self._efficiency.count <= self.hold:
            self._last = self._efficiency.newest
        ratio = self._efficiency.add(value)
        share = (ratio * (2 / 3 - 2 / 31) + 2 / 31) ** 2
        self._last += share * (value - self._last)
        return self._last


# Those for which an infinite result is no point.
_FINITE = {
    "triple_exponential_derivative",
    "kaufmans_efficiency_ratio",
    "kaufmans_adaptive_moving_average",
}


def indicator(name: str, period: int, warmup: str | None) -> Callable[[], Indicator]:
    """How to begin this indicator for a series; `warmup` None is what each does by itself."""
    way = warmup or EXPONENTIAL
    makers: dict[str, Callable[[], Indicator]] = {
        "exponential_moving_average": lambda: Average(period, way),
        "double_exponential_moving_average": lambda: Chain(period, way, (2, -1)),
        "triple_exponential_moving_average": lambda: Chain(period, way, (3, -3, 1)),
        "triple_exponential_derivative": lambda: Trix(period, way),
        "relative_strength_index": lambda: Strength(period, way, oscillates=False),
        "kaufmans_efficiency_ratio": lambda: Efficiency(period),
        "kaufmans_adaptive_moving_average": lambda: Adaptive(period),
        "chande_momentum_oscillator": lambda: (
            Chande(period) if warmup in (None, "none") else Strength(period, way, oscillates=True)
        ),
    }
    return makers[name]


def along(name: str, segments: Segments, begin: Callable[[], Indicator], hold: int | None) -> Along:
    """The indicator for all series."""
    if segments.column.kind not in NUMERIC:
        raise unsupported(name.replace("_", " "), segments.column)
    values = segments.column.values.astype(np.float64).tolist()
    rows, results = [], []
    for start, end in zip(segments.starts.tolist(), segments.ends.tolist(), strict=True):
        state = begin()
        held = state.hold if hold is None else hold
        for row in range(start, end):
            result = state.add(values[row])
            if row - start < held or (name in _FINITE and isinf(result)):
                continue
            rows.append(row)
            results.append(result)
    return Along(np.array(rows, np.int64), full(DataType.FLOAT, np.array(results, np.float64)))


def _quotient(dividend: float, divisor: float) -> float:
    """Division as the processor does it."""
    if divisor:
        return dividend / divisor
    if not dividend or dividend != dividend:
        return nan
    return inf if dividend > 0 else -inf

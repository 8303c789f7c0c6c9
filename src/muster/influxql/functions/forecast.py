"""holt_winters: fits exponential smoothing to windows and goes on from there.

Source: InfluxDB 1.6: damped trend, multiplicative seasons, starts and steps of the fit as there.
"""

from collections.abc import Callable
from math import inf, isnan, nan

import numpy as np

from muster.influxql.errors import InfluxqlError
from muster.influxql.functions.segments import Reduced, Segments
from muster.influxql.functions.simplex import minimize
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import NUMERIC, Ints, full

MOST_POINTS = 2_000  # a fit takes time with the points, thousands of times
_WEIGHT = 0.5
_PRECISION = 1.0e-4
_GUESSES = (0.3, 0.7)


def holt_winters(
    segments: Segments, count: int, season: int, interval_ns: int, *, with_fit: bool
) -> Reduced:
    """`count` windows after the last, and with `with_fit` also the fitted ones.

    Errors: InfluxqlError when there are more points or forecasts than a fit may take.
    """
    if segments.column.kind not in NUMERIC:
        raise InfluxqlError(
            f"unsupported elapsed iterator type: *query.{segments.column.kind}InterruptIterator"
        )
    groups: list[int] = []
    times: list[int] = []
    values: list[float] = []
    for group, (start, end) in enumerate(zip(segments.starts, segments.ends, strict=True)):
        part = segments.times[start:end]
        numbers = segments.column.values[start:end].astype(np.float64).tolist()
        for time, value in _forecast(part, numbers, count, season, interval_ns, with_fit):
            groups.append(group)
            times.append(time)
            values.append(value)
    return Reduced(
        np.array(groups, np.int64),
        full(DataType.FLOAT, np.array(values, np.float64)),
        np.array(times, np.int64),
    )


def _forecast(
    times: Ints, numbers: list[float], count: int, season: int, interval: int, with_fit: bool
) -> list[tuple[int, float]]:
    seasonal = season >= 2
    if len(times) < 2 or (seasonal and len(times) < season):
        return []
    known = _regular(times.tolist(), numbers, interval)
    if len(known) + count > MOST_POINTS:
        raise InfluxqlError(
            f"holt_winters() takes at most {MOST_POINTS} windows and forecasts together, "
            f"got {len(known) + count}: group by a longer time"
        )
    if len(known) < 2:
        return []
    model = _Model(known, season if seasonal else 0)
    forecast = model.forecast(count, model.fit())
    if with_fit:
        first = int(times[0])
        return [(first + interval * n, v) for n, v in enumerate(forecast) if not isnan(v)]
    last = int(times[-1])
    later = forecast[len(known) :]
    return [(last + interval * (n + 1), v) for n, v in enumerate(later) if not isnan(v)]


def _regular(times: list[int], numbers: list[float], interval: int) -> list[float]:
    """One number for each window, NaN where there is none."""
    time = _rounded(times[0], interval)
    if _rounded(times[-1], interval) <= time:
        return []
    known = [numbers[0]]
    for point, number in zip(times[1:], numbers[1:], strict=True):
        rounded = _rounded(point, interval)
        if rounded <= time:
            continue
        missing = (rounded - time) // interval - 1
        if len(known) + missing > MOST_POINTS:
            raise InfluxqlError(f"holt_winters() takes at most {MOST_POINTS} windows")
        known.extend([nan] * missing)
        known.append(number)
        time = rounded
    return known


def _rounded(time: int, interval: int) -> int:
    whole, rest = divmod(abs(time), interval)
    if time < 0:
        return -whole * interval
    return (whole + (rest > interval // 2)) * interval


class _Model:
    """What is fitted. Parameters: alpha, beta, gamma, phi, level, trend, then the seasons."""

    def __init__(self, known: list[float], season: int) -> None:
        self._known = known
        self._season = season

    def fit(self) -> list[float]:
        """The best parameters found from all starts."""
        least, best = inf, None
        guess = self._first_guess()
        for alpha in _GUESSES:
            for beta in _GUESSES:
                for gamma in _GUESSES:
                    for phi in _GUESSES:
                        start = [alpha, beta, gamma, phi, *guess]
                        error, found = minimize(self._error, start, _PRECISION)
                        if error < least or best is None:
                            least, best = error, found
        return best or []

    def forecast(self, count: int, parameters: list[float]) -> list[float]:
        """All windows and so many after them; constrains the parameters in place."""
        for place in range(4):
            parameters[place] = min(max(parameters[place], 0.0), 1.0)
        alpha, beta, gamma, phi, level, trend, *seasons = parameters
        if len(seasons) == 1:
            seasons[0] = 1.0
        step = _stepper(alpha, beta, gamma, phi)
        value = self._known[0]
        damped = phi
        forecast = [value]
        length = len(seasons)
        # Seasons move on by one with each window, as in the original.
        shift = length - 1
        now = later = 1.0
        for time in range(1, len(self._known) + count):
            if length:
                now = seasons[(time - length + shift) % length]
                later = seasons[(time - length + time % length + shift) % length]
            value, level, trend, new = step(damped, value, level, trend, now, later)
            damped += phi**time
            if length:
                seasons[(time + shift) % length] = new
                shift += 1
            forecast.append(value)
        if length:
            parameters[6:] = seasons
        return forecast

    def _first_guess(self) -> list[float]:
        known, season = self._known, self._season
        if not season:
            trend = 0.0 if isnan(known[1]) else _WEIGHT * (known[1] - known[0])
            return [_WEIGHT * known[0], trend]
        level = sum((1 / season) * value for value in known[:season] if not isnan(value))
        pairs = list(zip(known[:season], known[season:], strict=False))
        trend = sum(
            1 / (season * season) * (later - value)
            for value, later in pairs
            if not isnan(value) and not isnan(later)
        )
        seasons = [
            0.0 if isnan(value) else (value / level if level else nan) for value in known[:season]
        ]
        return [level, trend, *seasons]

    def _error(self, parameters: list[float]) -> float:
        error = 0.0
        try:
            forecast = self.forecast(0, parameters)
        except (OverflowError, ZeroDivisionError):
            return inf
        for found, value in zip(forecast, self._known, strict=True):
            if isnan(value):
                continue
            if isnan(found):
                return inf
            error += (found - value) * (found - value)
        return error


def _stepper(
    alpha: float, beta: float, gamma: float, phi: float
) -> Callable[[float, float, float, float, float, float], tuple[float, float, float, float]]:
    """One window to the next: value, level, trend and season."""

    def step(
        damped: float, value: float, level: float, trend: float, now: float, later: float
    ) -> tuple[float, float, float, float]:
        expected = level + phi * trend
        new_level = alpha * _ratio(value, now) + (1 - alpha) * expected
        new_trend = beta * (new_level - level) + (1 - beta) * phi * trend
        new_season = gamma * _ratio(value, expected) + (1 - gamma) * now
        return (new_level + damped * new_trend) * later, new_level, new_trend, new_season

    return step


def _ratio(dividend: float, divisor: float) -> float:
    if divisor:
        return dividend / divisor
    if not dividend or isnan(dividend):
        return nan
    return inf if dividend > 0 else -inf

"""Finds a minimum without derivatives: Nelder and Mead's simplex.

Source: the variant of InfluxDB 1.6, step by step, since its results are what clients know.
"""

from collections.abc import Callable
from math import isnan, sqrt

Objective = Callable[[list[float]], float]

_MOST_STEPS = 1_000


def minimize(
    objective: Objective, start: list[float], precision: float
) -> tuple[float, list[float]]:
    """The least value found, and where. The objective may change the point it is given."""
    points = _corners(start)
    values = [objective(point) for point in points]
    for _ in range(_MOST_STEPS):
        _move(objective, points, values)
        if _spread(values) < precision:
            break
    best = _best(values)
    found = list(points[best])
    return objective(points[best]), found


def _corners(start: list[float]) -> list[list[float]]:
    size = len(start)
    near = (sqrt(size + 1) - 1) / (size * sqrt(2))
    far = (sqrt(size + 1) - 1 + size) / (size * sqrt(2))
    corners = [list(start)]
    for moved in range(size):
        corner = [at + (far if moved == place else near) for place, at in enumerate(start)]
        corners.append(corner)
    return corners


def _move(objective: Objective, points: list[list[float]], values: list[float]) -> None:
    """One step: reflect the worst corner, then stretch, keep or contract."""
    worst, best, second = _order(values)
    size = len(points[0])
    center = [
        sum(point[place] for number, point in enumerate(points) if number != worst) / size
        for place in range(size)
    ]
    reflected = [c + (c - w) for c, w in zip(center, points[worst], strict=True)]
    value = objective(reflected)
    if values[best] <= value < values[second]:
        points[worst], values[worst] = list(reflected), value
    if value < values[best]:
        stretched = [c + 2.0 * (r - c) for c, r in zip(center, reflected, strict=True)]
        better = objective(stretched)
        if better < value:
            points[worst], values[worst] = stretched, better
        else:
            points[worst], values[worst] = list(reflected), value
    if value >= values[second]:
        _contract(objective, points, values, (worst, best, second), center, reflected, value)


def _contract(
    objective: Objective,
    points: list[list[float]],
    values: list[float],
    order: tuple[int, int, int],
    center: list[float],
    reflected: list[float],
    value: float,
) -> None:
    worst, best, second = order
    if values[second] <= value < values[worst]:
        inner = [c + 0.5 * (r - c) for c, r in zip(center, reflected, strict=True)]
    else:
        inner = [c - 0.5 * (c - w) for c, w in zip(center, points[worst], strict=True)]
    found = objective(inner)
    if found < values[worst]:
        points[worst], values[worst] = inner, found
        return
    for number, point in enumerate(points):
        if number != best:
            points[number] = [b + (p - b) / 2.0 for b, p in zip(points[best], point, strict=True)]
    values[worst] = objective(points[worst])
    values[second] = objective(points[second])


def _order(values: list[float]) -> tuple[int, int, int]:
    """The corners with the largest value, the least, and the largest but one."""
    worst = best = 0
    for number, value in enumerate(values):
        if value > values[worst]:
            worst = number
        if value < values[best]:
            best = number
    second = best
    for number, value in enumerate(values):
        if values[second] < value < values[worst]:
            second = number
    return worst, best, second


def _best(values: list[float]) -> int:
    best = 0
    for number, value in enumerate(values):
        if value < values[best]:
            best = number
    return best


def _spread(values: list[float]) -> float:
    mean = sum(values) / len(values)
    size = len(values) - 1
    square = sum((value - mean) * (value - mean) / size for value in values)
    return square if isnan(square) else sqrt(square)

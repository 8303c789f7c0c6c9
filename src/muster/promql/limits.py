"""How far a query may go, and how it is told that nobody waits for it."""

from collections.abc import Callable
from typing import NamedTuple


def _nobody_asks() -> None:
    """For queries without a limit of time."""


class Limits(NamedTuple):
    """`look` is called now and then; it raises when the answer is not wanted any more.

    `renew` is called when what was read up to then is let go, and reading begins anew.
    Units: durations are milliseconds.
    """

    cells: int = 5_000_000  # series times steps of any part of a query
    series: int = 100_000  # that are listed by all their labels
    lookback_ms: int = 300_000
    subquery_step_ms: int = 60_000  # where a subquery names none
    look: Callable[[], None] = _nobody_asks
    renew: Callable[[], None] = _nobody_asks

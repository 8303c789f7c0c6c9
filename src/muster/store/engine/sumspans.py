"""Which stretches of a range sums can answer: pure reckoning with hours and steps."""

from collections.abc import Sequence

import numpy as np

from muster.store.engine.statements import HOUR_NS

_MOST_SPANS = 4  # of good hours in one question: each is a statement

Piece = tuple[int, int, int]
"""From one time to another, and the width of the sums that answer it; 0: rows do."""


def answered_by(
    summed_ns: int,
    hours: frozenset[int],
    pieces: Sequence[Piece],
    step_ns: int,
) -> list[Piece]:
    """Pieces of a range, of which what rows would answer is answered by sums where it can be."""
    rows = [(first, end) for first, end, width in pieces if not width]
    runs = [run for first, end in rows for run in runs_of_steps(hours, first, end, step_ns)]
    long = [run for run in runs if run[1] - run[0] >= HOUR_NS]
    chosen = sorted(sorted(long, key=lambda run: run[0] - run[1])[:_MOST_SPANS])
    found: list[Piece] = []
    for first, end, width in pieces:
        mine = [run for run in chosen if not width and first <= run[0] < end]
        found += [
            (at, until, summed_ns if is_chosen else width)
            for at, until, is_chosen in cut_up(mine, first, end)
        ]
    return found


def runs_of_steps(
    good: frozenset[int], start_ns: int, end_ns: int, step_ns: int
) -> list[tuple[int, int]]:
    """Stretches of such hours within a range, of whole steps."""
    runs = (
        (-(-max(first, start_ns) // step_ns) * step_ns, min(end, end_ns) // step_ns * step_ns)
        for first, end in _runs(good, start_ns, end_ns)
    )
    return [run for run in runs if run[0] < run[1]]


def cut_up(
    chosen: Sequence[tuple[int, int]], start_ns: int, end_ns: int
) -> list[tuple[int, int, bool]]:
    """A range in pieces: the chosen ones, which ascend, and what lies around them."""
    pieces: list[tuple[int, int, bool]] = []
    at = start_ns
    for first, end in chosen:
        pieces += [(at, first, False)] if at < first else []
        pieces.append((first, end, True))
        at = end
    return [*pieces, (at, end_ns, False)] if at < end_ns else pieces


def _runs(good: frozenset[int], start_ns: int, end_ns: int) -> list[tuple[int, int]]:
    """Stretches of good hours that a range touches, as times."""
    first, last = start_ns // HOUR_NS, (end_ns - 1) // HOUR_NS
    few = last - first + 1 < len(good)
    hours = (
        [hour for hour in range(first, last + 1) if hour in good]
        if few
        else sorted(hour for hour in good if first <= hour <= last)
    )
    if not hours:
        return []
    found = np.array(hours)
    breaks = np.flatnonzero(np.diff(found) > 1)
    firsts = [found[0], *found[breaks + 1]]
    lasts = [*found[breaks], found[-1]]
    return [(int(a) * HOUR_NS, (int(b) + 1) * HOUR_NS) for a, b in zip(firsts, lasts, strict=True)]

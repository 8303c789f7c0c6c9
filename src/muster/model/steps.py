"""Round steps: the widths of buckets that people read easily."""

from muster.clock import SECOND_NS

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400

ROUND_STEPS_NS: tuple[int, ...] = tuple(
    seconds * SECOND_NS
    for unit, counts in (
        (1, (1, 2, 5, 10, 15, 30)),
        (_MINUTE, (1, 2, 5, 10, 15, 30)),
        (_HOUR, (1, 2, 3, 6, 12)),
        (_DAY, (1, 2, 5, 7, 14, 28, 56, 112, 224, 364)),
    )
    for seconds in (unit * count for count in counts)
)


def steps_in(start_ns: int, end_ns: int, step_ns: int) -> int:
    """How many buckets a half-open range touches; buckets start at multiples of the step."""
    if end_ns <= start_ns:
        return 0
    return (end_ns - 1) // step_ns - start_ns // step_ns + 1


def fitting_step(start_ns: int, end_ns: int, step_ns: int, width: int) -> int:
    """The step asked for, or the next round one of which the range has at most `width`.

    A range that begins inside a bucket touches one more.

    Units: `step_ns` 0 asks for the smallest round step that fits; `width` 0 caps nothing.
           Past the largest round step whole multiples of it are taken.
    """
    smallest = -(-(end_ns - start_ns) // width) if width > 0 else 0
    if smallest <= step_ns:
        return step_ns
    needed = max(smallest, step_ns)
    for step in ROUND_STEPS_NS:
        if step >= needed:
            return step
    largest = ROUND_STEPS_NS[-1]
    return -(-needed // largest) * largest

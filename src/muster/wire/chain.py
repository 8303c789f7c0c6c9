"""What both ends of a stream of frames remember between two frames.

A chain starts with a key frame, which forgets everything, and goes on frame by frame; the
encoder's and the decoder's Chain are equal after each frame.

Source: docs/formats/link.md ("State").
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import chain as joined
from operator import gt
from typing import NamedTuple

from muster.model.metric import Kind, Layout
from muster.wire.limits import Limits
from muster.wire.varint import signed


class Shape(NamedTuple):
    """A Layout and where its columns' state is; the same in every chain that defines it so."""

    layout: Layout
    numbers: array[int]  # array 'I': column to series number
    kinds: bytes
    texts: tuple[int, ...]  # columns that hold strings


def shape_of(layout: Layout, numbers: array[int]) -> Shape:
    kinds = layout.kinds
    texts: tuple[int, ...] = ()
    if Kind.STRING in kinds:
        texts = tuple(column for column, kind in enumerate(kinds) if kind == Kind.STRING)
    return Shape(layout, numbers, kinds, texts)


class Plan:
    """A Layout in use: its Shape, and its last time and step."""

    __slots__ = ("fresh", "index", "kinds", "layout", "number", "shape", "step", "texts", "time")

    def __init__(self, shape: Shape, number: int) -> None:
        self.shape = shape
        self.layout, self.index, self.kinds, self.texts = shape
        self.number = number
        self.time = 0
        self.step = 0
        self.fresh = True  # no row yet


class Chain:
    """Series, layouts and strings by number, and what the next cell is coded against."""

    __slots__ = (
        *("definition_bytes", "last", "modes", "placed", "plans", "position", "strings"),
        *("strings_bytes", "time"),
    )

    def __init__(self) -> None:
        self.position = 0
        self.time = 0  # of the newest row of the last block
        self.plans: list[Plan] = []
        self.placed = 0  # columns of all plans
        self.last: array[int] = array("q")  # per series
        self.modes = bytearray()  # per series; starts as scale 0
        self.definition_bytes = 0
        self.strings: list[str] = []
        self.strings_bytes = 0

    def define(self, fields: int, size: int) -> None:
        """Make room for the series of a group of some bytes."""
        self.last.frombytes(bytes(8 * fields))
        self.modes.extend(bytes(fields))
        self.definition_bytes += size

    def place(self, shape: Shape) -> Plan:
        """Take a new layout into use."""
        plan = Plan(shape, len(self.plans))
        self.plans.append(plan)
        self.placed += len(shape.numbers)
        return plan

    def add_string(self, text: str, size: int) -> int:
        """The number of a new string."""
        self.strings.append(text)
        self.strings_bytes += size
        return len(self.strings) - 1

    def time_before(self, plan: Plan) -> int:
        """What the next row's time is told against: a fresh layout's against the chain's."""
        return self.time if plan.fresh else plan.time

    def passed(self, plan: Plan, times: array[int]) -> None:
        """A block of this plan went by: remember its last time and step."""
        if not times:
            return
        if len(times) > 1:
            plan.step = signed(times[-1] - times[-2])
        elif not plan.fresh:
            plan.step = signed(times[-1] - plan.time)
        plan.time = self.time = times[-1]
        plan.fresh = False

    def sizes(self) -> tuple[int, ...]:
        """In the order of `bounds`."""
        return (
            len(self.last),
            len(self.plans),
            self.placed,
            self.definition_bytes,
            len(self.strings),
            self.strings_bytes,
        )


_WHAT = (
    "series",
    "layouts",
    "columns of layouts",
    "bytes of definitions",
    "strings",
    "bytes of strings",
)


def bounds(limits: Limits) -> tuple[int, ...]:
    """What a chain may grow to."""
    return (
        limits.series,
        limits.layouts,
        limits.placed,
        limits.definition_bytes,
        limits.strings,
        limits.strings_bytes,
    )


def excess(chain: Chain, most: tuple[int, ...]) -> str:
    """Which of its bounds a chain has passed, in words; empty for none."""
    if not any(map(gt, chain.sizes(), most)):
        return ""
    passed = zip(_WHAT, chain.sizes(), most, strict=True)
    return "; ".join(
        f"{size} {what} since the last key frame where at most {bound} are allowed"
        for what, size, bound in passed
        if size > bound
    )


def own_strings(
    values: array[int], present: bytes | None, plan: Plan, strings: Sequence[str]
) -> tuple[str, ...]:
    """Renumber the cells of string columns to the few strings that the block itself uses."""
    width, numbers = len(plan.kinds), dict[int, int]()
    cells = joined.from_iterable(range(c, len(values), width) for c in plan.texts)
    for cell in cells:
        if present is None or present[cell]:
            values[cell] = numbers.setdefault(values[cell], len(numbers))
    return tuple(strings[number] for number in numbers)

"""A body of line protocol as rows of many series, when that is what it comes to.

Most writers send the same series at the same times with each body. A parser that knows them all
gives one block for many of them, and whoever keeps points has nothing to do for each layout.
Whoever has to look at single points reads the body once more: `LineParser.parse`.
"""

from array import array
from collections.abc import Sequence

import msgspec

from muster.model.metric import Block, Kind, Layout
from muster.wire.lineparsed import LineError, Parsed

Fields = tuple[str, tuple[tuple[str, Kind], ...]]  # a measurement, and fields that a point has


class WideRows(msgspec.Struct, frozen=True):
    """All points of a body of which no line was refused; no series has a time twice.

    Shapes: `fields` has for each of `blocks` what its points have. Each block's times ascend, and
            its layout is the same object from body to body.
    """

    blocks: tuple[Block, ...]
    fields: tuple[tuple[Fields, ...], ...]
    points_total: int
    body: bytes
    precision_ns: int
    now_ns: int  # that it was read with

    @property
    def errors(self) -> tuple[LineError, ...]:
        return ()

    @property
    def errors_total(self) -> int:
        return 0

    @property
    def error_text(self) -> str:
        return ""


Body = Parsed | WideRows


def fields_of(layout: Layout) -> Fields:
    """Those of a layout of one measurement."""
    return layout.series[0].measurement, tuple([(one.field, one.kind) for one in layout.series])


def wide_layout(layouts: Sequence[Layout]) -> Layout:
    """Layouts side by side."""
    return Layout(tuple([series for layout in layouts for series in layout.series]))


def block_of(
    layout: Layout,
    times: "array[int]",
    values: "array[int]",
    present: bytes | None,
    strings: tuple[str, ...],
) -> Block:
    """A Block; for the compiled parser."""
    return Block(layout, times, values, present, strings)

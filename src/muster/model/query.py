"""Questions about stored series and their answers."""

from enum import StrEnum
from typing import Any

import msgspec

from muster.model.metric import Kind, Tags


class Function(StrEnum):
    """What is made of the values of one bucket of one series."""

    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    SUM = "sum"
    COUNT = "count"
    LAST = "last"
    FIRST = "first"
    PERCENTILE = "percentile"  # `Query.percentile`, nearest rank
    RATE = "rate"  # increase per second of a counter; a fall is a reset, counted from zero
    RAW = "raw"  # the values as stored, no buckets


class Selector(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which series. Empty parts match all; `tags` maps a key to the values allowed.

    `nodes` are node ids; the hub adds the space of who asks.
    """

    measurement: str = ""
    fields: tuple[str, ...] = ()
    tags: dict[str, tuple[str, ...]] = {}
    nodes: tuple[str, ...] = ()


class Query(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A time range of some series, as values or as one value per step.

    Units: times in ns UTC, half open [start, end). `step_ns` 0 with a function other than
           RAW means one bucket over the whole range. `width` > 0 caps the number of steps:
           the step grows to the next round one that fits (a chart's pixels), and the range
           begins at a multiple of it, so that the first bucket is a whole one.
    """

    select: Selector
    start_ns: int
    end_ns: int
    step_ns: int = 0
    function: Function = Function.RAW
    percentile: float = 95.0
    width: int = 0
    limit: int = 1_000  # most series in the answer; more is an error that says how many
    grid: bool = False  # answer times that are equally far apart as `Frame.grid`


class FrameSeries(msgspec.Struct, frozen=True, kw_only=True):
    """What one column of a Frame is."""

    measurement: str
    field: str
    tags: Tags
    kind: Kind


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """Answer: one shared time axis, one column per series.

    Shapes: `times` T ns; `values[c][t]` is the value of `series[c]` at `times[t]` or None.
            A bucket carries the time of its start. Integers stay integers. Where `grid` is
            (first, distance, T), `times` is empty.
    """

    times: list[int]
    series: tuple[FrameSeries, ...]
    values: list[list[Any]]  # float | int | bool | str | None
    step_ns: int = 0
    grid: tuple[int, int, int] | msgspec.UnsetType = msgspec.UNSET

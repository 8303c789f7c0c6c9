"""Where series data rests, as core sees it: catalogue and engine (journal and head: beside this).

Units: times are int64 ns UTC, ranges half open. Arrays are numpy; `patterns` are the
64-bit patterns of muster.model.metric, read by Kind.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Flag, auto
from typing import NamedTuple, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from muster.errors import LimitExceeded
from muster.model.access import Scope
from muster.model.ids import NodeId, SpaceId
from muster.model.metric import Kind, Layout, Series
from muster.model.query import Selector

I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]
F64 = NDArray[np.float64]


class SeriesRef(msgspec.Struct, frozen=True, gc=False):
    """A series the catalogue knows. (`tags`, `field`) is its key everywhere on disk.

    There are hundreds of thousands: the garbage collector, for which it holds nothing, would
    stand on the event loop for as long as it looks at them.
    """

    tags: int  # u64 hash of the canonical tag set
    field: int  # u64 hash of measurement and field
    series: Series


class Cohort(msgspec.Struct, frozen=True, eq=False):
    """The series of one Layout of one node, stamped and known to the catalogue.

    `number` is dense per run of the hub; it never goes to disk.
    """

    number: int
    node: NodeId
    layout: Layout  # stamped: with the tags `host`, `node`, `space`
    tags: U64  # one per column
    fields: U64
    kinds: NDArray[np.uint8]
    salts: dict[int, int] = {}  # of hashes that had to be salted: docs/formats/catalogue.md
    of_stock: bool = False  # of a database's policy: many write it, so it has many layouts


class NoRoom(LimitExceeded):
    """Not all series of a layout can become known; a layout of `columns` alone can.

    `offender` says which tag has the most values among what is known already.
    """

    def __init__(self, text: str, columns: Sequence[int], offender: str = "") -> None:
        super().__init__(text)
        self.columns = columns
        self.offender = offender


class Catalogue(Protocol):
    """Series key <-> names. Lookups are in memory; `flush` makes what is new durable."""

    def cohort(self, node: NodeId, layout: Layout) -> Cohort:
        """The Cohort of a stamped Layout, made on first sight.

        Errors: NoRoom when the node, or the hub, has too many series or too long names.
        """
        ...

    def find(
        self, select: Selector, scope: Scope | None, most: int | None = None
    ) -> Sequence[SeriesRef]:
        """Every series that matches, ordered by names. `scope` None: of all nodes.

        The same list is given again as long as nothing changes.

        Errors: LimitExceeded, early, when more than `most` match or would have to be looked at.
        """
        ...

    @property
    def edition(self) -> object:
        """Another one after each change: until then `find` finds the same."""
        ...

    def reach(self, select: Selector) -> int:
        """How many series `find` would look at; quick, however many those are."""
        ...

    def remove(self, node: NodeId) -> None:
        """Forget a node's series: nothing finds them any more, their rows age out."""
        ...

    def values_of(self, key: str) -> set[str]:
        """The values that a tag has in any series; not asked of `host`, `node` and `space`."""
        ...

    def tag_values(self, stock: str, measurement: str) -> Mapping[str, Collection[str]]:
        """The values of each tag that writers gave a measurement of a database's policy.

        They change while series come and go: to be looked at on the event loop's thread.
        """
        ...

    def names(self) -> Collection[tuple[str, str]]:
        """Measurement and field of whatever any series of the hub is or was called."""
        ...

    def remove_tagged(self, key: str, value: str) -> set[NodeId]:
        """Forget the series with a tag, as `remove` does; the nodes that had any of them."""
        ...

    def owners(self, hashes: Iterable[int]) -> dict[int, NodeId]:
        """Whose the tag sets of some hashes are; without those that nobody has."""
        ...

    def of_space(self, space: SpaceId) -> list[SeriesRef]:
        """All series of a space, in any order and however many."""
        ...

    def measurements(self, space: SpaceId) -> set[str]:
        """The measurements of what agents of a space have sent by Muster's own link."""
        ...

    def tagged(self, key: str, value: str, measurement: str = "") -> list[SeriesRef]:
        """The series with a tag, of one measurement or all, in any order and however many.

        Not asked of `host`, `node` and `space`.
        """
        ...

    def drop(self, refs: Collection[SeriesRef]) -> set[NodeId]:
        """Forget single series that have no rows any more; whose they were.

        A layout that has one of them needs a new cohort.
        """
        ...

    @property
    def series_total(self) -> int: ...

    def flush(self) -> None: ...


class Rows(NamedTuple):
    """Values of one Kind in long form; all arrays have one length.

    `texts` is set for Kind.STRING, in place of `patterns`.
    """

    tags: U64
    fields: U64
    times: I64
    patterns: I64
    texts: Sequence[str] | None = None


class Parts(Flag):
    """What is asked of Buckets beside their counts."""

    NONE = 0
    TOTAL = auto()
    LOW = auto()
    HIGH = auto()
    FIRST = auto()  # with its time
    LAST = auto()  # with its time
    RISE = auto()  # with what time it is of; of numbers that count
    ALL = TOTAL | LOW | HIGH | FIRST | LAST | RISE


class Buckets(NamedTuple):
    """Partial aggregates per (series, step): what can be merged from two sides.

    Shapes: `key` indexes the keys that were asked for; `start` is the bucket's start. No
            two have both in common. What was not asked for (Parts) is 0.
            Sums are doubles; low/high/first/last are 64-bit patterns of the Kind asked.
            NaN takes part in `total`, but is a `low` or `high` only of a bucket with
            nothing else. `rise` adds up the increases (muster.model.aggregate, "rate") from
            value to value within the bucket, `spent` the ns between the values of which they
            are known. Of Kind.STRING all but counts, `first` and `last` is 0, and these index
            `texts`; of Kind.BOOLEAN `rise` and `spent` are 0.
    """

    key: NDArray[np.int64]
    start: I64
    counts: I64
    total: F64
    low: I64
    high: I64
    first: I64
    first_time: I64
    last: I64
    last_time: I64
    rise: F64
    spent: I64
    texts: Sequence[str] | None = None


class Usage(NamedTuple):
    """What a day's rows take on disk, nearly."""

    bytes: dict[int, float]  # by the hash of tag sets
    covered_ns: int  # from the first row of the day to the last


class SeriesStore(Protocol):
    """The engine that keeps everything. Calls block: core runs them in threads.

    One conformance suite (tests/conformance/test_series_store.py) runs on every
    implementation. `keys` are (tags, field) pairs of one Kind, and answers carry only them.
    """

    def append(self, token: str, rows: dict[Kind, Rows], *, rewrites: bool = False) -> None:
        """Store rows exactly once: a token that was seen before changes nothing.

        The same token always comes with the same rows in the same order. `rewrites` says
        that a time of a series may be there already; without it such a time counts twice.
        Errors: Unavailable when the disk is full or the engine away.
        """
        ...

    def select(self, kind: Kind, keys: Sequence[SeriesRef], start_ns: int, end_ns: int) -> Rows:
        """Rows ordered by key (as asked) and time; of equal times the last written stays."""
        ...

    def grids(
        self, kind: Kind, keys: Sequence[SeriesRef], start_ns: int, end_ns: int, most: int
    ) -> "Sequence[Grid]":
        """What `select` gives of numbers, series with the same times together; to be read only.

        `most` 0: of what is kept. Errors: LimitExceeded when more than `most` rows were to be read.
        """
        ...

    def aggregate(
        self,
        kind: Kind,
        keys: Sequence[SeriesRef],
        start_ns: int,
        end_ns: int,
        step_ns: int,
        parts: Parts = Parts.ALL,
    ) -> Buckets:
        """Buckets in any order; starts are multiples of `step_ns`.

        `step_ns` 0: one bucket per key, which starts at `start_ns`.
        """
        ...

    def summed_until(self, kind: Kind, since_ns: int, step_ns: int) -> int:
        """To where, from a time on, `aggregate` reads sums in place of rows, without a gap.

        At least `since_ns`, else a multiple of the step. Quick: asked on the event loop.
        """
        ...

    def last(self, kind: Kind, keys: Sequence[SeriesRef], since_ns: int) -> Rows:
        """The newest row of each key at or after `since_ns`."""
        ...

    def erase(self, keys: Sequence[SeriesRef], start_ns: int, end_ns: int) -> None:
        """Delete what series, of any Kind, have in a range: no later question sees it.

        What is appended afterwards stays, at the same times too; tokens stay known.
        Errors: Unavailable; then nothing or a part is gone, and it may be done again.
        """
        ...

    def drop(self, before_ns: int, hours_before_ns: int | None = None) -> int:
        """Forget whole partitions that end at or before a time; how many went.

        Sums of whole hours may stay longer: to the second time.
        """
        ...

    def usage(self, day: int) -> Usage:
        """What rows of a day (since 1970, UTC) take."""
        ...

    def close(self) -> None: ...


class Grid(NamedTuple):
    """Values of some series at shared times; every cell holds a value.

    Shapes: `keys` K indexes into what was asked; `times` N ns, strictly ascending;
            `patterns` [K, N]. Strings are indexes into the `texts` of the view.
    """

    keys: I64
    times: I64
    patterns: I64

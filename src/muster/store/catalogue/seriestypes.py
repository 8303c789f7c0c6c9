"""What the index of series speaks in: names, keys, and what is known of a layout."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from muster.model.influx import STOCK
from muster.model.metric import Kind, Layout, Series
from muster.ports.series import I64, U64
from muster.store.catalogue.names import tag_of
from muster.store.catalogue.tagsets import Looked

NAME_BITS = 29
KIND_BITS = 3
NAME_SHIFT = np.uint64(KIND_BITS)
SET_SHIFT = np.uint64(NAME_BITS + KIND_BITS)
KINDS = tuple(Kind)


class Name(NamedTuple):
    """Measurement and field, and their number."""

    measurement: str
    field: str
    hash: int
    salt: int
    place: int


class LookedAt(NamedTuple):
    """The series of a layout, before they are taken in: -1 for what is new."""

    series: Sequence[Series]
    sets: Looked  # its different tag sets
    which: I64  # of each series: the place of its tag set among them
    names: I64  # places
    kinds: NDArray[np.uint8]
    rows: I64  # of the series themselves


class Taken(NamedTuple):
    """Where the series of a layout are, and what is new of them."""

    sets: I64
    names: I64
    rows: I64  # of series that are new
    born: I64  # tag sets that had no series
    named: list[Name]  # new ones


def keys_of(sets: I64, names: I64, kinds: NDArray[np.uint8]) -> U64:
    """What tells series apart."""
    keys: U64 = sets.astype(np.uint64) << SET_SHIFT
    keys |= names.astype(np.uint64) << NAME_SHIFT
    keys |= kinds  # as they are: unsigned bytes
    return keys


def is_stock(node: str, layout: Layout) -> bool:
    """Whether a layout is of a database's policy, and of no node."""
    return bool(layout.series) and tag_of(layout.series[0].tags, STOCK) == node

"""Which series a selector means, kept until series come or go.

A selection is kept under what its reader may see and what is asked, and is good as long as the
catalogue gives the very same lists again. Used on the event loop's thread.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from muster.model.ids import NodeId, SpaceId
from muster.model.metric import Kind
from muster.ports.series import I64, SeriesRef
from muster.promql.labels import Labels
from muster.promql.labelsets import LabelSets
from muster.promql.matchers import Matcher

_MOST = 256
_MOST_SERIES = 200_000  # in all of them


class Places(NamedTuple):
    """What may be read: policies of databases by their stocks, and what agents send."""

    space: SpaceId
    stocks: frozenset[str]
    own: bool
    nodes: frozenset[NodeId] | None = None  # what these sent, or wrote as themselves; None: all


class OfKind(NamedTuple):
    """Series of one kind, and the places of their labels."""

    kind: Kind
    refs: Sequence[SeriesRef]
    owners: I64


class Selection(NamedTuple):
    """`labels` are in order, each once. `is_plain`: each is of a single series."""

    labels: LabelSets
    parts: Sequence[OfKind]
    is_plain: bool


Lists = Sequence[Sequence[SeriesRef]]
"""What the catalogue gave, metric by metric."""
_Key = tuple[Places, tuple[Matcher, ...]]


def selection_of(found: dict[Labels, list[SeriesRef]]) -> Selection:
    """Series by their labels."""
    labels = LabelSets(sorted(found))
    parts: dict[Kind, tuple[list[SeriesRef], list[int]]] = {}
    total = 0
    for place, each in enumerate(labels):
        for ref in found[each]:
            refs, owners = parts.setdefault(ref.series.kind, ([], []))
            refs.append(ref)
            owners.append(place)
            total += 1
    return Selection(
        labels,
        [OfKind(kind, refs, np.array(owners, np.int64)) for kind, (refs, owners) in parts.items()],
        total == len(labels),
    )


class KeptSelections:
    """Selections by reader and question."""

    def __init__(self) -> None:
        self._known: dict[_Key, tuple[Lists, Selection]] = {}
        self._series = 0

    def get(self, places: Places, matchers: Sequence[Matcher], lists: Lists) -> Selection | None:
        """What was selected out of these very lists."""
        known = self._known.get((places, tuple(matchers)))
        if known is None or len(known[0]) != len(lists):
            return None
        is_same = all(one is other for one, other in zip(known[0], lists, strict=True))
        return known[1] if is_same else None

    def put(
        self, places: Places, matchers: Sequence[Matcher], lists: Lists, selection: Selection
    ) -> None:
        size = len(selection.labels)
        if size > _MOST_SERIES:
            return
        if len(self._known) >= _MOST or self._series + size > _MOST_SERIES:
            self._known.clear()
            self._series = 0
        self._known[places, tuple(matchers)] = lists, selection
        self._series += size

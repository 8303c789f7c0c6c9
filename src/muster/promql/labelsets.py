"""Labels of all series of a selection, and what queries have made of them: made once.

What was made is kept for the next query of the same series, which is often the same query. Used
in several threads; what two of them make at once is the same.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import numpy as np

from muster.promql.labels import Labels, nameless, only, value_of, without
from muster.promql.source import I64

T = TypeVar("T")
_MOST = 16  # of what is made of one


class LabelSets(list[Labels]):
    """Labels, one for each series. They do not change."""

    def __init__(self, labels: Iterable[Labels] = ()) -> None:
        super().__init__(labels)
        self._made: dict[object, Any] = {}

    def made(self, key: object, make: Callable[[], T]) -> T:
        """What was made before under a key, or is now."""
        known: T | None = self._made.get(key)
        if known is None:
            known = make()
            if len(self._made) >= _MOST:
                self._made.clear()
            self._made[key] = known
        return known


def made_of(labels: Sequence[Labels], key: object, make: Callable[[], T]) -> T:
    """As LabelSets.made, of labels that may be kept or not."""
    return labels.made(key, make) if isinstance(labels, LabelSets) else make()


def all_nameless(labels: Sequence[Labels]) -> LabelSets:
    """Without the metrics' names."""
    return made_of(labels, "nameless", lambda: LabelSets(map(nameless, labels)))


def are_distinct(labels: Sequence[Labels]) -> bool:
    """Whether no two are alike."""
    return made_of(labels, "distinct", lambda: [len(set(labels)) == len(labels)])[0]


def chosen(labels: Sequence[Labels], rows: I64) -> LabelSets:
    """Some of them."""
    key = "chosen", rows.tobytes()
    return made_of(labels, key, lambda: LabelSets(labels[row] for row in rows.tolist()))


def order_of(labels: Sequence[Labels]) -> I64:
    """Places in the order of labels."""

    def make() -> I64:
        return np.array(sorted(range(len(labels)), key=labels.__getitem__), np.int64)

    return made_of(labels, "order", make)


def values_of(labels: Sequence[Labels], name: str) -> list[str]:
    """The values of one label."""
    return made_of(labels, ("values", name), lambda: [value_of(each, name) for each in labels])


def parted(
    labels: Sequence[Labels], names: Iterable[str], *, is_without: bool
) -> tuple[I64, LabelSets]:
    """The group of each, by some labels or all others, and the groups as they come."""
    wanted = frozenset(names)
    part = without if is_without else only
    key = "parted", wanted, is_without
    return made_of(labels, key, lambda: groups_of([part(each, wanted) for each in labels]))


def groups_of(keys: Sequence[Labels]) -> tuple[I64, LabelSets]:
    """The group of each, and the groups in the order in which they come."""
    rows: dict[Labels, int] = {}
    owners = [rows.setdefault(key, len(rows)) for key in keys]
    return np.array(owners, np.int64), LabelSets(rows)

"""Finding series in the index: the shortest list that holds all, looked through as columns.

A series becomes an object when it is found, and not before.
"""

from collections.abc import Collection, Iterable, Set
from functools import reduce
from operator import and_

import numpy as np
from numpy.typing import NDArray

from muster.errors import LimitExceeded
from muster.model.access import Scope
from muster.model.metric import Series, Tags
from muster.model.query import Selector
from muster.ports.series import I64, SeriesRef
from muster.store.catalogue.columns import NONE
from muster.store.catalogue.rowlists import RowLists
from muster.store.catalogue.seriesindex import COARSE, SeriesIndex
from muster.store.catalogue.seriestypes import KINDS
from muster.store.catalogue.tagsets import HOST, NODE, SPACE

Lists = tuple[RowLists, list[int]]
_MOST_LOOKED_AT = 250_000  # by one question: it is answered on the event loop


def find(
    index: SeriesIndex, select: Selector, scope: Scope | None, most: int | None = None
) -> list[SeriesRef]:
    """What matches, ordered by names. Looks only at the shortest list that holds all.

    Errors: LimitExceeded when more than `most` match, or when too many have to be looked at.
    """
    lists, numbers = _candidates(index, select, scope)
    if (length := lists.lengths(numbers)) > _MOST_LOOKED_AT:
        raise LimitExceeded(
            f"{length} series would have to be looked through, at most {_MOST_LOOKED_AT} are: "
            "name nodes, or a measurement and its fields",
            too_large=True,
        )
    rows = _matching(index, lists.of_all(numbers), select, scope)
    if most is not None and len(rows) > most:
        raise LimitExceeded(
            f"more than {most} series match, at most {most} are given: "
            "narrow the selection or raise the limit",
            too_large=True,
        )
    return sorted(refs_of(index, rows), key=_order)


def reach(index: SeriesIndex, select: Selector) -> int:
    """How many series would have to be looked at."""
    lists, numbers = _candidates(index, select, None)
    return lists.lengths(numbers)


def refs_of(index: SeriesIndex, rows: I64) -> list[SeriesRef]:
    """Series as objects."""
    sets, places, kinds = index.parts(rows)
    hashes = index.tagsets.hashes.all[sets].tolist()
    known: dict[int, Tags] = {}
    found = []
    for one, number, place, kind in zip(
        sets.tolist(), hashes, places.tolist(), kinds.tolist(), strict=True
    ):
        tags = known.get(one)
        if tags is None:
            tags = known[one] = index.tagsets.tags_of(one)
        name = index.named[place]
        series = Series(name.measurement, tags, name.field, KINDS[kind])
        found.append(SeriesRef(number, name.hash, series))
    return found


def rows_of_space(index: SeriesIndex, space: str) -> I64:
    """All series of a space."""
    rows = np.flatnonzero(index.alive.all)
    number = index.tagsets.tags.by_tag.get((SPACE, space))
    spaces = index.tagsets.own(SPACE)[index.parts(rows)[0]]
    return rows[:0] if number is None else rows[spaces == number]


def _matching(index: SeriesIndex, rows: I64, select: Selector, scope: Scope | None) -> I64:
    if select.measurement or select.fields:
        wanted = np.zeros(len(index.named), np.bool_)
        wanted[_names(index, select)] = True
        rows = rows[wanted[index.parts(rows)[1]]]
    if scope is not None and scope.spaces is not None:
        rows = rows[_seen(index, rows, scope)]
    if select.nodes:
        rows = rows[_tagged(index, rows, NODE, select.nodes)]
    for key, values in select.tags.items():
        if values:
            rows = rows[_tagged(index, rows, key, values)]
    return rows


def _names(index: SeriesIndex, select: Selector) -> list[int]:
    """The places of names that are asked for."""
    every = index.by_measurement.get(select.measurement, []) if select.measurement else index.named
    fields = frozenset(select.fields)
    return [name.place for name in every if not fields or name.field in fields]


def _seen(index: SeriesIndex, rows: I64, scope: Scope) -> NDArray[np.bool_]:
    sets, tags = index.parts(rows)[0], index.tagsets.tags.by_tag
    spaces = [tags.get((SPACE, one), NONE) for one in scope.spaces or ()]
    nodes = [index.node_number(one) for one in scope.nodes]
    return np.isin(index.tagsets.own(SPACE)[sets], _there(spaces)) | np.isin(
        index.nodes_of(sets), _there(nodes)
    )


def _there(numbers: Iterable[int]) -> I64:
    return np.array([one for one in numbers if 0 <= one < NONE], np.int64)


def _tagged(index: SeriesIndex, rows: I64, key: str, values: Collection[str]) -> NDArray[np.bool_]:
    """Which rows have one of some values of a tag."""
    tagsets, sets = index.tagsets, index.parts(rows)[0]
    wanted = _there(tagsets.tags.by_tag.get((key, value), -1) for value in values)
    if key in COARSE:
        return np.isin(tagsets.own(key)[sets], wanted)
    different, which = np.unique(sets, return_inverse=True)
    own, lengths = tagsets.pieces(different)
    of_set = np.repeat(np.arange(len(different)), lengths)
    found = np.zeros(len(different), np.bool_)
    found[of_set[np.isin(own, wanted)]] = True
    return found[which]


def _candidates(index: SeriesIndex, select: Selector, scope: Scope | None) -> Lists:
    """The shortest lists that hold all that can match."""
    index.settle()
    lists: list[Lists] = []
    nodes = _nodes_of(index, select, scope)
    if nodes is not None:
        lists.append((index.by_node, sorted(nodes)))
    if select.measurement or not select.tags:
        lists.append((index.by_name, _names(index, select)))
    for key, values in select.tags.items():
        if values and key not in COARSE:
            numbers = {index.tagsets.tags.by_tag.get((key, value), -1) for value in values}
            lists.append((index.by_tag, sorted(numbers)))
    if not lists:
        lists.append((index.by_name, _names(index, select)))
    return min(lists, key=_length)


def _length(lists: Lists) -> int:
    return lists[0].lengths(lists[1])


def _nodes_of(index: SeriesIndex, select: Selector, scope: Scope | None) -> Set[int] | None:
    """The numbers of nodes that can have what is asked for; None for all."""
    wanted: list[Set[int]] = []
    if scope is not None and scope.spaces is not None and not scope.spaces:
        wanted.append(set(map(index.node_number, scope.nodes)))
    if select.nodes:
        wanted.append(set(map(index.node_number, select.nodes)))
    if named := select.tags.get(NODE):
        wanted.append(set(map(index.node_number, named)))
    if hosts := select.tags.get(HOST):
        numbers = [index.tagsets.tags.by_tag.get((HOST, host), -1) for host in hosts]
        wanted.append({node for one in numbers for node in index.by_host.get(one, ())})
    return reduce(and_, wanted) if wanted else None


def _order(ref: SeriesRef) -> tuple[str, Tags, str, int]:
    series = ref.series
    return series.measurement, series.tags, series.field, int(series.kind)

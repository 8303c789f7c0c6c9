"""Where series are in the head: in which cohorts, and in which of their columns."""

from typing import NamedTuple

import numpy as np

from muster.ports.series import I64
from muster.store.head.headrows import CohortRows


class Found(NamedTuple):
    """Some of the asked series in one cohort."""

    rows: CohortRows
    keys: I64
    columns: I64


def grouped(cohorts: list[Found]) -> list[tuple[I64, list[Found]]]:
    """Split the series of a node by the cohorts that hold them, each group read as one."""
    first = cohorts[0].keys
    keys = first if len(cohorts) == 1 else np.unique(np.concatenate([one.keys for one in cohorts]))
    if len(keys) == sum(len(found.keys) for found in cohorts):  # each series is in one alone
        return [(found.keys, [found]) for found in cohorts]
    columns = np.full((len(cohorts), len(keys)), -1)
    for place, found in enumerate(cohorts):
        columns[place, np.searchsorted(keys, found.keys)] = found.columns
    patterns, group_of = np.unique(columns >= 0, axis=1, return_inverse=True)
    groups = []
    for number in range(patterns.shape[1]):
        chosen = np.flatnonzero(group_of.ravel() == number)
        group = [
            Found(found.rows, keys[chosen], columns[place, chosen])
            for place, found in enumerate(cohorts)
            if patterns[place, number]
        ]
        groups.append((keys[chosen], group))
    return groups

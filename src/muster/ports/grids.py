"""Grids of ranges that follow each other, as grids of the whole range."""

from collections.abc import Sequence

import numpy as np

from muster.ports.series import I64, Grid


def followed(older: Sequence[Grid], newer: Sequence[Grid], size: int) -> Sequence[Grid]:
    """Grids of which the newer begin where the older end, as one for each series.

    `size`: how many series there may be. Those that are together on both sides stay together.
    """
    if not older or not newer:
        return older or newer
    place = np.full((2, size), -1, np.int64)
    row = np.zeros((2, size), np.int64)
    for side, grids in enumerate((older, newer)):
        for number, grid in enumerate(grids):
            place[side, grid.keys] = number
            row[side, grid.keys] = np.arange(len(grid.keys))
    held = np.flatnonzero(place.max(axis=0) >= 0)
    pairs, owners = np.unique(place[:, held], axis=1, return_inverse=True)
    owners = owners.reshape(-1)
    order = np.argsort(owners, kind="stable")
    bounds = np.searchsorted(owners[order], np.arange(1, pairs.shape[1]))
    found = []
    for (old, new), some in zip(pairs.T.tolist(), np.split(held[order], bounds), strict=True):
        parts = [(older[old], row[0, some])] if old >= 0 else []
        parts += [(newer[new], row[1, some])] if new >= 0 else []
        times = np.concatenate([grid.times for grid, _ in parts])
        patterns = [_rows_of(grid, rows) for grid, rows in parts]
        found.append(Grid(some, times, np.concatenate(patterns, axis=1)))
    return found


def _rows_of(grid: Grid, rows: I64) -> I64:
    is_all = len(rows) == len(grid.keys) and (np.diff(rows) == 1).all()
    return grid.patterns if is_all else grid.patterns[rows]

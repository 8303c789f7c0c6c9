"""Views of the head: grids are plain, and sums say the same as single values."""

import random
import struct

import numpy as np
import pytest

from muster.clock import ManualClock
from muster.core.querying.aggregate import WHOLE, buckets_of
from muster.core.querying.frames import Axis, regular_axis
from muster.core.querying.table import Table
from muster.model.ids import NodeId
from muster.model.metric import Kind, Layout
from muster.model.query import Function
from muster.ports.series import Grid
from muster.store.head.head import Head, Settings
from muster.store.head.headview import Room, settled
from muster.testing.cohorts import MemoryCatalogue, block_of, ref_of, series_of

FLOATS = np.dtype(np.float64)
T0 = 1_800_000_000 * 10**9 + 1


def made(seed, layouts, *, late, absent, kind=Kind.INTEGER, block_rows=6):
    chance = random.Random(seed)
    head = Head(clock=ManualClock(T0 - 1), settings=Settings(block_rows=block_rows))
    catalogue = MemoryCatalogue()
    for step in range(80):
        layout = layouts[step // 40 % len(layouts)]
        time = T0 + step - (chance.randrange(20) if chance.random() < late else 0)
        row = [
            None if chance.random() < absent else _value(chance, series.kind)
            for series in layout.series
        ]
        if any(value is not None for value in row):
            head.append(catalogue.cohort(NodeId("n1"), layout), block_of(layout, {time: row}), 1)
    return head, catalogue


def _value(chance, kind):
    if kind is Kind.UNSIGNED:
        return chance.choice([1, 5, 1 << 63])
    return chance.randrange(100) if kind is Kind.INTEGER else chance.random()


def layouts_of(kind):
    shared = [series_of("m", f"f{n}", kind) for n in range(3)]
    return [Layout(tuple(shared)), Layout((*shared[1:], series_of("m", "new", kind)))]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", [Kind.FLOAT, Kind.INTEGER, Kind.UNSIGNED])
@pytest.mark.parametrize(("late", "absent"), [(0, 0), (0.2, 0), (0, 0.3), (0.1, 0.1)])
def test_sums_say_the_same_as_single_values(seed, kind, late, absent):
    head, _ = made(seed, layouts_of(kind), late=late, absent=absent)
    refs = [ref_of(s) for s in {s: 0 for layout in layouts_of(kind) for s in layout.series}]
    start = T0 + random.Random(seed).randrange(10)
    view = head.view(refs, start, T0 + 70, start)

    for step in (5, 20, WHOLE):
        sums, rest = view.sums(step)
        got = [*sums, *(buckets_of(grid, kind, step) for grid in rest)]
        wanted = [buckets_of(grid, kind, step) for grid in view.grids()]

        for function in (Function.COUNT, Function.SUM, Function.MIN, Function.MAX):
            for one, other in zip(
                columns(got, function, kind, len(refs), step),
                columns(wanted, function, kind, len(refs), step),
                strict=True,
            ):
                assert one == pytest.approx(other)


def columns(parts, function, kind, series, step):
    axis = Axis(0, WHOLE, 1) if step == WHOLE else regular_axis(T0, T0 + 80, step)
    table = Table(function, kind, series, axis)
    for part in parts:
        table.add(part)
    return table.columns()


def test_whole_blocks_are_summed_without_reading_them():
    head, _ = made(0, layouts_of(Kind.INTEGER)[:1], late=0, absent=0)
    view = head.view([ref_of(series_of("m", "f0", Kind.INTEGER))], T0, T0 + 80, T0)

    sums, rest = view.sums(1 << 62)

    assert sum(part.counts.sum() for part in sums) >= 70
    assert sum(len(grid.times) for grid in rest) < 12


def test_series_of_one_layout_share_one_grid():
    head, _ = made(0, layouts_of(Kind.FLOAT)[:1], late=0, absent=0)
    refs = [ref_of(series) for series in layouts_of(Kind.FLOAT)[0].series]

    grids = head.view(refs, T0, T0 + 80, T0).grids()

    assert [grid.patterns.shape for grid in grids] == [(3, 80)]


def test_a_change_of_layout_is_stitched():
    head, _ = made(0, layouts_of(Kind.FLOAT), late=0, absent=0)
    refs = [ref_of(series_of("m", "f1", Kind.FLOAT))]

    (grid,) = head.view(refs, T0, T0 + 80, T0).grids()

    assert grid.times.tolist() == list(range(T0, T0 + 80))


def test_strings_are_one_table_for_all_blocks():
    layout = Layout((series_of("m", "s", Kind.STRING),))
    head, catalogue = Head(clock=ManualClock(T0 - 1), settings=Settings(block_rows=2)), None
    catalogue = MemoryCatalogue()
    for step, text in enumerate("abcabba"):
        cohort = catalogue.cohort(NodeId("n1"), layout)
        head.append(cohort, block_of(layout, {T0 + step: [text]}), 1)
    view = head.view([ref_of(layout.series[0])], T0, T0 + 9, T0)

    (grid,) = view.grids()

    assert "".join(view.texts[pattern] for pattern in grid.patterns[0]) == "abcabba"


def test_of_equal_times_the_last_stays():
    times, patterns = settled(np.array([3, 1, 3, 2]), np.array([10, 11, 12, 13]))

    assert times.tolist() == [1, 2, 3]
    assert patterns.tolist() == [11, 13, 12]


def test_a_view_may_be_read_after_the_head_has_moved_on():
    layouts = layouts_of(Kind.FLOAT)[:1]
    head, catalogue = made(0, layouts, late=0, absent=0)
    view = head.view([ref_of(layouts[0].series[0])], T0, T0 + 500, T0)
    for step in range(80, 120):
        cohort = catalogue.cohort(NodeId("n1"), layouts[0])
        head.append(cohort, block_of(layouts[0], {T0 + step: [0.0] * 3}), 1)

    assert view.grids()[0].times.tolist() == list(range(T0, T0 + 80))


def test_a_view_tells_how_many_values_there_are_to_read():
    head, _ = made(0, layouts_of(Kind.FLOAT)[:1], late=0, absent=0)
    refs = [ref_of(series) for series in layouts_of(Kind.FLOAT)[0].series]
    view = head.view(refs, T0, T0 + 80, T0)

    (grid,) = view.grids()

    assert grid.patterns.size <= view.cells <= grid.patterns.size + len(refs) * 20
    assert head.view(refs, T0 + 10_000, T0 + 10_001, T0).cells == 0


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("late", "absent"), [(0, 0), (0.01, 0), (0, 0.01), (0.2, 0.2)])
def test_what_is_read_at_once_is_what_a_view_gives(seed, late, absent):
    layouts = layouts_of(Kind.FLOAT)[:1]
    head, _ = made(seed, layouts, late=late, absent=absent)
    refs = [ref_of(series) for series in layouts[0].series][seed % 2 :]
    chance = random.Random(seed)
    spans = [sorted(T0 + chance.randrange(90) for _ in range(2)) for _ in range(50)]

    for start, end in spans:
        found = head.matrix(refs, (start, end), 1_000, FLOATS)
        wanted = head.view(refs, start, end, start).grids()
        if found is None:
            assert late or absent
            continue
        times, values, is_odd = found
        assert same([Grid(np.arange(len(refs)), times, values.view(np.int64))], wanted)
        assert values.dtype == FLOATS and not is_odd
    if late == absent == 0.2:
        assert head.matrix(refs, (T0, T0 + 80), 1_000, FLOATS) is None


def test_series_of_several_layouts_are_read_at_once_as_a_view_gives_them():
    layouts = [
        Layout(tuple(series_of(name, field, Kind.FLOAT) for field in ("f0", "f1")))
        for name in ("m", "n")
    ]
    head, _ = made(0, layouts, late=0, absent=0)
    refs = [ref_of(series) for layout in layouts for series in reversed(layout.series)]
    unknown = ref_of(series_of("o", "f0", Kind.FLOAT))

    found = head.grids(refs, T0 + 5, T0 + 75, 1_000)

    assert found and sum(len(grid.times) for grid in found) > 60
    assert same(found, head.view(refs, T0 + 5, T0 + 75, T0).grids())
    assert head.grids([*refs, unknown], T0, T0 + 80, 1_000) is None
    assert head.grids(refs, T0, T0 + 80, 100) is None
    assert head.grids(refs, T0 - 1_000, T0 + 80, 1_000) is None


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("layouts", [1, 2])
@pytest.mark.parametrize(("late", "absent"), [(0, 0), (0.1, 0), (0, 0.01), (0.2, 0.2)])
def test_newest_rows_are_the_last_ones_of_a_view(seed, layouts, late, absent):
    known = layouts_of(Kind.FLOAT)[:layouts]
    head, _ = made(seed, known, late=late, absent=absent, block_rows=50)
    refs = [ref_of(series) for series in known[0].series][seed % 2 :]
    chance, hits = random.Random(seed), 0

    for _ in range(100):
        end = T0 + 60 + chance.randrange(25)
        start = end - chance.randrange(40)
        found = head.newest_rows(refs, start, end)
        hits += found is not None
        wanted = {
            int(key): (int(grid.times[-1]), int(row[-1]))
            for grid in head.view(refs, start, end, start).grids()
            for key, row in zip(grid.keys, grid.patterns, strict=True)
        }
        for keys, time_ns, patterns in found or ():
            for key, pattern in zip(keys.tolist(), patterns.tolist(), strict=True):
                assert wanted.pop(key) == (time_ns, pattern)
        assert found is None or not wanted
    assert hits or late or absent or layouts > 1


def test_what_the_head_does_not_know_whole_has_no_newest_row():
    (layout,) = layouts_of(Kind.FLOAT)[:1]
    head, _ = made(0, [layout], late=0, absent=0, block_rows=50)
    refs, unknown = [ref_of(series) for series in layout.series], series_of("o", "f", Kind.FLOAT)

    assert head.newest_rows(refs, T0, T0 + 80) is not None
    assert head.newest_rows([*refs, ref_of(unknown)], T0, T0 + 80) is None
    assert head.newest_rows(refs, T0 + 80, T0 + 90) is None
    head.begin({NodeId("n1"): T0 + 85})
    assert head.newest_rows(refs, T0, T0 + 80) is None


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("kind", [Kind.FLOAT, Kind.INTEGER, Kind.UNSIGNED])
@pytest.mark.parametrize(("late", "absent"), [(0, 0), (0.3, 0), (0, 0.02), (0.3, 0.02)])
def test_cells_of_the_newest_row_are_the_last_values(seed, kind, late, absent):
    known = layouts_of(kind)[: 1 + seed % 2]
    head, _ = made(seed, known, late=late, absent=absent, kind=kind, block_rows=50)
    refs = [ref_of(series) for series in known[-1].series]

    for asked in (refs, refs[1:], refs[::-1]):
        found = head.newest_cells(asked)
        if found is not None:
            values = struct.unpack("=3" + "dqQ"[kind], found[1].ljust(24, b"\0"))
            assert head.last(asked) == [(found[0], value) for value in values[: len(asked)]]
        assert found is not None or absent or len(known) > 1


def test_without_one_newest_row_of_all_there_are_none():
    (layout,) = layouts_of(Kind.FLOAT)[:1]
    head, catalogue = made(0, [layout], late=0, absent=0, block_rows=50)
    refs, unknown = [ref_of(series) for series in layout.series], series_of("o", "f", Kind.FLOAT)
    cohort, node = catalogue.cohort(NodeId("n1"), layout), NodeId("n1")

    assert head.newest_cells(refs) is not None
    assert head.newest_cells([*refs, ref_of(unknown)]) is None
    assert head.newest_cells([ref_of(unknown)]) is None
    head.append(cohort, block_of(layout, {T0 + 80: [1.0, None, 1.0]}), 1)
    assert head.newest_cells(refs) is None
    head.append(cohort, block_of(layout, {T0 + 81: [1.0, 2.0, 3.0]}), 1)
    assert head.newest_cells(refs) == (T0 + 81, struct.pack("=3d", 1.0, 2.0, 3.0))
    head.begin({node: T0 + 85})
    assert head.newest_cells(refs) is None


def same(some, others):
    def content(grids):
        every = [
            (each.keys.tolist(), each.times.tolist(), each.patterns.tolist()) for each in grids
        ]
        return [each for each in every if each[1]]

    return content(some) == content(others)


def test_what_is_read_at_once_has_a_limit_and_lies_in_one_cohort():
    layouts = layouts_of(Kind.FLOAT)
    head, _ = made(0, layouts, late=0, absent=0)
    old, both, _ = (ref_of(series) for series in layouts[0].series)

    assert head.matrix([old], (T0, T0 + 40), 40, FLOATS) is not None
    assert head.matrix([old], (T0, T0 + 40), 39, FLOATS) is None
    assert head.matrix([both], (T0, T0 + 80), 1_000, FLOATS) is None
    assert head.matrix([old], (T0 - 2, T0 + 40), 1_000, FLOATS) is None, "the engine may have more"


def test_room_is_given_again_when_nobody_has_an_array_in_it():
    room = Room()
    first = room.take(100, 200)
    part = first[3:, 7].view(np.float64)
    del first

    other = room.take(50, 400)
    assert not np.shares_memory(part, other), "somebody looks at it"
    address = other.ctypes.data
    del other
    assert room.take(200, 100).ctypes.data == address
    assert room.take(300, 200).shape == (300, 200)


def test_small_matrices_have_memory_of_their_own():
    room = Room()

    assert not np.shares_memory(room.take(2, 3), room.take(2, 3))

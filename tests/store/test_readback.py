"""Segments read back as long columns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.model.metric import Block, Kind, Layout
from muster.store import readback
from muster.store.catalogue.allowance import Settings
from muster.store.catalogue.catalogue import Catalogue
from muster.store.journal import segment
from muster.store.journal.segmentdisk import Disk
from muster.store.journal.tail import Tail
from muster.store.readback import ReadBack
from muster.testing.cohorts import block_of, engine_rows, series_of

HUB = "6a8d1c3e-0000-4000-8000-000000000001"
MIXED = Layout(
    (
        series_of("m", "text", Kind.STRING),
        series_of("m", "a"),
        series_of("m", "b"),
        series_of("m", "count", Kind.INTEGER, cpu="0"),
        series_of("m", "c"),
        series_of("m", "on", Kind.BOOLEAN),
        series_of("m", "big", Kind.UNSIGNED),
    )
)
ONE = Layout((series_of("m", "a"),))


class Writing:
    def __init__(self, folder):
        self.catalogue = Catalogue(path=folder / "c.sqlite", settings=Settings())
        self.tail = Tail(folder=folder, hub=HUB, segment_bytes=1 << 20, disk=Disk())
        self.sequence = 0

    def write(self, *blocks, node="n1"):
        self.sequence += 1
        named = [(self.catalogue.cohort(node, block.layout), block) for block in blocks]
        assert self.tail.write([((node, "e", self.sequence), named)]) == 1
        return named


@pytest.fixture
def writing(tmp_path):
    return Writing(tmp_path)


def lines(rows):
    """Rows of all kinds as a sorted list of tuples."""
    found = []
    for kind, some in rows.items():
        values = some.texts if some.texts is not None else some.patterns.tolist()
        found += zip(
            [kind] * len(values),
            some.tags.tolist(),
            some.fields.tolist(),
            some.times.tolist(),
            values,
            strict=True,
        )
    return sorted(found, key=repr)


def read(writing, back=None):
    reading = (back or ReadBack({})).read(writing.tail.end())
    return list(reading.parts()), reading.summary


cells = st.tuples(
    st.none() | st.text(max_size=3),
    *[st.none() | st.floats(width=64)] * 2,
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.floats(allow_nan=False),
    st.none() | st.booleans(),
    st.none() | st.integers(0, 2**64 - 1),
)
tables = st.dictionaries(st.integers(-(2**62), 2**62), cells, min_size=1, max_size=4)


@given(st.lists(tables, min_size=1, max_size=3))
@settings(max_examples=60)
def test_every_cell_comes_back_and_no_other(tmp_path_factory, batches):
    writing = Writing(tmp_path_factory.mktemp("s"))
    wanted = []
    for rows in batches:
        for cohort, block in writing.write(block_of(MIXED, rows)):
            wanted += lines(engine_rows(cohort, block))
    parts, summary = read(writing)

    assert sorted((line for part in parts for line in lines(part.rows)), key=repr) == sorted(
        wanted, key=repr
    )
    assert summary.values == len(wanted)
    assert summary.sequences == {("n1", "e"): len(batches)}


def test_columns_of_a_kind_that_lie_apart_are_gathered(writing):
    row = ("x", 1.0, 2.0, 3, 4.0, True, 5)
    writing.write(block_of(MIXED, {10: row, 20: row}))
    parts, _ = read(writing)

    assert parts[0].rows[Kind.FLOAT].patterns.view(np.float64).tolist() == [1.0, 2.0, 4.0] * 2
    assert parts[0].rows[Kind.FLOAT].times.tolist() == [10] * 3 + [20] * 3
    assert parts[0].rows[Kind.STRING].texts == ["x", "x"]


def test_parts_are_cut_at_the_same_batches_every_time(writing, monkeypatch):
    monkeypatch.setattr(readback, "PART_VALUES", 5)
    for at in range(1, 13):
        writing.write(block_of(ONE, {at: (float(at),)}))
    file = writing.tail.end()
    first = list(ReadBack({}).read(file).parts())
    again = list(ReadBack({}).read(file).parts())

    assert [part.values for part in first] == [5, 5, 2]
    assert [part.token for part in first] == [f"{file.token}:{at}" for at in range(3)]
    assert [(part.token, lines(part.rows)) for part in first] == [
        (part.token, lines(part.rows)) for part in again
    ]


@pytest.mark.parametrize(
    ("version", "nodes", "parts"),
    [(1, 4, [12]), (2, 4, [6, 6]), (3, 4, [3] * 4), (2, 3, [9]), (3, 3, [9])],
)
def test_a_segment_of_many_cohorts_is_cut_into_parts_as_the_hub_that_wrote_it_would_have(
    writing, monkeypatch, version, nodes, parts
):
    monkeypatch.setattr(readback, "PART_VALUES", 100)
    monkeypatch.setattr(readback, "SMALL_PART_VALUES", {1: 100, 2: 6, 3: 3})
    monkeypatch.setattr(readback, "MANY_COHORTS", 4)
    for at in range(nodes):
        rows = {1 + time: (float(time),) for time in range(3)}
        writing.write(block_of(ONE, rows), node=f"n{at}")
    file = writing.tail.end()
    header = segment.parse_header(file.path.read_bytes())
    with file.path.open("r+b") as opened:
        opened.write(segment.format_header(header._replace(version=version)))

    assert [part.values for part in ReadBack({}).read(file).parts()] == parts


def test_a_batch_without_rows_still_has_its_sequence(writing):
    writing.write()
    parts, summary = read(writing)

    assert parts == []
    assert summary.sequences == {("n1", "e"): 1}


def test_times_that_go_forward_are_no_rewrites(writing):
    back = ReadBack({("n1", "m"): 9})
    for at in (10, 11):
        writing.write(block_of(ONE, {at: (1.0,)}))
    parts, summary = read(writing, back)

    assert [part.rewrites for part in parts] == [False]
    assert summary.newest == {("n1", "m"): 11}


@pytest.mark.parametrize("time", [8, 9])
def test_a_time_that_is_not_after_what_the_engine_has_is_a_rewrite(writing, time):
    writing.write(block_of(ONE, {time: (1.0,)}))

    assert read(writing, ReadBack({("n1", "m"): 9}))[0][0].rewrites


def test_another_measurement_may_be_at_the_time_the_engine_ends(writing):
    slow = Layout((series_of("disk", "used"),))
    writing.write(block_of(slow, {9: (1.0,)}))

    assert not read(writing, ReadBack({("n1", "m"): 9, ("n2", "disk"): 9}))[0][0].rewrites


def test_a_time_that_comes_again_is_a_rewrite_also_in_another_layout(writing):
    both = Layout((series_of("m", "a"), series_of("m", "b")))
    back = ReadBack({})
    writing.write(block_of(ONE, {10: (1.0,), 11: (1.0,)}))
    assert not read(writing, back)[0][0].rewrites
    writing.write(block_of(both, {11: (1.0, 2.0)}))
    assert read(writing, back)[0][0].rewrites
    writing.write(block_of(both, {12: (1.0, 2.0)}))
    assert not read(writing, back)[0][0].rewrites


def test_a_time_that_stands_twice_in_a_block_is_a_rewrite(writing):
    block = block_of(ONE, {10: (1.0,), 11: (2.0,)})
    block.times[1] = 10
    writing.write(block)

    assert read(writing)[0][0].rewrites


def test_other_fields_at_the_same_time_are_no_rewrite(writing):
    other = Layout((series_of("m", "z"),))
    writing.write(block_of(ONE, {10: (1.0,)}), block_of(other, {10: (1.0,)}))

    assert not read(writing)[0][0].rewrites


def test_a_string_that_is_not_there_is_empty(writing):
    text = Layout((series_of("m", "t", Kind.STRING),))
    block = block_of(text, {10: ("x",)})
    writing.write(Block(text, block.times, block.values, None, ()))

    assert read(writing)[0][0].rows[Kind.STRING].texts == [""]


def test_many_fields_are_remembered(writing):
    wide = Layout(tuple(series_of("m", f"f{at}") for at in range(3000)))
    row = tuple(map(float, range(3000)))
    back = ReadBack({})
    writing.write(block_of(wide, {10: row}))
    assert not read(writing, back)[0][0].rewrites
    writing.write(block_of(wide, {10: row}))
    assert read(writing, back)[0][0].rewrites

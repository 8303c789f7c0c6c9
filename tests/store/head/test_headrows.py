"""Rows of one cohort: in order, late, rewritten, absent; last values."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from muster.model.ids import NodeId
from muster.model.metric import Kind, Layout
from muster.store.head.headrows import FAR, NEVER, CohortRows, Piece, codes_of
from muster.testing.cohorts import MemoryCatalogue, block_of, series_of

LAYOUT = Layout(
    (
        series_of("m", "f", Kind.FLOAT),
        series_of("m", "i", Kind.INTEGER),
        series_of("m", "s", Kind.STRING),
    )
)
COHORT = MemoryCatalogue().cohort(NodeId("n1"), LAYOUT)


def fed(*blocks, limit=5):
    rows = CohortRows(COHORT, limit)
    for block in blocks:
        rows.append(block_of(LAYOUT, block), 1)
    return rows


values = st.tuples(
    st.none() | st.floats(-9, 9),
    st.none() | st.integers(-9, 9),
    st.none() | st.sampled_from(["a", "b", "c"]),
)


@given(st.lists(st.tuples(st.integers(1, 30), values), max_size=40), st.integers(1, 9))
def test_the_last_value_of_a_series_is_that_of_its_newest_time(given_rows, limit):
    rows, truth = CohortRows(COHORT, limit), [{}, {}, {}]
    for time, row in given_rows:
        rows.append(block_of(LAYOUT, {time: row}), 1)
        for column, value in enumerate(row):
            if value is not None:
                truth[column][time] = value

    for column, known in enumerate(truth):
        newest = max(known, default=None)
        expected = None if newest is None else (newest, known[newest])
        assert rows.last_values(np.array([column])) == [expected]


def test_a_full_block_is_sealed():
    rows = CohortRows(COHORT, 2)

    sealed = rows.append(block_of(LAYOUT, dict.fromkeys(range(1, 6), (1.0, 2, "a"))), 1)

    assert [block.rows for block in sealed] == [2, 2]
    assert not rows.is_empty


def test_the_first_block_alone_may_be_lower():
    rows = CohortRows(COHORT, 4, first_limit=1)

    sealed = rows.append(block_of(LAYOUT, dict.fromkeys(range(9), (1.0, 2, "a"))), 1)

    assert [block.rows for block in sealed] == [1, 4, 4]


def test_a_lower_limit_holds_for_the_open_block_and_a_higher_one_for_the_next():
    rows = CohortRows(COHORT, 6)
    rows.append(block_of(LAYOUT, dict.fromkeys(range(3), (1.0, 2, "a"))), 1)
    rows.hold_to(2)
    lowered = rows.append(block_of(LAYOUT, dict.fromkeys(range(3, 7), (1.0, 2, "a"))), 1)
    rows.hold_to(3)
    raised = rows.append(block_of(LAYOUT, dict.fromkeys(range(7, 11), (1.0, 2, "a"))), 1)

    assert [block.rows for block in lowered] == [4, 2]
    assert [block.rows for block in raised] == [2, 3]


def test_late_rows_fill_a_block_of_their_own():
    rows = fed(dict.fromkeys(range(10, 14), (1.0, 1, "a")))

    sealed = rows.append(block_of(LAYOUT, dict.fromkeys((5, 3, 4, 2, 1), (2.0, 2, "b"))), 2)

    assert [(block.first_ns, block.last_ns) for block in sealed] == [(1, 5)]


def test_what_is_idle_is_sealed_and_frees_its_matrix():
    rows = fed({1: (1.0, 2, "a")}, {0: (1.0, 2, "b")})

    sealed = rows.flush()

    assert [block.rows for block in sealed] == [1, 1]
    assert rows.open_bytes == 0
    assert rows.last_values(np.array([2])) == [(1, "a")]


def test_after_the_last_block_is_dropped_the_last_values_stay():
    rows = fed({1: (1.0, 2, "a")})
    for block in rows.flush():
        rows.drop(block)

    assert rows.is_empty
    assert rows.gone_ns == 2
    assert rows.last_values(np.arange(3)) == [(1, 1.0), (1, 2), (1, "a")]


def test_a_value_that_was_absent_since_long_keeps_its_own_time():
    rows = fed({1: (1.0, 2, "a")}, *({t: (1.0, None, None)} for t in range(2, 20)), limit=4)

    assert rows.last_values(np.array([1])) == [(1, 2)]
    assert rows.last_values(np.array([2])) == [(1, "a")]


def test_before_any_row_nothing_is_known():
    rows = CohortRows(COHORT, 5)

    assert rows.gone_ns == NEVER
    assert rows.last_values(np.array([0])) == [None]
    assert not rows.has_rows(0, FAR)


def test_pieces_are_references_to_sealed_and_copies_of_open_rows():
    rows = fed({t: (1.0, t, "a") for t in range(1, 8)})
    pieces = rows.pieces(COHORT.kinds[:1].astype("i8"), 0, FAR)

    rows.append(block_of(LAYOUT, {8: (1.0, 8, "a")}), 1)

    assert isinstance(pieces[0], Piece)
    assert pieces[1].times.tolist() == [6, 7]


def test_only_blocks_with_segments_to_come_are_unstored():
    rows = fed({1: (1.0, 2, "a")})

    assert rows.unstored(COHORT.kinds[:1].astype("i8"), 0, FAR, stored=0)
    assert not rows.unstored(COHORT.kinds[:1].astype("i8"), 0, FAR, stored=1)


def test_columns_are_found_by_code():
    codes = codes_of(COHORT.tags, COHORT.fields, COHORT.kinds)
    rows = CohortRows(COHORT, 5)

    assert rows.columns_of(codes[::-1]).tolist() == [2, 1, 0]
    assert rows.columns_of(codes + 1).tolist() == [-1, -1, -1]

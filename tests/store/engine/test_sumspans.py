"""Stretches of a range that sums can answer."""

from hypothesis import given
from hypothesis import strategies as st

from muster.store.engine.statements import HOUR_NS, MINUTE_NS
from muster.store.engine.sumspans import answered_by, cut_up, runs_of_steps

H = HOUR_NS


def test_runs_are_of_neighbouring_hours_and_whole_steps():
    hours = frozenset({1, 2, 3, 7})

    assert runs_of_steps(hours, 0, 10 * H, H) == [(H, 4 * H), (7 * H, 8 * H)]
    assert runs_of_steps(hours, 0, 10 * H, 2 * H) == [(2 * H, 4 * H)]
    assert runs_of_steps(hours, H + 1, 8 * H - 1, MINUTE_NS) == [
        (H + MINUTE_NS, 4 * H),
        (7 * H, 8 * H - MINUTE_NS),
    ]
    assert runs_of_steps(frozenset(), 0, 10 * H, H) == []


def test_what_lies_around_runs_is_of_rows():
    assert cut_up([(H, 2 * H)], 0, 3 * H) == [
        (0, H, False),
        (H, 2 * H, True),
        (2 * H, 3 * H, False),
    ]
    assert cut_up([], 0, H) == [(0, H, False)]


def test_minutes_answer_what_hours_leave():
    pieces = answered_by(H, frozenset({1, 2}), [(0, 4 * H, 0)], H)
    pieces = answered_by(MINUTE_NS, frozenset({0, 1, 2}), pieces, H)

    assert pieces == [(0, H, MINUTE_NS), (H, 3 * H, H), (3 * H, 4 * H, 0)]


def test_of_many_runs_the_longest_are_chosen():
    hours = frozenset({0, 2, 4, 5, 7, 9, 10, 12})
    pieces = answered_by(H, hours, [(0, 13 * H, 0)], H)
    chosen = [(first // H, end // H) for first, end, width in pieces if width]

    assert len(chosen) == 4
    assert {(4, 6), (9, 11)} <= set(chosen)


@given(
    st.frozensets(st.integers(0, 30)),
    st.frozensets(st.integers(0, 30)),
    st.integers(0, 30 * 60),
    st.integers(1, 30 * 60),
    st.sampled_from([1, 5, 60, 120]),
)
def test_pieces_are_the_whole_range_and_sums_lie_in_hours_that_have_them(
    wide, more, start, length, step
):
    good = wide | more
    span = start * MINUTE_NS, (start + length) * MINUTE_NS
    pieces = answered_by(HOUR_NS, wide, [(*span, 0)], step * MINUTE_NS)
    pieces = answered_by(MINUTE_NS, good, pieces, step * MINUTE_NS)

    assert [first for first, _, _ in pieces] == [span[0], *(end for _, end, _ in pieces[:-1])]
    assert pieces[-1][1] == span[1]
    for first, end, width in pieces:
        hours = range(first // HOUR_NS, -(-end // HOUR_NS))
        if width:
            assert (good if width == MINUTE_NS else wide).issuperset(hours)
            assert first % (step * MINUTE_NS) == end % (step * MINUTE_NS) == 0

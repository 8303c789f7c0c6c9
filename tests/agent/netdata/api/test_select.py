"""Windows and groups of /api/v1/data, as an agent of Netdata's cuts them."""

import pytest
from feeding import T0, Feed, cpu, disk, load
from hypothesis import given
from hypothesis import strategies as st

from muster.agent.netdata.api.ring import Ring
from muster.agent.netdata.api.select import Question, pick, read_question
from muster.errors import InputError, NotFound


def filled(seconds=range(1, 61), gap=()):
    ring = Ring(120)
    feed = Feed(ring)
    for second in seconds:
        if second not in gap:
            feed(second, load(float(second)))
    return [*ring.living()]


def firsts(picked):
    return [(time - T0, row[0]) for time, row in picked.rows]


def test_the_newest_row_comes_first_and_times_are_their_own():
    picked = pick(filled(), Question(after=-3))

    assert firsts(picked) == [(60, 60.0), (59, 59.0), (58, 58.0)]
    assert (picked.ids, picked.step_s) == (["load1", "load5", "load15"], 1)
    assert picked.latest == [60.0, 30.0, 15.0]


def test_flip_turns_it_around():
    picked = pick(filled(), Question(after=-2, options=frozenset({"flip"})))

    assert firsts(picked) == [(59, 59.0), (60, 60.0)]


@pytest.mark.parametrize(
    ("group", "value"),
    [
        ("average", 58.0),
        ("min", 56.0),
        ("max", 60.0),
        ("sum", 290.0),
        ("median", 58.0),
        ("incremental-sum", 4.0),
        ("stddev", pytest.approx(1.5811388)),
        ("cv", pytest.approx(2.7261014)),
        ("no such group", 58.0),  # the original takes its average
    ],
)
def test_points_are_groups_of_rows(group, value):
    picked = pick(filled(), Question(after=-20, points=4, group=group))

    assert (len(picked.rows), picked.step_s) == (4, 5)
    assert firsts(picked)[0] == (60, value)


def test_groups_end_at_multiples_unless_they_are_not_to():
    charts = filled(range(1, 64))
    aligned = pick(charts, Question(after=-20, points=2))
    unaligned = pick(charts, Question(after=-20, points=2, options=frozenset({"unaligned"})))

    assert [time for time, _ in firsts(aligned)] == [60, 50]
    assert [time for time, _ in firsts(unaligned)] == [63, 53]


def test_times_may_be_absolute_and_never_pass_what_is_there():
    charts = filled()
    absolute = pick(charts, Question(after=T0 + 10, before=T0 + 12))
    everything = pick(charts, Question(after=0))
    future = pick(charts, Question(after=-2, before=T0 + 9999))

    assert [time for time, _ in firsts(absolute)] == [12, 11]
    assert [time for time, _ in firsts(everything)] == list(range(60, 0, -1))
    assert [time for time, _ in firsts(future)] == [60, 59]


def test_a_gap_is_null_and_can_be_zero():
    charts = filled(gap={59})

    assert firsts(pick(charts, Question(after=-3)))[1] == (59, None)
    zero = pick(charts, Question(after=-3, options=frozenset({"null2zero"})))
    assert firsts(zero)[1] == (59, 0.0)


@pytest.mark.parametrize(
    ("patterns", "ids"),
    [
        (("load1",), ["load1"]),
        (("load1", "load15"), ["load1", "load15"]),
        (("load*",), ["load1", "load5", "load15"]),
        (("!load5", "*"), ["load1", "load15"]),
    ],
)
def test_dimensions_are_chosen_by_patterns(patterns, ids):
    assert pick(filled(), Question(after=-1, dimensions=patterns)).ids == ids


def test_dimensions_that_there_are_none_of_are_told():
    with pytest.raises(NotFound, match="No metrics where matched to query"):
        pick(filled(), Question(dimensions=("x",)))
    with pytest.raises(NotFound):
        pick([], Question())


def test_charts_of_one_context_are_added_up():
    ring = Ring(60)
    feed = Feed(ring)
    for second in range(3):
        feed(second, disk("vda", second * 1024, 0), disk("vdb", second * 2048, second * 1024))
    charts = [chart for chart in ring.living() if chart.rule.context == "disk.io"]

    assert pick(charts, Question(after=-1)).rows == [(T0 + 2, [3.0, -1.0])]
    absolute = pick(charts, Question(after=-1, options=frozenset({"abs"})))
    assert absolute.rows == [(T0 + 2, [3.0, 1.0])]


def test_shares_and_what_is_never_zero():
    ring = Ring(60)
    Feed(ring)(1, cpu(30.0, 10.0))
    charts = [*ring.living()]
    shares = pick(charts, Question(options=frozenset({"percentage", "nonzero"})))

    assert (shares.ids, shares.rows[0][1]) == (["user", "system"], [75.0, 25.0])


def test_a_question_is_read_from_a_url():
    question = read_question(
        {"after": "-60", "points": "10", "options": "ms|flip", "dimensions": "a,b", "group": "max"}
    )

    assert question == Question(-60, 0, 10, "max", ("a", "b"), frozenset({"ms", "flip"}), "json")
    for text in ("x", "nan", "9" * 30, "1e300"):
        with pytest.raises(InputError, match="after"):
            read_question({"after": text})


@given(
    st.integers(-(1 << 40), 1 << 40),
    st.integers(-(1 << 40), 1 << 40),
    st.integers(0, 10_000),
    st.sampled_from(["average", "min", "sum"]),
)
def test_any_window_is_cut_without_an_error_and_within_bounds(after, before, points, group):
    picked = pick(CHARTS, Question(after, before, points, group))

    assert len(picked.rows) <= 10_000
    assert all(time % picked.step_s == 0 or picked.step_s == 1 for time, _ in picked.rows)


CHARTS = filled()

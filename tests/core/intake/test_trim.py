"""What can never be kept is cut out, cell for cell."""

from hypothesis import given
from hypothesis import strategies as st

from muster.clock import DAY_NS
from muster.core.intake.trim import Refusals, Refused, StrangeDays, cut_columns, cut_rows
from muster.model.metric import Kind, Layout, points_of
from muster.testing.cohorts import block_of, series_of

KINDS = (Kind.FLOAT, Kind.INTEGER, Kind.STRING)
LAYOUT = Layout(tuple(series_of("m", kind.name, kind) for kind in KINDS))
CELLS = st.tuples(
    st.none() | st.floats(allow_nan=False), st.none() | st.integers(-9, 9), st.none() | st.text()
)
TODAY = 1_000 * DAY_NS


@st.composite
def blocks(draw):
    rows = draw(st.lists(CELLS, min_size=1, max_size=6))
    return block_of(LAYOUT, dict(enumerate(rows)))


@given(blocks(), st.data())
def test_the_rows_that_stay_are_as_they_were(block, data):
    rows = data.draw(st.lists(st.sampled_from(range(block.rows)), unique=True).map(sorted))
    cut = cut_rows(block, rows)

    assert list(cut.times) == [block.times[row] for row in rows]
    assert list(points_of(cut)) == [one for one in points_of(block) if one.time_ns in rows]


@given(blocks(), st.lists(st.sampled_from(range(3)), unique=True, min_size=1).map(sorted))
def test_the_columns_that_stay_are_as_they_were(block, columns):
    layout = Layout(tuple(LAYOUT.series[column] for column in columns))
    fields = {series.field for series in layout.series}
    cut = cut_columns(block, columns, layout)

    assert list(points_of(cut)) == [one for one in points_of(block) if set(one.fields) <= fields]
    assert cut.values_total == len(list(points_of(cut)))


def test_usual_days_always_fit():
    times = [TODAY - 40 * DAY_NS, TODAY, TODAY + DAY_NS]

    assert list(StrangeDays(0).fitting(times, TODAY)) == [0, 1, 2]
    assert list(StrangeDays(0).fitting([], TODAY)) == []


def test_strange_days_fit_up_to_a_number_and_stay():
    days = StrangeDays(2)
    far = [TODAY - (50 + number) * DAY_NS for number in range(4)]

    assert list(days.fitting([*far, TODAY], TODAY)) == [0, 1, 4]
    assert list(days.fitting([far[3], far[1], far[0] + 1], TODAY)) == [1, 2]


def test_refusals_add_up_by_node():
    refusals = Refusals()
    refusals.note("n1", 2, "one", 1.0)
    refusals.note("n1", 3, "other", 2.0)
    refusals.note("n2", 4, "third", 3.0)

    assert refusals.of("n1") == Refused(5, "other", 2.0)
    assert refusals.values == 9
    refusals.forget("n1")
    assert refusals.of("n1") == Refused(0, "", 0.0)


@given(st.lists(st.integers(900, 1_001), min_size=1, max_size=60), st.integers(0, 9))
def test_many_rows_are_looked_at_as_few_are(found, room):
    times = [day * DAY_NS for day in found]
    many = times * (1 + 64 // len(times))
    one_by_one, days = [], StrangeDays(room)
    for place, time_ns in enumerate(many):
        one_by_one += [place for _ in days.fitting([time_ns], TODAY)]

    assert list(StrangeDays(room).fitting(many, TODAY)) == one_by_one

"""The port of queries, as MemorySource has it."""

from muster.influxql.source import Place, Wanted
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import MAX_TIME_NS, MIN_TIME_NS
from muster.testing.influxmemory import MemorySource

PLACE = Place("d", "autogen", "m")
ALWAYS = (MIN_TIME_NS, MAX_TIME_NS)


def source():
    memory = MemorySource()
    memory.create("d")
    memory.write("d", "autogen", b"m,t=a v=1,w=2 5\nm,t=a v=2 6\nm v=3 5")
    return memory


def test_series_are_sorted_by_their_tags():
    assert [info.tags for info in source().series(PLACE, *ALWAYS)] == [(), (("t", "a"),)]


def test_rows_have_a_gap_where_a_point_has_no_value():
    wanted = [Wanted("v", DataType.FLOAT), Wanted("w", DataType.FLOAT)]

    (rows,) = source().rows(PLACE, [1], wanted, *ALWAYS)

    assert rows.times.tolist() == [5, 6]
    assert [column.cells() for column in rows.columns] == [[1.0, 2.0], [2.0, None]]


def test_a_number_is_given_as_any_other_and_a_text_never():
    (integers,) = source().rows(PLACE, [0], [Wanted("v", DataType.INTEGER)], *ALWAYS)
    (none,) = source().rows(PLACE, [0], [Wanted("v", DataType.STRING)], *ALWAYS)

    assert integers.columns[0].cells() == [3]
    assert not len(none.times)


def test_what_is_not_there_is_nothing():
    nowhere = Place("d", "autogen", "nope")

    assert source().policies("nope") is None
    assert not source().series(nowhere, *ALWAYS)
    assert not source().fields(nowhere, *ALWAYS)


def test_parts_stand_for_points_of_one_series_and_step():
    wanted = Wanted("v", DataType.FLOAT)

    (whole,) = source().partials(PLACE, [0, 1], [wanted], "sum", 5, 9, 0)
    (steps,) = source().partials(PLACE, [1], [wanted], "last", 0, 9, 2)

    assert whole.series.tolist() == [0, 1]
    assert whole.times.tolist() == [5, 5]
    assert whole.counts.tolist() == [1, 2]
    assert whole.value.cells() == [3.0, 3.0]
    assert steps.times.tolist() == [5, 6]
    assert steps.value.cells() == [1.0, 2.0]

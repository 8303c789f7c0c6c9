"""Core series put together as InfluxQL's."""

from muster.core.influxql.pointlines import KnownLines, batches, lines_of, stock_of
from muster.influxql.source import SeriesInfo
from muster.model.influx import STOCK
from muster.model.metric import Kind, Series
from muster.ports.series import SeriesRef


def ref(number, field, *tags):
    return SeriesRef(number, number, Series("m", tags, field, Kind.FLOAT))


def test_fields_of_the_same_tags_are_one_line():
    refs = [
        ref(1, "a", (STOCK, "s"), ("h", "x"), ("node", "1")),
        ref(2, "b", (STOCK, "s"), ("h", "x"), ("node", "2")),
        ref(3, "a", (STOCK, "s"), ("h", "a")),
    ]

    first, second = lines_of(refs, is_own=False)

    assert first.tags == (("h", "a"),)
    assert second.tags == (("h", "x"),)
    assert {field: list(of) for field, of in second.refs.items()} == {"a": refs[:1], "b": refs[1:2]}


def test_what_agents_send_shows_its_node():
    (line,) = lines_of([ref(1, "a", ("node", "n"), ("space", "s"))], is_own=True)
    assert line.tags == (("node", "n"),)
    assert stock_of(line.tags) == ""


def test_the_same_list_is_looked_through_once():
    known = KnownLines()
    refs = [ref(1, "a", ("h", "x"))]

    lines = known.of(refs, is_own=True)

    assert known.of(refs, is_own=True) is lines
    assert known.of(list(refs), is_own=True) is not lines
    assert known.of(refs, is_own=False) is not lines


def test_no_more_than_some_lists_are_remembered():
    known = KnownLines()
    every = [[ref(number, "a")] for number in range(100)]
    lines = [known.of(refs, is_own=True) for refs in every]
    assert known.of(every[0], is_own=True) is not lines[0]
    assert known.of(every[99], is_own=True) is lines[99]


def test_many_series_are_read_in_parts():
    lines = lines_of(
        [ref(number, "a", ("h", f"{number:05}")) for number in range(4_500)], is_own=True
    )

    parts = list(batches(range(4_500), lines, {"a"}))

    assert [len(part) for part in parts] == [2_000, 2_000, 500]
    assert list(batches([3, 1], lines, {"b"})) == [[3, 1]]
    assert list(batches([], lines, {"a"})) == []


def test_series_of_the_same_list_and_shards_are_the_same_list():
    known = KnownLines()
    refs = [ref(1, "a", ("h", "x"))]

    infos = known.infos(refs, (7,), is_own=False)

    assert infos == [SeriesInfo((("h", "x"),), (7,))]
    assert known.infos(refs, (7,), is_own=False) is infos
    assert known.infos(refs, (8,), is_own=False) == [SeriesInfo((("h", "x"),), (8,))]
    assert known.infos(list(refs), (7,), is_own=False) is not infos


def test_a_field_of_one_core_series_of_its_kind_is_told_from_others():
    known = KnownLines()
    refs = [
        ref(1, "a", (STOCK, "s"), ("h", "x"), ("node", "1")),
        ref(2, "a", (STOCK, "s"), ("h", "y"), ("node", "1")),
        ref(3, "a", (STOCK, "s"), ("h", "y"), ("node", "2")),
        ref(4, "b", (STOCK, "s"), ("h", "z")),
    ]
    lines, series = known.of(refs, is_own=False), [0, 1, 2]

    found = known.chosen(series, lines, "a", Kind.FLOAT)

    assert (found.single.tolist(), found.refs, found.others) == ([0], refs[:1], [1])
    assert known.chosen(series, lines, "a", Kind.FLOAT) is found
    assert known.chosen(series, lines, "a", Kind.INTEGER).others == [0, 1]
    assert known.chosen(list(series), lines, "a", Kind.FLOAT) is not found


def test_fields_of_series_stand_field_by_field():
    known = KnownLines()
    refs = [ref(1, "a", ("h", "x")), ref(2, "b", ("h", "x")), ref(3, "b", ("h", "y"))]
    lines, series = known.of(refs, is_own=True), [0, 1]
    fields = [("a", Kind.FLOAT), ("b", Kind.FLOAT), ("none", Kind.FLOAT)]

    found = known.chosen_fields(series, lines, fields)

    assert (found.places.tolist(), found.refs) == ([0, 2, 3], refs)
    assert known.chosen_fields(series, lines, list(fields)) is found
    assert known.chosen_fields(series, lines, [("a", Kind.INTEGER)]) is None


def test_a_field_of_two_core_series_has_no_place():
    refs = [ref(1, "a", ("h", "x"), ("space", "1")), ref(2, "a", ("h", "x"), ("space", "2"))]
    known = KnownLines()

    assert known.chosen_fields([0], known.of(refs, is_own=True), [("a", Kind.FLOAT)]) is None


def test_core_series_of_the_same_lines_are_the_same_list():
    known = KnownLines()
    lines = known.of([ref(1, "a", ("h", "x")), ref(2, "b", ("h", "y"))], is_own=True)
    found = known.owned(lines, ("b", "a"))

    assert [each.tags for each in found.refs] == [1, 2]
    assert found.owners == [(0, "a"), (1, "b")]
    assert known.owned(list(lines), ("b", "a")) is found
    assert known.owned(lines[:1], ("b", "a")).owners == [(0, "a")]


def test_of_many_lines_it_is_made_anew():
    known = KnownLines()
    lines = known.of([ref(at, "a", ("h", str(at))) for at in range(501)], is_own=True)

    assert known.owned(lines, ("a",)) is not known.owned(lines, ("a",))

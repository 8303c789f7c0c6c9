import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.agent.collecting import rows
from muster.agent.collecting.rows import Columns, Table
from muster.errors import InputError, LimitExceeded
from muster.model.metric import Kind, Point, points_of


class Tick:
    """One collector's rows, one after the other, as Blocks."""

    def __init__(self):
        self.columns = Columns()
        self.table = Table([self.columns])

    def row(self, *points):
        strings = []
        part = self.columns.fill([Point(*point) for point in points], strings)
        return self.table.block(1, (part,), strings)

    def skip(self):
        return self.table.block(1, (self.columns.skip(),), ())


def values(block):
    return {
        (p.measurement, tuple(p.tags.values()), *p.fields): next(iter(p.fields.values()))
        for p in points_of(block)
    }


def test_values_of_every_kind_come_back():
    block = Tick().row(("m", {"i": -5, "f": 0.25, "b": True, "s": "text"}, 1, {"k": "v"}))

    assert [(s.field, s.kind) for s in block.layout.series] == [
        ("i", Kind.INTEGER),
        ("f", Kind.FLOAT),
        ("b", Kind.BOOLEAN),
        ("s", Kind.STRING),
    ]
    assert block.layout.series[0].tags == (("k", "v"),)
    assert [next(iter(p.fields.values())) for p in points_of(block)] == [-5, 0.25, True, "text"]
    assert block.present is None


def test_the_layout_stays_the_same_object_while_the_series_do():
    tick = Tick()
    first = tick.row(("m", {"a": 1}, 1), ("m", {"a": 2}, 1, {"k": "v"}))
    second = tick.row(("m", {"a": 3}, 1, {"k": "v"}), ("m", {"a": 4}, 1))

    assert second.layout is first.layout
    assert list(second.values) == [4, 3]


def test_a_missing_series_keeps_its_column_and_is_absent():
    tick = Tick()
    full = tick.row(("m", {"a": 1, "b": 2.0, "c": 3}, 1))
    block = tick.row(("m", {"a": 4, "c": 5}, 1))

    assert block.layout is full.layout
    assert block.present == b"\1\0\1"
    assert list(block.values) == [4, 0, 5]
    assert tick.row(("m", {"a": 6, "b": 7.0, "c": 8}, 1)).present is None


def test_a_new_field_lies_beside_its_siblings():
    tick = Tick()
    tick.row(("m", {"a": 1}, 1), ("n", {"a": 2}, 1))
    block = tick.row(("m", {"a": 3, "b": 4}, 1), ("n", {"a": 5}, 1))

    assert [(s.measurement, s.field) for s in block.layout.series] == [
        ("m", "a"),
        ("m", "b"),
        ("n", "a"),
    ]
    assert list(block.values) == [3, 4, 5]


def test_points_with_the_same_tags_share_no_columns_unless_their_fields_are_the_same():
    block = Tick().row(("m", {"a": 1}, 1, {"k": "v"}), ("m", {"b": 2}, 1, {"k": "v"}))

    assert [s.field for s in block.layout.series] == ["a", "b"]


def test_of_two_points_of_one_series_the_first_counts():
    tick = Tick()
    assert list(tick.row(("m", {"a": 1}, 1), ("m", {"a": 2}, 1)).values) == [1]
    assert list(tick.row(("m", {"a": 3}, 1), ("m", {"a": 4}, 1)).values) == [3]


def test_tags_that_differ_only_in_their_keys_are_different_series():
    block = Tick().row(("m", {"a": 1}, 1, {"k": "v"}), ("m", {"a": 2}, 1, {"l": "v"}))

    assert list(block.values) == [1, 2]


@pytest.mark.parametrize("value", [1 << 63, -(1 << 63) - 1, 1.5, "text"])
def test_a_value_that_does_not_fit_its_column_is_an_input_error(value):
    tick = Tick()
    tick.row(("m", {"a": 1}, 1))

    with pytest.raises(InputError, match="m a = "):
        tick.row(("m", {"a": value}, 1))
    assert tick.skip() is None  # nothing present
    assert list(tick.row(("m", {"a": 2}, 1)).values) == [2]


def test_too_many_series_are_refused_and_the_old_ones_go_on(monkeypatch):
    monkeypatch.setattr(rows, "MAX_COLUMNS", 2)
    tick = Tick()
    tick.row(("m", {"a": 1}, 1))

    with pytest.raises(LimitExceeded, match="more than 2 series"):
        tick.row(("m", {"a": 1, "b": 2, "c": 3}, 1))
    assert list(tick.row(("m", {"a": 4}, 1)).values) == [4]


def test_a_column_absent_for_long_goes_when_something_new_comes():
    tick = Tick()
    tick.row(("m", {"a": 1}, 1, {"k": "old"}), ("m", {"a": 1}, 1, {"k": "kept"}))
    for _ in range(rows.FORGET_AFTER + 1):
        tick.row(("m", {"a": 1}, 1, {"k": "kept"}))
    block = tick.row(("m", {"a": 1}, 1, {"k": "kept"}), ("m", {"a": 1}, 1, {"k": "new"}))

    assert [dict(s.tags)["k"] for s in block.layout.series] == ["kept", "new"]
    assert block.present is None


def test_a_column_that_comes_back_together_with_something_new_is_not_lost():
    tick = Tick()
    tick.row(("m", {"a": 1}, 1, {"k": "old"}), ("m", {"a": 1}, 1, {"k": "kept"}))
    for _ in range(rows.FORGET_AFTER + 1):
        tick.row(("m", {"a": 1}, 1, {"k": "kept"}))
    block = tick.row(("m", {"a": 2}, 1, {"k": "new"}), ("m", {"a": 3}, 1, {"k": "old"}))

    assert values(block) == {("m", ("new",), "a"): 2, ("m", ("old",), "a"): 3}


def test_a_column_absent_for_very_long_goes_by_itself():
    tick = Tick()
    wide = tick.row(("m", {"a": 1, "b": 2}, 1))
    for _ in range(2 * rows.CHECK_EVERY):
        block = tick.row(("m", {"a": 1}, 1))

    assert len(wide.layout.series) == 2
    assert [s.field for s in block.layout.series] == ["a"]


def test_a_collector_that_fails_for_very_long_loses_its_columns():
    columns = Columns()
    columns.fill([Point("m", {"a": 1}, 1)], [])
    for _ in range(2 * rows.CHECK_EVERY):
        part = columns.skip()

    assert part.patterns == b""


def test_a_skipped_collector_is_absent_beside_the_others():
    good, bad = Columns(), Columns()
    table = Table([good, bad])
    parts = [good.fill([Point("g", {"a": 1}, 1)], []), bad.fill([Point("b", {"a": 2}, 1)], [])]
    first = table.block(1, parts, ())
    second = table.block(2, [good.fill([Point("g", {"a": 3}, 1)], []), bad.skip()], ())

    assert second.layout is first.layout
    assert second.present == b"\1\0"
    assert list(second.times) == [2]


def test_texts_of_several_collectors_keep_their_places():
    one, two = Columns(), Columns()
    strings = []
    parts = [
        one.fill([Point("one", {"s": "first"}, 1)], strings),
        two.fill([Point("two", {"s": "second"}, 1)], strings),
    ]
    block = Table([one, two]).block(1, parts, strings)

    assert [dict(p.fields)["s"] for p in points_of(block)] == ["first", "second"]


def test_a_row_without_any_value_is_no_block():
    assert Tick().row() is None
    assert Tick().row(("m", {}, 1)) is None


FIELDS = st.dictionaries(
    st.sampled_from("abcd"), st.integers(-(1 << 63), (1 << 63) - 1), min_size=1
)


@given(st.lists(st.dictionaries(st.sampled_from("xyz"), FIELDS), min_size=1, max_size=20))
def test_whatever_comes_and_goes_each_row_holds_exactly_its_values(ticks):
    tick = Tick()
    for wanted in ticks:
        block = tick.row(*(("m", fields, 1, {"k": tag}) for tag, fields in wanted.items()))
        expected = {
            ("m", (tag,), name): value
            for tag, fields in wanted.items()
            for name, value in fields.items()
        }

        assert (values(block) if block is not None else {}) == expected

"""What a hub may not have does not go to it, texts included."""

from array import array

import pytest

from muster.agent.memberships.allowed import Filter, known_names, measurements_of
from muster.collectors import COLLECTORS
from muster.model.metric import Block, Kind, Layout, Series, points_of

LAYOUT = Layout(
    (
        Series("cpu", (), "user", Kind.INTEGER),
        Series("system", (), "secret", Kind.STRING),
        Series("cpu", (("cpu", "0"),), "user", Kind.INTEGER),
        Series("mem", (), "note", Kind.STRING),
    )
)


def block(present=None):
    values = array("q", [1, 0, 2, 1, 3, 2, 4, 1])
    return Block(LAYOUT, array("q", [10, 20]), values, present, ("mine", "told", "other"))


def shown(blocks):
    return [
        (point.measurement, next(iter(point.fields.values())), point.time_ns)
        for each in blocks
        for point in points_of(each)
    ]


def test_a_hub_that_may_have_everything_gets_the_very_rows():
    rows = [block()]

    assert Filter(None, COLLECTORS).take(rows)[0] is rows[0]


def test_other_columns_are_left_out_and_their_texts_too():
    (cut,) = Filter(["mem"], COLLECTORS).take([block()])

    assert shown([cut]) == [("mem", "told", 10), ("mem", "told", 20)]
    assert cut.strings == ("told",)


def test_columns_keep_their_order_and_absent_cells_stay_absent():
    present = bytes([1, 1, 0, 1, 1, 1, 1, 0])
    (cut,) = Filter(["cpu", "mem"], COLLECTORS).take([block(present)])

    assert shown([cut]) == [("cpu", 1, 10), ("mem", "told", 10), ("cpu", 3, 20), ("cpu", 4, 20)]


def test_rows_of_which_nothing_is_left_do_not_travel():
    only_others = bytes([0, 1, 0, 0, 0, 1, 0, 0])

    assert Filter(["cpu"], COLLECTORS).take([block(only_others)]) == []
    assert Filter([], COLLECTORS).take([block()]) == []
    assert Filter(["disk"], COLLECTORS).take([block()]) == []


def test_the_layout_stays_the_same_object_while_it_can():
    filter_ = Filter(["cpu"], COLLECTORS)
    first, second = filter_.take([block()]), filter_.take([block()])

    assert first[0].layout is second[0].layout
    for _ in range(200):  # layouts that come and go are forgotten
        filter_.take([Block(Layout(LAYOUT.series), array("q"), array("q"))])
    assert shown(filter_.take([block()])) == shown(first)


def test_names_are_those_of_collectors_and_of_measurements():
    (cpu,) = [each for each in COLLECTORS if each.name == "cpu"]

    assert measurements_of(["cpu"], COLLECTORS) == {each.name for each in cpu.measurements}
    assert measurements_of(["nothing"], COLLECTORS) == frozenset()
    assert known_names(COLLECTORS) >= {each.name for each in COLLECTORS}


@pytest.mark.parametrize(("only", "expected"), [(None, True), (["cpu"], True), (["mem"], False)])
def test_how_a_collector_fares_is_for_who_may_have_it(only, expected):
    assert Filter(only, COLLECTORS).shows("cpu") is expected
    assert not Filter(["cpu"], COLLECTORS).shows("no such")

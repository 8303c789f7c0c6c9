from array import array

from muster.model.metric import Kind, Layout, Series
from muster.wire.chain import Chain, bounds, excess, own_strings, shape_of
from muster.wire.limits import Limits

LAYOUT = Layout((Series("m", (), "a", Kind.STRING), Series("m", (), "b", Kind.INTEGER)))


def placed() -> tuple[Chain, object]:
    chain = Chain()
    chain.define(2, 9)
    return chain, chain.place(shape_of(LAYOUT, array("I", [0, 1])))


def test_a_fresh_layout_starts_from_the_time_of_the_chain():
    chain, first = placed()
    chain.passed(first, array("q", [100]))
    second = chain.place(shape_of(LAYOUT, array("I", [0, 1])))
    chain.passed(first, array("q", [150]))

    assert chain.time_before(second) == 150
    assert (first.step, second.step) == (50, 0)


def test_a_block_without_rows_leaves_no_trace():
    chain, plan = placed()
    chain.passed(plan, array("q"))

    assert plan.fresh


def test_the_step_is_that_of_the_last_two_rows():
    chain, plan = placed()
    chain.passed(plan, array("q", [10, 20, 35]))

    assert (plan.time, plan.step) == (35, 15)


def test_what_passes_a_bound_is_named():
    chain, _plan = placed()
    chain.add_string("abc", 4)

    assert excess(chain, bounds(Limits())) == ""
    text = excess(chain, bounds(Limits(series=1, strings_bytes=3)))
    assert "2 series since the last key frame where at most 1" in text
    assert "4 bytes of strings" in text


def test_a_block_keeps_the_strings_it_uses_and_no_others():
    _chain, plan = placed()
    values = array("q", [7, 1, 5, 2, 7, 3])

    assert own_strings(values, bytes([1, 1, 0, 1, 1, 1]), plan, list("abcdefgh")) == ("h",)
    assert list(values) == [0, 1, 5, 2, 0, 3]

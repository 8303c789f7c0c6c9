"""The engine's SQL: questions, into which only numbers get."""

import pytest

from muster.model.metric import Kind
from muster.ports.series import Parts
from muster.store.engine import questions, statements
from muster.store.engine.questions import Range


def test_keys_and_times_stand_as_numbers():
    wanted = Range(Kind.FLOAT, [((1 << 64) - 1, 2)], -5, 10, False)

    assert questions.select(wanted) == (
        "select field, tags, ts, v from muster.floats where field in (18446744073709551615) "
        "and tags in (2) and ts >= -5 and ts < 10 order by field, tags, ts"
    )
    assert " final " in questions.select(wanted._replace(final=True))


def test_few_keys_that_are_no_rectangle_are_pairs():
    keys = [(at, 100 + at) for at in range(3)]

    assert "(field, tags) in ((0,100),(1,101),(2,102))" in questions.select(
        Range(Kind.FLOAT, keys, 0, 1, False)
    )


@pytest.mark.parametrize("evil", ["1); drop table x", None, "x"])
def test_what_is_no_number_does_not_get_in(evil):
    with pytest.raises((TypeError, ValueError)):
        questions.select(Range(Kind.FLOAT, [(evil, 2)], 0, 1, False))
    with pytest.raises((TypeError, ValueError)):
        questions.aggregate([Range(Kind.FLOAT, [(1, 2)], 0, 1, False)], evil, Parts.ALL, few=True)


def test_few_rows_are_grouped_by_what_differs_and_only_what_is_asked_is_made():
    wanted = Range(Kind.FLOAT, [(1, 2), (1, 3)], 0, 100, False)

    assert questions.aggregate([wanted], 10, Parts.TOTAL, few=True) == (
        "select tags, intDiv(ts, 10) as bucket, toInt64(count()) as counts, "
        "sum(toFloat64(v)) as total from muster.floats where field in (1) and tags in (2,3) "
        "and ts >= 0 and ts < 100 group by tags, bucket "
        "settings max_threads = 1, optimize_move_to_prewhere = 0"
    )


def test_sums_that_are_buckets_already_are_not_grouped():
    step = statements.TEN_NS
    wanted = Range(Kind.FLOAT, [(1, 2)], 0, 4 * step, False, sums=step)
    text = questions.aggregate([wanted], step, Parts.TOTAL, few=True)

    assert text.startswith(
        f"select tags, intDiv(ts, {step}) as bucket, toInt64(n) as counts, s as total "
        "from muster.floats_tens where"
    )
    assert "group by" not in text


def test_many_rows_are_aggregated_in_the_order_of_the_table():
    wanted = Range(Kind.INTEGER, [(1, 2)], -5, 100, False)
    text = questions.aggregate([wanted], 10, Parts.LOW | Parts.LAST, few=False)

    assert "select field, tags, intDiv(ts - (ts % 10 + 10) % 10, 10) as bucket" in text
    assert text.endswith(" group by field, tags, bucket settings optimize_aggregation_in_order = 1")
    assert "sum(" not in text
    assert "argMin(" not in text


def test_rows_and_minutes_are_asked_in_one_statement():
    rows = Range(Kind.INTEGER, [(1, 2)], 0, 60, False)
    minutes = rows._replace(start_ns=60, end_ns=120, final=True, sums=statements.MINUTE_NS)
    text = questions.aggregate([rows, minutes], 60, Parts.TOTAL, few=True)

    assert "sum(toFloat64(v)) as total from muster.integers where" in text
    assert " union all select tags" in text
    assert "sum(s) as total from muster.integers_minutes where" in text


def test_texts_have_no_sums():
    wanted = Range(Kind.STRING, [(1, 2)], 0, 100, False)
    text = questions.aggregate([wanted], 0, Parts.ALL, few=True)

    assert "total" not in text
    assert "argMin(v, ts) as first" in text
    assert "group by tags settings" in text

"""What is not on disk yet."""

import numpy as np

from muster.model.metric import Kind, Series
from muster.store.catalogue.cataloguenew import News
from muster.store.catalogue.names import field_text, hash_of, signed, tags_text
from muster.store.catalogue.seriesindex import SeriesIndex

ONE, TWO = (Series("m", (("a", value),), "f", Kind.INTEGER) for value in "12")


def taken(index, *series):
    return index.take_in(index.look(series))


def test_rows_are_made_of_what_is_there_when_they_are_written():
    index, new = SeriesIndex(), News()
    assert not new.waits
    new.note(taken(index, ONE, TWO))
    index.remove(index.rows_tagged("a", "2"))
    tagsets, fields, series = map(list, new.additions(index))
    tags, name = signed(hash_of(tags_text(ONE.tags))), signed(hash_of(field_text("m", "f")))

    assert new.waits
    assert tagsets == [(tags, "a=1", 0)]
    assert fields == [(name, "m", "f", 0)]
    assert series == [(tags, name, 1)]


def test_what_could_not_be_written_comes_with_what_came_later():
    index, first, later = SeriesIndex(), News(), News()
    first.note(taken(index, ONE))
    later.note(taken(index, TWO))
    tagsets, _, series = map(list, first.before(later).additions(index))

    assert {text for _, text, _ in tagsets} == {"a=1", "a=2"}
    assert (tagsets, series) == (sorted(tagsets), sorted(series))  # as they stand in the file
    assert len(series) == 2


def test_rows_are_numbers_of_pythons():
    index = SeriesIndex()
    rows = taken(index, ONE).rows

    assert all(type(number) is int for number in News.rows(index, rows)[0])
    assert News.rows(index, np.zeros(0, np.int64)) == []

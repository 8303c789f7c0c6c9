"""The index after a start, and made anew."""

import pytest

from muster.model.metric import Kind, Series
from muster.model.query import Selector
from muster.store.catalogue.cataloguefile import Additions, CatalogueFile
from muster.store.catalogue.cataloguefill import filled, renewed
from muster.store.catalogue.cataloguenew import News
from muster.store.catalogue.seriesfind import find
from muster.store.catalogue.seriesindex import SeriesIndex
from muster.testing.cohorts import series_of

ODD = (("a,b", "c=d"), ("e", "f\\g"))
SOME = (
    series_of("m", "a", node="n1", cpu="0"),
    series_of("m", "b", Kind.STRING, node="n1", cpu="0"),
    series_of("k", "a", node="n2", host="x"),
    Series("odd", ODD, "f", Kind.INTEGER),
    Series("bare", (), "f", Kind.FLOAT),
)


@pytest.fixture
def file(tmp_path):
    opened = CatalogueFile(tmp_path / "c.sqlite")
    opened.open()
    yield opened
    opened.close()


def of(*series):
    index = SeriesIndex()
    return index, index.take_in(index.look(series))


def state(index):
    """All that can be asked of it."""
    return (
        find(index, Selector(), None),
        {node: (index.series_of(node), index.name_bytes_of(node)) for node in index.nodes()},
        {key: index.values_of(key) for key in ("cpu", "e", "a,b")},
        {space: index.measurements(space) for space in ("s1", "")},
        {place: index.tagsets.salts[place] for place in sorted(index.tagsets.salts)},
    )


def test_an_index_is_the_same_after_a_start(file):
    index, taken = of(*SOME)
    new = News()
    new.note(taken)
    file.write(new.additions(index))

    assert state(filled(file)) == state(index)


def test_nothing_comes_of_an_empty_file_or_of_series_without_names(file):
    assert filled(file).total == 0
    file.write(Additions([(1, "a=b", 0)], [], [(1, 2, 0), (3, 4, 0)]))
    assert filled(file).total == 0


def test_salts_are_there_after_a_start(file):
    index = SeriesIndex()
    new = News()
    new.note(index.learn(SOME[0], 3, 2))
    file.write(new.additions(index))
    again = filled(file)

    assert again.tagsets.salts == {0: 3}
    assert again.named[0].salt == 2
    assert again.look(SOME[:1]).rows.tolist() == [0]


def test_an_index_that_is_made_anew_holds_no_more_than_it_has():
    index, _ = of(*SOME)
    index.learn(series_of("m", "a", node="n3"), 5, 0)
    index.remove(index.rows_of_node("n1"))
    again = renewed(index)

    assert again.total == again.keys.size == 4
    assert again.tagsets.total == 4
    assert ("cpu", "0") not in again.tagsets.tags.tags
    assert list(again.tagsets.salts.values()) == [5]
    assert state(again)[:4] == state(index)[:4]

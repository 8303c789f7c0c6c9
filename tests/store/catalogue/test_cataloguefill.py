"""The index after a start, and made anew."""

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.model.metric import Kind, Series
from muster.model.query import Selector
from muster.store.catalogue import cataloguefill
from muster.store.catalogue.cataloguefile import Additions, CatalogueFile
from muster.store.catalogue.cataloguefill import PureParts, Split, filled, renewed
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


tagset_texts = st.text(alphabet=st.sampled_from("ab=,\\\0ä🙂"), max_size=8)
rows_of_tagsets = st.lists(
    st.tuples(st.integers(-(2**63), 2**63 - 1), tagset_texts, st.integers(0, 1))
)


@pytest.mark.skipif(not cataloguefill.COMPILED, reason="nothing is compiled here")
@given(st.lists(rows_of_tagsets, max_size=4))
def test_both_twins_split_texts_alike(pieces):
    compiled, pure = cataloguefill._cataloguefill.CompiledParts(), PureParts()

    for rows in pieces:
        assert Split(*compiled.split(rows)) == pure.split(rows)


def test_parts_are_numbered_in_the_order_in_which_they_come():
    parts = PureParts()
    parts.split([(1, "a=1,b=2", 0)])
    split = parts.split([(-2, "b=2,c=3", 0), (3, "", 0), (4, "a=\\,", 0), (5, "a=1", 9)])

    assert split == Split(
        array("q", [-2]),
        array("q", [2]),
        array("I", [1, 2]),
        ["c=3"],
        [(3, "", 0), (4, "a=\\,", 0), (5, "a=1", 9)],
    )


@pytest.mark.parametrize("compiled", [cataloguefill._cataloguefill, None])
def test_an_index_is_read_by_either_twin(file, compiled, monkeypatch):
    monkeypatch.setattr(cataloguefill, "_cataloguefill", compiled)
    index, taken = of(*SOME, series_of("m", "ä", node="nö", cpu="0"))
    new = News()
    new.note(taken)
    file.write(new.additions(index))

    assert state(filled(file)) == state(index)

"""The index by itself; what is found is tested through the catalogue."""

import subprocess
import sys

import pytest

from muster.errors import LimitExceeded
from muster.model.access import Scope
from muster.model.metric import Kind, Series
from muster.model.query import Selector
from muster.store.catalogue import seriesfind as module
from muster.store.catalogue.seriesfind import find
from muster.store.catalogue.seriesindex import SeriesIndex
from muster.testing.cohorts import series_of


def filled(*series):
    index = SeriesIndex()
    index.take_in(index.look(series))
    return index


def add(index, *series):
    index.take_in(index.look(series))


def remove(index, node):
    return index.remove(index.rows_of_node(node))


def tags_of(index, sets):
    return {index.tagsets.tags_of(one) for one in sets.tolist()}


def series(refs):
    return [ref.series for ref in refs]


def test_kinds_of_one_name_are_series_of_their_own():
    one = series_of("m", "a")
    index = filled(one, series_of("m", "b"), Series("m", one.tags, "a", Kind.STRING), one)

    assert index.total == 3
    assert [ref.kind for ref in series(find(index, Selector(), None))] == [
        Kind.FLOAT,
        Kind.STRING,
        Kind.FLOAT,
    ]


def test_a_removed_node_leaves_the_lists_of_others_whole():
    kept, gone = series_of("m", "a", node="n1", cpu="0"), series_of("m", "a", node="n2", cpu="0")
    index = filled(kept, gone, series_of("m", "a", node="n2", cpu="1"))
    removed = remove(index, "n2")
    later = series_of("m", "b", node="n1", cpu="0")
    add(index, later)

    assert len(removed) == 2
    assert index.nodes() == {"n1"}
    assert index.total == index.series_of("n1") == 2
    assert series(find(index, Selector(tags={"cpu": ("0", "1")}), None)) == [kept, later]


def test_a_node_that_comes_again_is_found_again():
    one = series_of("m", "a", node="n1", cpu="0")
    index = filled(one)
    remove(index, "n1")
    add(index, one)

    assert series(find(index, Selector(nodes=("n1",)), None)) == [one]
    assert series(find(index, Selector(tags={"cpu": ("0",)}), None)) == [one]
    assert index.keys.size == 1


def test_what_names_take_goes_with_their_node():
    one, other = series_of("m", "a", node="n1", cpu="0"), series_of("m", "b", node="n1", cpu="0")
    index = filled(one)
    before = index.name_bytes_of("n1")
    add(index, other)
    after = index.name_bytes_of("n1")
    remove(index, "n1")

    assert after - before == len("mb")  # the tags are there already
    assert index.name_bytes_of("n1") == index.series_of("n1") == 0


def test_text_beyond_ascii_takes_what_it_takes_at_most():
    plain, wide = series_of("m", "a", node="n1", x="aa"), series_of("m", "a", node="n2", x="ää")
    index = filled(plain, wide)

    assert index.name_bytes_of("n2") - index.name_bytes_of("n1") == 6


@pytest.mark.parametrize("select", [Selector(), Selector(tags={"host": ("nobody",), "cpu": ()})])
def test_a_search_ends_as_soon_as_too_much_matches(select):
    index = filled(*(series_of("m", f"f{at}") for at in range(9)))
    if select.tags:
        assert find(index, select, None, most=3) == []
    else:
        with pytest.raises(LimitExceeded, match="more than 3 series match, at most 3"):
            find(index, select, None, most=3)


def test_a_search_that_would_look_at_everything_is_refused(monkeypatch):
    index = filled(*(series_of("m", f"f{at}", node=f"n{at}") for at in range(9)))
    monkeypatch.setattr(module, "_MOST_LOOKED_AT", 8)
    with pytest.raises(LimitExceeded, match=r"9 series .* at most 8 are: name nodes"):
        find(index, Selector(), Scope(frozenset({"another space"})))

    assert len(find(index, Selector(fields=("f1",), tags={"host": ("host-n1",)}), None)) == 1
    assert len(find(index, Selector(tags={"node": ("n1", "n2")}), None)) == 2


def test_a_host_whose_node_is_gone_finds_nothing():
    index = filled(series_of("m", "a", node="n1"), series_of("m", "a", node="n2"))
    remove(index, "n1")

    assert find(index, Selector(tags={"host": ("host-n1",)}), None) == []
    assert len(find(index, Selector(tags={"host": ("host-n2",)}), None)) == 1


def test_series_with_a_tag_are_forgotten_and_their_node_keeps_the_others():
    kept = series_of("m", "a", node="n1", cpu="0")
    gone = series_of("m", "a", node="n1", stock="s"), series_of("k", "b", node="n1", stock="s")
    other = series_of("m", "a", node="n2", stock="s")
    index = filled(kept, *gone, other)
    names = filled(kept).name_bytes_of("n1")
    removed = index.remove(index.rows_tagged("stock", "s"))

    assert tags_of(index, removed) == {gone[0].tags, other.tags}
    assert index.total == index.series_of("n1") == 1
    assert index.name_bytes_of("n1") == names
    assert index.nodes() == {"n1"}
    assert index.values_of("stock") == set()
    assert series(find(index, Selector(nodes=("n1", "n2")), None)) == [kept]


def test_a_tag_that_nothing_has_takes_nothing_away():
    index = filled(series_of("m", "a", node="n1", stock="s"))

    assert len(index.remove(index.rows_tagged("stock", "t"))) == 0
    assert index.values_of("stock") == {"s"}


def test_all_that_a_first_question_needs_of_numpy_is_there_from_the_start():
    program = f"import sys; import {SeriesIndex.__module__} as _; before = set(sys.modules)"
    program += "; import numpy; numpy.unique([2, 1]); print(set(sys.modules) - before)"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert done.stdout == b"set()\n"

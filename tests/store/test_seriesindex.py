"""The index by itself; what is found is tested through the catalogue."""

import pytest

from muster.errors import LimitExceeded
from muster.model.access import Scope
from muster.model.influx import STOCK
from muster.model.metric import Kind, Series
from muster.model.query import Selector
from muster.store import seriesindex as module
from muster.store.seriesindex import SeriesIndex, bytes_of_tags
from muster.testing.cohorts import series_of


def filled(*series):
    index = SeriesIndex()
    for number, one in enumerate(series, 1):
        tagset = index.tagsets.get(one.tags) or index.know_tags(one.tags, number, 0)
        name = index.names.get((one.measurement, one.field)) or index.know_name(
            one.measurement, one.field, 100 + number, 0
        )
        index.add(one, tagset, name)
    return index


def test_kinds_of_one_name_have_codes_of_their_own():
    one = series_of("m", "a")
    index = filled(one, series_of("m", "b"), Series("m", one.tags, "a", Kind.STRING))
    a, b = index.names["m", "a"], index.names["m", "b"]

    assert not set(a.codes) & set(b.codes)
    refs = index.tagsets[one.tags].refs
    assert len(refs) == 3
    assert all(code in refs for code in (a.codes[0], a.codes[4], b.codes[0]))
    assert index.total == 3


def test_a_removed_node_leaves_the_lists_of_others_whole():
    kept, gone = series_of("m", "a", node="n1", cpu="0"), series_of("m", "a", node="n2", cpu="0")
    index = filled(kept, gone, series_of("m", "a", node="n2", cpu="1"))
    removed = index.remove("n2")
    later = series_of("m", "b", node="n1", cpu="0")
    index.add(later, index.tagsets[kept.tags], index.know_name("m", "b", 200, 0))

    assert len(removed) == 2
    assert index.nodes() == {"n1"}
    assert index.total == index.series_of("n1") == 2
    assert [ref.series for ref in index.find(Selector(tags={"cpu": ("0", "1")}), None)] == [
        kept,
        later,
    ]


def test_a_node_that_comes_again_is_found_again():
    one = series_of("m", "a", node="n1", cpu="0")
    index = filled(one)
    index.remove("n1")
    index.add(one, index.know_tags(one.tags, 1, 0), index.names["m", "a"])

    assert [ref.series for ref in index.find(Selector(nodes=("n1",)), None)] == [one]
    assert [ref.series for ref in index.find(Selector(tags={"cpu": ("0",)}), None)] == [one]


def test_what_names_take_goes_with_their_node():
    one, other = series_of("m", "a", node="n1", cpu="0"), series_of("m", "b", node="n1", cpu="0")
    index = filled(one)
    before = index.name_bytes_of("n1")
    index.add(other, index.tagsets[other.tags], index.know_name("m", "b", 200, 0))
    after = index.name_bytes_of("n1")
    index.remove("n1")

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
        assert index.find(select, None, most=3) == []
    else:
        with pytest.raises(LimitExceeded, match="more than 3 series match, at most 3"):
            index.find(select, None, most=3)


def test_a_search_that_would_look_at_everything_is_refused(monkeypatch):
    index = filled(*(series_of("m", f"f{at}", node=f"n{at}") for at in range(9)))
    monkeypatch.setattr(module, "_MOST_LOOKED_AT", 8)
    with pytest.raises(LimitExceeded, match=r"9 series .* at most 8 are: name nodes"):
        index.find(Selector(), Scope(frozenset({"another space"})))

    assert len(index.find(Selector(fields=("f1",), tags={"host": ("host-n1",)}), None)) == 1
    assert len(index.find(Selector(tags={"node": ("n1", "n2")}), None)) == 2


def test_a_host_whose_node_is_gone_finds_nothing():
    index = filled(series_of("m", "a", node="n1"), series_of("m", "a", node="n2"))
    index.remove("n1")

    assert index.find(Selector(tags={"host": ("host-n1",)}), None) == []
    assert len(index.find(Selector(tags={"host": ("host-n2",)}), None)) == 1


def test_series_with_a_tag_are_forgotten_and_their_node_keeps_the_others():
    kept = series_of("m", "a", node="n1", cpu="0")
    gone = series_of("m", "a", node="n1", stock="s"), series_of("k", "b", node="n1", stock="s")
    other = series_of("m", "a", node="n2", stock="s")
    index = filled(kept, *gone, other)
    names = filled(kept).name_bytes_of("n1")
    removed = index.remove_tagged("stock", "s")

    assert {one.tags for one in removed} == {gone[0].tags, other.tags}
    assert index.total == index.series_of("n1") == 1
    assert index.name_bytes_of("n1") == names
    assert index.nodes() == {"n1"}
    assert index.values_of("stock") == set()
    assert [ref.series for ref in index.find(Selector(nodes=("n1", "n2")), None)] == [kept]


def test_a_tag_that_nothing_has_takes_nothing_away():
    index = filled(series_of("m", "a", node="n1", stock="s"))

    assert index.remove_tagged("stock", "t") == []
    assert index.values_of("stock") == {"s"}


def test_a_tag_that_the_hub_gives_takes_less_of_what_a_node_may_have():
    given = (("db", "d"), ("node", "n"), ("rp", "autogen"), ("space", "s"), (STOCK, "x"))
    written = tuple((f"{key}x", value) for key, value in given)

    assert bytes_of_tags(given) * 4 < bytes_of_tags(written)
    assert bytes_of_tags((("host", "h"),)) == bytes_of_tags((("disk", "d"),))  # a writer's own

"""Finding: the index answers as a set of series that is looked through would."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.errors import LimitExceeded
from muster.model.access import Scope
from muster.model.influx import STOCK
from muster.model.metric import Kind, Series, sorted_tags
from muster.model.query import Selector
from muster.store.catalogue.cataloguefill import renewed
from muster.store.catalogue.namesizes import bytes_of_name, bytes_of_tags
from muster.store.catalogue.seriesfind import find, reach, refs_of, rows_of_space
from muster.store.catalogue.seriesindex import SeriesIndex
from muster.testing.cohorts import series_of

FEW = st.sampled_from(["a", "b", "c"])
SOME = st.builds(
    lambda name, field, kind, tags: Series(name, sorted_tags(tags), field, kind),
    FEW,
    FEW,
    st.sampled_from([Kind.FLOAT, Kind.STRING]),
    st.dictionaries(st.sampled_from(["node", "space", "host", STOCK, "t", "u"]), FEW),
)
SELECT = st.builds(
    Selector,
    measurement=st.sampled_from(["", "a", "b"]),
    fields=st.lists(FEW, max_size=2).map(tuple),
    nodes=st.lists(FEW, max_size=2).map(tuple),
    tags=st.dictionaries(
        st.sampled_from(["t", "host", "node", "space"]), st.lists(FEW, max_size=2).map(tuple)
    ),
)
SCOPE = st.one_of(
    st.none(),
    st.builds(Scope, st.none() | st.frozensets(FEW, max_size=1), st.frozensets(FEW, max_size=2)),
)
STEP = st.one_of(
    st.tuples(st.just("add"), st.lists(SOME, max_size=6)),
    st.tuples(st.just("drop"), st.lists(SOME, max_size=6)),
    st.tuples(st.just("remove"), FEW),
    st.tuples(st.just("untag"), FEW),
    st.tuples(st.just("renew"), st.none()),
)


class Model:
    """A set of series."""

    def __init__(self):
        self.series = set()

    def take(self, what, some):
        if what == "add":
            self.series |= set(some)
        elif what == "drop":
            self.series -= set(some)
        elif what in ("remove", "untag"):
            key = "node" if what == "remove" else STOCK
            self.series = {one for one in self.series if (key, some) not in one.tags}

    def find(self, select, scope):
        return sorted(
            (one for one in self.series if _matches(one, select, scope)),
            key=lambda one: (one.measurement, one.tags, one.field, one.kind),
        )

    def name_bytes(self, node):
        own = [one for one in self.series if dict(one.tags).get("node") == node]
        tags = {one.tags for one in own}
        return sum(map(bytes_of_name, own)) + sum(map(bytes_of_tags, tags))

    def tag_values(self, stock, measurement):
        found = {}
        for one in self.series:
            if (STOCK, stock) in one.tags and one.measurement == measurement:
                for key, value in one.tags:
                    if key not in ("node", "space", STOCK):
                        found.setdefault(key, set()).add(value)
        return found


def _matches(one, select, scope):
    tags = dict(one.tags)
    return (
        (not select.measurement or one.measurement == select.measurement)
        and (not select.fields or one.field in select.fields)
        and (not select.nodes or tags.get("node") in select.nodes)
        and all(not values or tags.get(key) in values for key, values in select.tags.items())
        and (scope is None or scope.holds(tags.get("space", ""), tags.get("node", "")))
    )


def apply(index, what, some):
    if what == "add":
        index.take_in(index.look(some))
    elif what == "drop":
        wanted = set(some)
        found = [ref for ref in find(index, Selector(), None) if ref.series in wanted]
        index.remove(index.rows_of(found))
    elif what == "remove":
        index.remove(index.rows_of_node(some))
    elif what == "untag":
        index.remove(index.rows_tagged(STOCK, some))
    elif what == "renew":
        return renewed(index)
    return index


@settings(max_examples=150, deadline=None)
@given(st.lists(STEP, max_size=8), st.lists(st.tuples(SELECT, SCOPE), max_size=4))
def test_the_index_answers_as_a_set_that_is_looked_through(steps, questions):
    index, model = SeriesIndex(), Model()
    for what, some in steps:
        index.values_written("a", "a")  # from here on it is told of what comes
        index = apply(index, what, some)
        model.take(what, some)

    for select, scope in [(Selector(), None), *questions]:
        found = [ref.series for ref in find(index, select, scope)]
        assert found == model.find(select, scope)
        assert len(found) <= reach(index, select)
    assert index.total == len(model.series)
    for one in "abc":
        assert index.series_of(one) == sum(("node", one) in each.tags for each in model.series)
        assert index.name_bytes_of(one) == model.name_bytes(one)
        in_space = {each for each in model.series if ("space", one) in each.tags}
        assert {ref.series for ref in refs_of(index, rows_of_space(index, one))} == in_space
        sent = {each.measurement for each in in_space if STOCK not in dict(each.tags)}
        assert index.measurements(one) == sent
        assert index.values_written("a", one) == model.tag_values("a", one)
        rows = index.rows_tagged("t", one, "b")
        assert {ref.series for ref in refs_of(index, rows)} == {
            each for each in model.series if ("t", one) in each.tags and each.measurement == "b"
        }
    assert index.values_of("t") == {
        value for each in model.series for key, value in each.tags if key == "t"
    }


def test_what_matches_too_often_is_counted_before_it_is_made():
    index = SeriesIndex()
    index.take_in(index.look([series_of("m", f"f{at}") for at in range(9)]))

    assert reach(index, Selector(measurement="m")) == 9
    assert reach(index, Selector(measurement="m", fields=("f1", "f2"))) == 2
    with pytest.raises(LimitExceeded, match="more than 8 series match, at most 8"):
        find(index, Selector(measurement="m"), None, 8)

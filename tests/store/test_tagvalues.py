"""How many values tags have, and which has the most."""

from muster.model.metric import Kind, Series
from muster.ports.series import SeriesRef
from muster.store.tagvalues import TagValues, offender, written_tags


def series(measurement="m", **tags):
    stamped = {"db": "d", "node": "s1", "rp": "r", "space": "x", "stock": "s1", **tags}
    return Series(measurement, tuple(sorted(stamped.items())), "v", Kind.FLOAT)


def refs(*some):
    return [SeriesRef(at, 1, one) for at, one in enumerate(some)]


def test_tags_of_the_hub_are_not_among_those_that_were_written():
    one = series(host="a", _node="mine", __x="y")

    assert dict(written_tags(one.tags)) == {"host": "a", "node": "mine", "__x": "y"}


def test_values_are_counted_when_they_are_first_asked_for_and_as_they_come():
    known = refs(series(t="1"), series(t="2"), series("other", t="9"))
    values = TagValues(lambda stock, name: [ref for ref in known if ref.series.measurement == name])
    assert values.of("s1", "m") == {"t": {"1", "2"}}
    values.add("s1", series(t="3", u="x"))
    values.add("s1", series("never asked", t="3"))

    assert values.of("s1", "m") == {"t": {"1", "2", "3"}, "u": {"x"}}


def test_where_series_go_they_are_counted_anew():
    known = refs(series(t="1"), series(t="2"))
    values = TagValues(lambda stock, name: known)
    values.of("s1", "m")
    del known[0]
    values.forget("s1", "m")

    assert values.of("s1", "m") == {"t": {"2"}}


def test_the_offender_is_the_tag_with_the_most_values():
    some = refs(*(series(request=str(at), host="a") for at in range(5)))
    others = refs(series("n", t="1"), series("n", t="2"))
    found = offender([others, some])

    assert found == ("m", "request", 5)
    assert found.text == 'tag "request" of measurement "m" has 5 values'
    assert offender([]) is None

"""How many values tags have, and which has the most."""

from muster.store.catalogue.tagvalues import TagValues, offender, written_tags


def tags(**written):
    stamped = {"db": "d", "node": "s1", "rp": "r", "space": "x", "stock": "s1", **written}
    return sorted(stamped.items())


def test_tags_of_the_hub_are_not_among_those_that_were_written():
    found = dict(written_tags(tags(host="a", _node="mine", __x="y")))

    assert found == {"host": "a", "node": "mine", "__x": "y"}


def test_values_are_counted_when_they_are_first_asked_for_and_as_they_come():
    known = {"m": [*tags(t="1"), *tags(t="2")], "other": tags(t="9")}
    values = TagValues(lambda stock, name: known[name])
    assert not values.knows("s1", "m")
    assert values.of("s1", "m") == {"t": {"1", "2"}}
    values.add("s1", "m", tags(t="3", u="x"))
    values.add("s1", "never asked", tags(t="3"))

    assert values.of("s1", "m") == {"t": {"1", "2", "3"}, "u": {"x"}}
    assert values.knows("s1", "m")
    assert not values.knows("s1", "never asked")


def test_where_series_go_they_are_counted_anew():
    known = [tags(t="1"), tags(t="2")]
    values = TagValues(lambda stock, name: [tag for some in known for tag in some])
    values.of("s1", "m")
    del known[0]
    values.forget("s1", "m")

    assert values.of("s1", "m") == {"t": {"2"}}


def test_the_offender_is_the_tag_with_the_most_values():
    some = [tag for at in range(5) for tag in tags(request=str(at), host="a")]
    found = offender([("n", [*tags(t="1"), *tags(t="2")]), ("m", some)])

    assert found == ("m", "request", 5)
    assert found.text == 'tag "request" of measurement "m" has 5 values'
    assert offender([]) is None

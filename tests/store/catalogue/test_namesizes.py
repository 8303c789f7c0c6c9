"""What names take."""

from muster.model.influx import STOCK
from muster.store.catalogue.names import tags_text
from muster.store.catalogue.namesizes import (
    bytes_of_name,
    bytes_of_tags,
    most_of_tags,
    text_of_tags,
)
from muster.testing.cohorts import series_of


def test_a_tag_that_the_hub_gives_takes_less_of_what_a_node_may_have():
    given = (("db", "d"), ("node", "n"), ("rp", "autogen"), ("space", "s"), (STOCK, "x"))
    written = tuple((f"{key}x", value) for key, value in given)

    assert bytes_of_tags(given) * 4 < bytes_of_tags(written)
    assert bytes_of_tags((("host", "h"),)) == bytes_of_tags((("disk", "d"),))  # a writer's own


def test_text_beyond_ascii_takes_what_it_takes_at_most():
    assert text_of_tags((("a", "ää"),)) == 9
    assert bytes_of_name(series_of("mm", "ä")) == 6


def test_no_tag_set_takes_more_than_its_text_tells():
    for tags in ((), (("a", "b"),), (("node", "n"), ("x,y", "ä=\\"))):
        assert bytes_of_tags(tags) <= most_of_tags(len(tags), tags_text(tags))

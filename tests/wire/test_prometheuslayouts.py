import pytest

from muster.errors import InputError
from muster.model.metric import Kind, Layout, Series
from muster.wire.prometheuslayouts import LayoutBook
from muster.wire.prometheusparts import RemoteLimits

TAGS = (("job", "node"),)


def test_the_same_series_has_the_same_layout():
    book = LayoutBook(RemoteLimits())

    made = book.layout("up", TAGS)
    assert made == Layout((Series("up", TAGS, "value", Kind.FLOAT),))
    assert book.layout("up", TAGS) is made


@pytest.mark.parametrize("tags", [TAGS * 3, (("job", "x" * 65_600),)], ids=len)
def test_a_series_over_a_limit_is_refused(tags):
    with pytest.raises(InputError):
        LayoutBook(RemoteLimits(labels=2)).layout("up", tags)


def test_too_many_are_forgotten_between_requests():
    book = LayoutBook(RemoteLimits(remembered=1))
    made = book.layout("up", TAGS)
    book.layout("down", TAGS)
    book.trim()

    assert book.layout("up", TAGS) is not made

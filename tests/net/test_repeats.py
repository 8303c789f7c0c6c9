"""Requests told by their bytes."""

import pytest

from muster.net import repeats as module
from muster.net.http import Repeat
from muster.net.repeats import Repeats

BEGIN = b"GET /q?"
END = b" HTTP/1.1\r\nHost: h\r\n\r\n"
FIRST = BEGIN + b"a=17&b=1800&c" + END
PLACES = (slice(2, 4), slice(7, 11))


def kept(data=FIRST, places=PLACES):
    known = Repeats()
    known.keep(data, len(BEGIN), Repeat(places, list))
    return known


def numbers(known, data):
    found = known.find(data)
    return None if found is None else list(found[1])


def test_others_are_like_it_but_for_their_numbers():
    known = kept()

    assert numbers(known, FIRST) == [17, 1800]
    assert numbers(known, FIRST.replace(b"17", b"99").replace(b"1800", b"1000")) == [99, 1000]


@pytest.mark.parametrize(
    "other",
    [
        FIRST.replace(b"17", b"07"),
        FIRST.replace(b"17", b"1x"),
        FIRST.replace(b"17", b"+1"),
        FIRST.replace(b"17", b"170"),
        FIRST.replace(b"17", b"1 "),
        FIRST.replace(b"17&", b"171"),
        FIRST.replace(b"&c", b"&d"),
        FIRST.replace(b"/q", b"/p"),
        FIRST.replace(b"Host: h", b"Host: i"),
        FIRST[:-1],
        FIRST + b"x",
        FIRST + FIRST,
        b"",
    ],
)
def test_what_differs_in_more_is_another(other):
    assert numbers(kept(), other) is None


def test_one_without_numbers_is_the_same_or_another():
    known = kept(places=())

    assert numbers(known, FIRST) == []
    assert numbers(known, FIRST.replace(b"17", b"18")) is None


def test_some_of_one_size_are_told_apart():
    known, other = kept(), FIRST.replace(b"&c", b"&d")
    known.keep(other, len(BEGIN), Repeat(PLACES[:1], tuple))

    assert numbers(known, FIRST) == [17, 1800]
    assert numbers(known, other) == [17]
    known.drop(known.find(FIRST)[0])
    assert (numbers(known, FIRST), numbers(known, other)) == (None, [17])
    known.drop(known.find(other)[0])
    assert numbers(known, other) is None


def test_no_more_are_kept_than_may_be(monkeypatch):
    monkeypatch.setattr(module, "_MOST", 2)
    known, every = Repeats(), [FIRST + b"x" * more for more in range(3)]
    for data in every:
        known.keep(data, len(BEGIN), Repeat(PLACES, list))

    assert [numbers(known, data) for data in every] == [None, None, [17, 1800]]

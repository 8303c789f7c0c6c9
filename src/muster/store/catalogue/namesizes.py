"""What names take in memory, nearly: what a node may have of them is bounded by it."""

from functools import lru_cache

from muster.model.influx import STOCK
from muster.model.metric import Series, Tags
from muster.store.catalogue.names import memory_of

_PAIR = 320  # bytes that a tag takes beside its text where series are at work with it
_GIVEN = 80  # that one takes which the hub gives: its texts are the same for many series
_OF_HUB = frozenset(("db", "node", "rp", "space", STOCK))


def bytes_of_tags(tags: Tags) -> int:
    """Memory that a tag set takes, nearly."""
    return sum(map(bytes_of_tag, tags))


def most_of_tags(tags: int, text: str) -> int:
    """Memory that so many tags with such a canonical text take at most."""
    return _PAIR * tags + memory_of(text)


def text_of_tags(tags: Tags) -> int:
    """Bytes of a tag set's keys and values alone, at most."""
    return sum(map(_text_of_tag, tags))


@lru_cache(maxsize=16_384)
def bytes_of_tag(tag: tuple[str, str]) -> int:
    """Remembered, as the tags of neighbours are mostly the same."""
    return _GIVEN if tag[0] in _OF_HUB else _text_of_tag(tag) + _PAIR


@lru_cache(maxsize=16_384)
def _text_of_tag(tag: tuple[str, str]) -> int:
    return memory_of(tag[0]) + memory_of(tag[1])


def bytes_of_name(series: Series) -> int:
    """Memory that measurement and field take, nearly."""
    return memory_of(series.measurement) + memory_of(series.field)

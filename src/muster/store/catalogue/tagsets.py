"""Tag sets as numbers: each tag of any of them once, and for each set the numbers of its tags.

A set that has no series any more keeps its number until the index is made anew, and has it again
when it comes again.
"""

from array import array
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from muster.model.influx import STOCK
from muster.model.metric import Tags
from muster.ports.series import I64, U64
from muster.store.catalogue.columns import NONE, U32, Column, firsts, number_table, spread
from muster.store.catalogue.names import hash_of, named, tag_text
from muster.store.catalogue.namesizes import bytes_of_tag

try:
    from muster.store.catalogue import _tagsets  # type: ignore[attr-defined]  # compiled, no stub
except ImportError:  # no compiler here: this file does the work
    _tagsets = None

COMPILED = _tagsets is not None

Tag = tuple[str, str]
NODE, SPACE, HOST = "node", "space", "host"
_OWN_KEYS = (NODE, SPACE, STOCK, HOST)  # of which each set has the tag's number at hand


class TagNumbers:
    """Every tag once. Numbers are dense."""

    def __init__(self) -> None:
        self.tags: list[Tag] = []
        self.by_tag: dict[Tag, int] = {}
        self.keys = {key: at for at, key in enumerate(_OWN_KEYS)}
        self.key_of: Column[np.uint32] = Column(np.uint32)
        self.sizes: Column[np.uint32] = Column(np.uint32)

    def take_in(self, tags: Iterable[Tag]) -> list[int]:
        """The numbers of tags, new ones where they are new."""
        before = len(self.tags)
        numbers = [_number_of(tag, self.by_tag, self.tags) for tag in tags]
        self.settle(before)
        return numbers

    def take_in_sets(self, sets: list[Tags]) -> tuple[U32, I64]:
        """The numbers of the tags of sets behind each other, and how many each has."""
        before = len(self.tags)
        numbers_of = numbers_plainly if _tagsets is None else _tagsets.numbers_of
        own, lengths = numbers_of(sets, self.by_tag, self.tags)
        self.settle(before)
        return np.frombuffer(own, np.uint32), np.frombuffer(lengths, np.int64)

    def settle(self, before: int) -> None:
        """Note what is to be known of tags from some number on."""
        if before == len(self.tags):
            return
        new = self.tags[before:]
        keys = [self.keys.setdefault(key, len(self.keys)) for key, _ in new]
        self.key_of.extend(np.array(keys, np.uint32))
        self.sizes.extend(np.array([min(bytes_of_tag(tag), NONE) for tag in new], np.uint32))

    def of_key(self, key: str) -> I64:
        """All tags with a key."""
        return np.flatnonzero(self.key_of.all == self.keys.get(key, NONE))


def numbers_plainly(
    sets: list[Tags], by_tag: dict[Tag, int], tags: list[Tag]
) -> tuple["array[int]", "array[int]"]:
    """The numbers of the tags of sets, and their lengths; what is new goes to both collections."""
    own = array("I", [_number_of(tag, by_tag, tags) for one in sets for tag in one])
    return own, array("q", map(len, sets))


def _number_of(tag: Tag, by_tag: dict[Tag, int], tags: list[Tag]) -> int:
    number = by_tag.get(tag)
    if number is None:
        number = by_tag[tag] = len(tags)
        tags.append(tag)
    return number


class Looked(NamedTuple):
    """Tag sets that somebody asks about. `numbers`: -1 for those that are new."""

    tags: list[Tags]
    texts: list[str]
    hashes: U64
    salts: dict[int, int]  # by place, of those that had to be salted
    numbers: I64


class TagSets:
    """All tag sets that have, or had, series."""

    def __init__(self) -> None:
        self.tags = TagNumbers()
        self.hashes: Column[np.uint64] = Column(np.uint64)
        self.salts: dict[int, int] = {}  # of sets whose hash without one was another's
        self._salted: dict[Tags, int] = {}  # their numbers: that other may be gone now
        self.series: Column[np.uint32] = Column(np.uint32)  # how many each has
        self._own: Column[np.uint32] = Column(np.uint32)  # a word of each of _OWN_KEYS for each
        self._starts: Column[np.uint32] = Column(np.uint32)
        self._starts.extend(np.zeros(1, np.uint32))
        self._numbers: Column[np.uint32] = Column(np.uint32)  # of the tags of all sets
        self._table = number_table()

    @property
    def total(self) -> int:
        return self.hashes.size

    def own(self, key: str) -> U32:
        """For each set the number of its tag `node`, `space`, `stock` or `host`; or NONE."""
        return self._own.all.reshape(-1, len(_OWN_KEYS))[:, _OWN_KEYS.index(key)]

    def pieces(self, numbers: I64) -> tuple[U32, I64]:
        """The numbers of the tags of some sets behind each other, and how many each has."""
        starts = self._starts.all
        first = starts[numbers].astype(np.int64)
        lengths = starts[numbers + 1].astype(np.int64) - first
        return self._numbers.all[spread(first, lengths)], lengths

    @property
    def every_piece(self) -> tuple[I64, U32]:
        """How many tags each set has, and their numbers behind each other."""
        starts = self._starts.all.astype(np.int64)
        return starts[1:] - starts[:-1], self._numbers.all

    def tags_of(self, number: int) -> Tags:
        starts, tags = self._starts.all, self.tags.tags
        own = self._numbers.all[starts[number] : starts[number + 1]]
        return tuple([tags[one] for one in own.tolist()])

    def texts_of(self, numbers: I64) -> list[str]:
        """The canonical texts of some sets. Any thread, while the sets stay."""
        own, lengths = self.pieces(numbers)
        every = own.tolist()
        parts = {one: tag_text(self.tags.tags[one]) for one in set(every)}
        texts, at = list(map(parts.__getitem__, every)), 0
        found = []
        for length in lengths.tolist():
            found.append(",".join(texts[at : at + length]))
            at += length
        return found

    def sizes(self, numbers: I64) -> I64:
        """Bytes that the names of some sets take, nearly."""
        own, lengths = self.pieces(numbers)
        ends = np.append(0, np.cumsum(self.tags.sizes.all[own].astype(np.int64)))
        after = np.cumsum(lengths)
        sizes: I64 = ends[after] - ends[after - lengths]
        return sizes

    def with_hashes(self, hashes: U64) -> I64:
        """Which sets have some hashes; -1 for none."""
        return self._table.find(hashes, self.hashes.all)

    def look(self, tags: list[Tags]) -> Looked:
        """What is known of some tag sets."""
        texts, hashes = named(tags)
        looked = Looked(tags, texts, hashes, {}, self.with_hashes(hashes))
        for place, one in enumerate(tags) if self._salted else ():
            if one in self._salted:
                self._look_salted(looked, place, self.salts[self._salted[one]])
        for place in (looked.numbers >= 0).nonzero()[0].tolist():
            if self.tags_of(int(looked.numbers[place])) != tags[place]:
                self._look_salted(looked, place, 1)
        return looked

    def note_salt(self, number: int, tags: Tags, salt: int) -> None:
        """A set that is taken in now has its hash with a salt."""
        self.salts[number], self._salted[tags] = salt, number

    def _look_salted(self, looked: Looked, place: int, salt: int) -> None:
        """Find a set by hashes from a salt on, or the first of them that is free."""
        while True:
            looked.hashes[place] = hash_of(looked.texts[place], salt)
            number = int(self.with_hashes(looked.hashes[place : place + 1])[0])
            if number < 0 or self.tags_of(number) == looked.tags[place]:
                break
            salt += 1
        looked.salts[place], looked.numbers[place] = salt, number

    def look_salted(self, tags: Tags, salt: int) -> Looked:
        """One that was stored under a salt."""
        looked = self.look([tags])
        if looked.numbers[0] < 0 and salt > looked.salts.get(0, 0):
            self._look_salted(looked, 0, salt)
        return looked

    def take_in(self, looked: Looked) -> I64:
        """The numbers of all that was looked at, with what is new taken in."""
        numbers = looked.numbers.copy()
        new = (numbers < 0).nonzero()[0]
        if len(set(looked.hashes[new].tolist())) < len(new):  # a set twice, or two with one hash
            for place in new.tolist():
                one = self.look([looked.tags[place]])
                salt = looked.salts.get(place, 0)
                if one.numbers[0] < 0 and salt > one.salts.get(0, 0):
                    self._look_salted(one, 0, salt)
                numbers[place] = self.take_in(one)[0]
            return numbers
        if not len(new):
            return numbers
        places = new.tolist()
        numbers[new] = np.arange(self.total, self.total + len(new))
        for place, salt in looked.salts.items():
            if looked.numbers[place] < 0:
                self.note_salt(int(numbers[place]), looked.tags[place], salt)
        own, lengths = self.tags.take_in_sets([looked.tags[place] for place in places])
        self.extend(looked.hashes[new], lengths, own)
        return numbers

    def extend(self, hashes: U64, lengths: I64, own: Sequence[int] | U32) -> None:
        """Take in sets that are new, with the numbers of their tags behind each other."""
        numbers = np.array(own, np.uint32)
        few = len(_OWN_KEYS)
        self._own.extend(firsts(numbers, lengths, self.tags.key_of.all, few))
        self._starts.extend(int(self._starts.all[-1]) + np.cumsum(lengths))
        self._numbers.extend(numbers)
        self.series.extend(np.zeros(len(hashes), np.uint32))
        self.hashes.extend(hashes)
        self._table.extend(self.hashes.all)

"""Tag sets as numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.store.catalogue import tagsets as module
from muster.store.catalogue.names import hash_of, named, tags_text
from muster.store.catalogue.tagsets import HOST, NODE, TagSets

ONE, TWO = (("cpu", "1"), ("node", "n")), (("host", "h"), ("node", "n"))


@pytest.fixture
def same_hashes(monkeypatch):
    """All texts have one hash."""
    same = named([(("all", "same"),)])[1]
    monkeypatch.setattr(module, "hash_of", lambda text, salt=0: hash_of("all=same", salt))
    monkeypatch.setattr(module, "named", lambda sets: (named(sets)[0], same.repeat(len(sets))))


def test_tag_sets_have_numbers_and_keep_them():
    sets = TagSets()
    first = sets.take_in(sets.look([ONE, TWO, ()]))
    again = sets.take_in(sets.look([TWO, ONE]))

    assert first.tolist() == [0, 1, 2]
    assert again.tolist() == [1, 0]
    assert [sets.tags_of(number) for number in range(3)] == [ONE, TWO, ()]
    assert sets.with_hashes(named([TWO, (("x", "y"),)])[1]).tolist() == [1, -1]
    assert sets.tags.tags == [("cpu", "1"), ("node", "n"), ("host", "h")]


@pytest.mark.skipif(not module.COMPILED, reason="nothing is compiled here")
@given(st.lists(st.lists(st.tuples(st.text(max_size=2), st.sampled_from("ab"))).map(tuple)))
def test_both_twins_number_tags_alike(sets):
    compiled, pure = ({ONE[0]: 0}, [ONE[0]]), ({ONE[0]: 0}, [ONE[0]])
    again = [*sets, *sets, (*ONE, *TWO)]

    assert module._tagsets.numbers_of(again, *compiled) == module.numbers_plainly(again, *pure)
    assert compiled == pure


def test_to_look_changes_nothing():
    sets = TagSets()

    assert sets.look([ONE]).numbers.tolist() == [-1]
    assert sets.total == len(sets.tags.tags) == 0


def test_a_set_that_comes_twice_is_taken_in_once():
    sets = TagSets()

    assert sets.take_in(sets.look([ONE, TWO, tuple(ONE)])).tolist() == [0, 1, 0]
    assert sets.total == 2


def test_sets_have_the_texts_that_they_were_made_of():
    sets, odd = TagSets(), (("a=b", "c,d"), ("node", "\\"))
    sets.take_in(sets.look([ONE, odd, ()]))

    assert sets.texts_of(np.array([2, 1, 0, 1])) == list(map(tags_text, [(), odd, ONE, odd]))


def test_tags_that_are_asked_for_often_are_at_hand():
    sets = TagSets()
    sets.take_in(sets.look([ONE, TWO]))
    tags = sets.tags.tags

    assert [tags[number] for number in sets.own(NODE).tolist()] == [("node", "n")] * 2
    assert sets.own(HOST).tolist() == [module.NONE, tags.index(("host", "h"))]
    assert sets.sizes(np.array([1, 0, 1])).tolist() == [
        sum(map(module.bytes_of_tag, one)) for one in (TWO, ONE, TWO)
    ]


@pytest.mark.usefixtures("same_hashes")
def test_sets_with_the_hash_of_another_are_salted_whether_they_come_together_or_not():
    sets = TagSets()
    together = sets.take_in(sets.look([ONE, TWO]))
    later = sets.take_in(sets.look([(("x", "y"),), ONE, TWO]))

    assert together.tolist() == [0, 1]
    assert later.tolist() == [2, 0, 1]
    assert sets.salts == {1: 1, 2: 2}
    assert sets.hashes.all.tolist() == [hash_of("all=same", salt) for salt in range(3)]


def test_a_set_that_was_salted_stays_so_when_the_other_is_not_there():
    sets = TagSets()
    sets.take_in(sets.look_salted(ONE, 3))

    assert sets.look([ONE]).numbers.tolist() == [0]
    assert sets.look_salted(ONE, 0).salts == {0: 3}
    assert sets.hashes.all.tolist() == [hash_of("cpu=1,node=n", 3)]

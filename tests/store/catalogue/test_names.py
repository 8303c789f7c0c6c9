"""Canonical texts and hashes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.model.metric import sorted_tags
from muster.store.catalogue import names
from muster.store.catalogue.names import (
    field_text,
    hash_of,
    hash_plainly,
    named,
    named_plainly,
    parse_tags,
    signed,
    tag_text,
    tags_text,
    tags_text_plainly,
    unsigned,
)

texts = st.text(alphabet=st.sampled_from("ab=,\\ \n🙂"), min_size=1, max_size=6)
tag_sets = st.dictionaries(texts, texts, max_size=4).map(sorted_tags)


@given(tag_sets)
def test_a_tag_set_comes_back_from_its_text(tags):
    assert parse_tags(tags_text(tags)) == tags


def test_tag_sets_that_are_read_share_their_tags():
    first, second = parse_tags("a=1,b=2"), parse_tags("b=2,c=3")

    assert first[1] is second[0]


@given(st.lists(tag_sets, min_size=2, max_size=2, unique=True))
def test_two_tag_sets_never_share_a_text(pair):
    assert tags_text(pair[0]) != tags_text(pair[1])


@given(st.lists(st.tuples(texts, texts), min_size=2, max_size=2, unique=True))
def test_two_fields_never_share_a_text(pair):
    assert field_text(*pair[0]) != field_text(*pair[1])


@given(st.integers(0, 2**64 - 1))
def test_a_hash_survives_being_signed(number):
    assert -(2**63) <= signed(number) < 2**63
    assert unsigned(signed(number)) == number


def test_a_hash_is_the_same_in_every_release():
    assert tags_text((("cpu", "cpu0"), ("host", "a=b"))) == "cpu=cpu0,host=a\\=b"
    assert hash_of("cpu=cpu0") == 0x184695AF14B606AE
    assert hash_of("cpu=cpu0", 1) != hash_of("cpu=cpu0")


@given(st.lists(st.tuples(texts, texts), max_size=4))
def test_texts_are_escaped_only_where_they_have_to_be(tags):
    def escape(text):
        return text.replace("\\", "\\\\").replace(",", "\\,").replace("=", "\\=")

    assert tags_text(tuple(tags)) == ",".join(f"{escape(k)}={escape(v)}" for k, v in tags)


both = pytest.mark.parametrize("compiled", [names._names, None])


@given(st.lists(tag_sets))
def test_both_twins_make_the_same_of_many_tag_sets(some):
    texts, hashes = named(some)
    plain_texts, plain_hashes = named_plainly(some)

    assert texts == plain_texts
    assert hashes.tolist() == plain_hashes.tolist()
    assert hashes.dtype == plain_hashes.dtype
    assert texts == [tags_text(one) for one in some] == [tags_text_plainly(one) for one in some]


@given(st.text(max_size=400) | st.integers(0, 600).map("x".__mul__))
def test_both_twins_hash_texts_of_any_length_alike(text):
    assert hash_of(text) == hash_plainly(text)


@both
def test_what_is_not_ascii_comes_between_what_is(compiled, monkeypatch):
    monkeypatch.setattr(names, "_names", compiled)
    some = [(("a", "1"),), (("ä", "1"),), (("a", "2"),), ()]
    texts, hashes = named(some)

    assert texts == ["a=1", "ä=1", "a=2", ""]
    assert hashes.tolist() == [hash_plainly(text) for text in texts]
    assert [tags_text(one) for one in some] == texts
    assert hash_of("ä=1", 2) == hash_plainly("ä=1\0002")


@given(tag_sets)
def test_a_text_is_the_parts_of_its_tags(tags):
    assert tags_text(tags) == ",".join(map(tag_text, tags))

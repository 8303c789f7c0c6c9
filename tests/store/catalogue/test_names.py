"""Canonical texts and hashes."""

from hypothesis import given
from hypothesis import strategies as st

from muster.model.metric import sorted_tags
from muster.store.catalogue.names import (
    field_text,
    hash_of,
    parse_tags,
    signed,
    tags_text,
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

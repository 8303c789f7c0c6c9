import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import InputError
from muster.model.base64url import format_base64url
from muster.wire.checkedtext import checksum, encode, form_of, is_sound


@given(st.binary(min_size=32, max_size=32))
def test_a_text_is_of_its_form_and_sound(random):
    text = encode("x1_", random, "a secret").reveal()

    assert form_of("x1_").fullmatch(text)
    assert is_sound(text)
    assert text[3:46] == format_base64url(random)


@given(st.binary(min_size=32, max_size=32), st.integers(3, 52), st.sampled_from("ab27_-Z"))
def test_one_wrong_character_is_noticed(random, place, mark):
    text = encode("x1_", random, "a secret").reveal()
    slipped = text[:place] + mark + text[place + 1 :]

    assert is_sound(slipped) == (slipped == text)


def test_a_prefix_is_taken_to_the_letter():
    text = encode("x1.", bytes(32), "a secret").reveal()

    assert form_of("x1.").fullmatch(text)
    assert not form_of("x1.").fullmatch(text.replace(".", "_"))


def test_the_checksum_is_that_of_zip_and_ethernet():
    assert checksum("123456789") == "zp2dsjq"  # CRC-32 0xcbf43926


def test_a_secret_has_256_bits():
    with pytest.raises(InputError, match="a secret is 32 random bytes, not 5"):
        encode("x1_", b"short", "a secret")

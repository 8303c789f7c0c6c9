"""The form of API tokens."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import InputError, Unauthenticated
from muster.log import Secret
from muster.wire.apitoken import BadApiToken, encode_api_token, read_api_token

SOUND = encode_api_token(bytes(range(32))).reveal()


def test_a_token_has_the_form_of_its_page():
    assert re.fullmatch(r"mat1_[A-Za-z0-9_-]{43}[a-z2-7]{7}", SOUND)
    assert SOUND.startswith("mat1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")


@given(st.binary(min_size=32, max_size=32))
def test_what_was_written_is_read(random):
    text = encode_api_token(random)

    assert read_api_token(text).reveal() == text.reveal()


@given(st.integers(0, len(SOUND) - 1), st.characters())
def test_one_wrong_character_is_found(place, character):
    text = SOUND[:place] + character + SOUND[place + 1 :]
    if text != SOUND:
        with pytest.raises(BadApiToken):
            read_api_token(Secret(text))


@given(st.text(max_size=200))
def test_any_other_text_is_refused_and_never_quoted(text):
    with pytest.raises(BadApiToken) as refusal:
        read_api_token(Secret("mat1_" + text))

    assert len(text) < 12 or text not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "begins with mat1_"),
        ("mst1.abc.def", "claim token, for machines"),
        (SOUND[:-1], "cut off"),
        (SOUND + "\n", "a character too many"),
        (SOUND[:-1] + ("a" if SOUND[-1] != "a" else "b"), "mistyped"),
    ],
)
def test_a_slip_is_told_from_a_refusal(text, told):
    with pytest.raises(BadApiToken, match=told) as refusal:
        read_api_token(Secret(text))

    assert isinstance(refusal.value, Unauthenticated)


def test_a_token_is_made_of_256_bits():
    with pytest.raises(InputError, match="32 random bytes, not 31"):
        encode_api_token(bytes(31))

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.log import Secret
from muster.model.ids import TokenId
from muster.wire.claimtoken import BadToken
from muster.wire.netdata.token import LENGTH, decode, encode, is_token

ID = TokenId("a2b3c4d5e6f7g2h3")
SECRET = "AZaz09_-" * 5 + "abc"
CHECK = "hNP5wtR4zYMgnV7OWWvLEgTxTkKs3AjIaVuraOgvUl70mrLBp9LVdSh4QX1-N5a9x_je6bai"
TEXT = encode(ID, Secret(SECRET)).reveal()


def test_a_token_is_135_characters_of_their_alphabet():
    assert re.fullmatch(r"[A-Za-z0-9_-]{135}", TEXT)
    assert LENGTH == 135


def test_its_bytes_stay_what_they_are():
    assert TEXT[:63] == f"mnt1{ID}{SECRET}"
    assert TEXT[63:] == CHECK


def test_id_and_secret_come_back():
    token_id, secret = decode(f"  {TEXT}\n")

    assert (token_id, secret.reveal()) == (ID, SECRET)


@given(st.integers(0, LENGTH - 1), st.sampled_from("abAB09_-"))
def test_any_changed_character_is_found(place, other):
    if TEXT[place] != other:
        with pytest.raises(BadToken):
            decode(TEXT[:place] + other + TEXT[place + 1 :])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "begins with mnt1"),
        ("mst1.x", "begins with mnt1"),
        (TEXT[:-1], "has 134 characters"),
        (TEXT + "x", "has 136 characters"),
        (TEXT[:70] + "." + TEXT[71:], "mistyped"),
        (TEXT[:10] + "\N{SNOWMAN}" + TEXT[11:], "mistyped"),
    ],
)
def test_a_slip_is_named_and_nothing_quoted(text, why):
    with pytest.raises(BadToken, match=why) as caught:
        decode(text)

    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(("id", "secret"), [("short", SECRET), (ID, "short"), (ID, "." * 43)])
def test_what_is_no_id_or_secret_makes_no_token(id, secret):
    with pytest.raises(BadToken):
        encode(TokenId(id), Secret(secret))


def test_a_token_is_known_by_its_beginning():
    assert is_token(TEXT)
    assert is_token(" mnt1")
    assert not is_token("mst1.x")

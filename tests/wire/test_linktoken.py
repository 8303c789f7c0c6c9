"""The text of a public link."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import InputError
from muster.log import Secret
from muster.wire.linktoken import PREFIX, BadLink, encode_link, read_link


@given(st.binary(min_size=32, max_size=32))
def test_a_link_is_read_back(random):
    text = encode_link(random)

    assert read_link(text) is text
    assert text.reveal().startswith(PREFIX)


@given(st.integers(0, 54), st.sampled_from("ab27_-Z"))
def test_a_slip_of_the_hand_is_noticed(place, mark):
    plain = encode_link(bytes(range(32))).reveal()
    slipped = plain[:place] + mark + plain[place + 1 :]

    if slipped != plain:
        with pytest.raises(BadLink):
            read_link(Secret(slipped))


@pytest.mark.parametrize("text", ["", "mdl1.", "mat1_x", "x" * 500])
def test_what_is_no_link_is_told_without_quoting_it(text):
    with pytest.raises(BadLink) as told:
        read_link(Secret(text))

    assert len(text) < 6 or text not in str(told.value)


def test_a_link_has_256_bits():
    with pytest.raises(InputError):
        encode_link(b"short")

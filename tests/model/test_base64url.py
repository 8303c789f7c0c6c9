"""Base64url goes there and back, and what is none is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import InputError
from muster.model.base64url import format_base64url, parse_base64url


@given(st.binary(max_size=100))
def test_bytes_go_there_and_back_without_padding(data):
    assert parse_base64url(format_base64url(data)) == data
    assert "=" not in format_base64url(data)


def test_the_alphabet_is_that_of_addresses():
    assert format_base64url(b"\xfb\xff\xfe") == "-__-"


@pytest.mark.parametrize("text", ["ä", "A", "AA A", "AA\n", "A===="])
def test_what_is_no_base64url_is_refused_and_not_quoted(text):
    with pytest.raises(InputError) as refused:
        parse_base64url(text)

    assert str(refused.value) == "not base64url"

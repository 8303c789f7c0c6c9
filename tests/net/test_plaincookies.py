"""What is read of cookies here is what the HTTP library reads; the rest is left to it."""

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from muster.net.plaincookies import plain_cookies


def test_a_browsers_cookies_are_read():
    assert plain_cookies("__Host-muster=abc_-9; theme=dark") == {
        "__Host-muster": "abc_-9",
        "theme": "dark",
    }


@pytest.mark.parametrize(
    "text",
    ["", "a", "a=b;c=d", "a=b; a=c", 'a="b"', "a=b c", "a=b,c", "=b", "a=\u00e4", "a=b; ", "a=\\1"],
)
def test_other_kinds_are_left_to_the_library(text):
    assert plain_cookies(text) is None


def test_more_than_a_browser_sends_are_left_to_the_library():
    assert plain_cookies("; ".join(f"a{number}=b" for number in range(65))) is None


@given(
    st.text('ab=; $-_"\\,:/%', max_size=30)
    | st.lists(
        st.sampled_from(["a=b", "path=/", "$Version=1", "secure=", "b=%20", "c=a=b", "d=:;"]),
        max_size=4,
    ).map("; ".join)
)
def test_what_is_read_is_what_the_library_reads(text):
    found = plain_cookies(text)

    if found is not None:
        request = make_mocked_request("GET", "/", headers={"Cookie": text})
        assert found == dict(request.cookies)

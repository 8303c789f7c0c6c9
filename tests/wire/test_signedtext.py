import msgspec
import pytest

from muster.errors import InputError
from muster.wire.signedtext import SignedText


class Wish(msgspec.Struct):
    text: str = ""


KIND = SignedText("wish", domain=b"wish-1\0", most=40)


def test_what_is_formatted_is_parsed_again():
    assert KIND.parse(KIND.format(Wish("tea")), Wish) == Wish("tea")


def test_a_text_that_is_too_long_is_neither_made_nor_read():
    for refused in (lambda: KIND.format(Wish("x" * 40)), lambda: KIND.parse("x" * 41, Wish)):
        with pytest.raises(InputError, match=r"wish .* longer than 40 characters"):
            refused()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"text":1}', '{"text":"\ud800"}'])
def test_a_text_of_another_shape_is_refused_by_its_name(text):
    with pytest.raises(InputError, match=r"^wish: "):
        KIND.parse(text, Wish)


def test_the_message_begins_with_the_domain_and_holds_unicode_alone():
    assert KIND.message("a") == b"wish-1\0a"
    with pytest.raises(InputError, match="no text"):
        KIND.message("\ud800")

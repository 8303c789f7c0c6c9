import pytest

from muster.agent.joining.claimaddress import readdressed
from muster.errors import InputError
from muster.log import Secret
from muster.model.ids import TokenId
from muster.wire.claimtoken import BadToken, Token, decode_token, encode_token, new_secret

TOKEN = Token(
    id=TokenId("a" * 16), secret=new_secret(bytes(32)), pins=("0" * 64,), addresses=("hub:7445",)
)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://other.example:9002", "other.example:9002"),
        ("https://other.example:9002/", "other.example:9002"),
        ("other.example:9002", "other.example:9002"),
        ("https://other.example", "other.example:7445"),
        ("https://[fd00::1]:9002", "[fd00::1]:9002"),
        ("[fd00::1]", "[fd00::1]:7445"),
    ],
)
def test_an_address_replaces_the_tokens_own_and_nothing_else(url, address):
    token = decode_token(readdressed(encode_token(TOKEN), url).reveal())

    assert token.addresses == (address,)
    assert (token.id, token.pins) == (TOKEN.id, TOKEN.pins)
    assert token.secret.reveal() == TOKEN.secret.reveal()


@pytest.mark.parametrize("url", ["http://hub:1", "https://", "https://hub:0", "https://h/path", ""])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(InputError):
        readdressed(encode_token(TOKEN), url)


def test_a_password_in_an_address_is_not_repeated():
    with pytest.raises(InputError) as refusal:
        readdressed(encode_token(TOKEN), "https://me:hunter2@hub:1:2")
    assert "hunter2" not in str(refusal.value)


def test_a_secret_without_its_pins_is_no_token():
    with pytest.raises(BadToken):
        readdressed(Secret("A" * 43), "https://hub:1")

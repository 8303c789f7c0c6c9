"""Signed messages as ACME servers take them; known answers of the RFCs."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from muster.errors import InputError
from muster.log import Secret
from muster.model.base64url import parse_base64url
from muster.pki import keys
from muster.pki.jose import AccountKey
from tests.net.acmeserver import _thumbprint, _verify


def test_the_key_authorization_ends_in_the_thumbprint_of_the_key():
    key = AccountKey(keys.make_key())

    assert key.answer("token") == f"token.{_thumbprint(key.jwk)}"
    assert list(key.jwk) == sorted(key.jwk)  # RFC 7638 section 3.3


@pytest.mark.parametrize("kid", ["", "https://acme.test/1"])
def test_a_message_is_signed_and_says_who_where_and_when(kid):
    key = AccountKey(keys.make_key())
    message = json.loads(key.sign(b"{}", url="https://acme.test/x", nonce="n", kid=kid))

    head = json.loads(parse_base64url(message["protected"]))
    shown = {"kid": kid} if kid else {"jwk": key.jwk}
    assert head == {"alg": "ES256", "nonce": "n", "url": "https://acme.test/x"} | shown
    assert parse_base64url(message["payload"]) == b"{}"
    _verify(message, key.jwk)


def test_keys_of_another_kind_and_text_that_is_none_are_refused():
    other = keys.format_key(ec.generate_private_key(ec.SECP384R1()))
    with pytest.raises(InputError, match="P-256"):
        AccountKey(other)
    with pytest.raises(InputError, match="not base64url"):
        AccountKey(keys.make_key()).bound(url="u", kid="k", secret=Secret("ä"))

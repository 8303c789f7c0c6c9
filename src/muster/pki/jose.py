"""Signed messages in the form that ACME servers take, by an account's key (P-256).

Source: RFC 7515 (JWS, flattened), RFC 7517 (JWK), RFC 7638 (thumbprint), RFC 8555 section 6.2.
"""

import hashlib
import hmac
from typing import Any

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from muster.errors import InputError
from muster.log import Secret
from muster.model.base64url import format_base64url, parse_base64url
from muster.pki.keys import PrivateKey, load_key

_COORDINATE_BYTES = 32
Jwk = dict[str, str]


class AccountKey:
    """The key of an account. Errors: InputError for another kind than P-256."""

    def __init__(self, key: Secret) -> None:
        self._key: PrivateKey = load_key(key)
        if not isinstance(self._key.curve, ec.SECP256R1):
            raise InputError("the key of an ACME account is P-256")

    @property
    def jwk(self) -> Jwk:
        """The public half. Its members are in the order that a thumbprint is made of."""
        numbers = self._key.public_key().public_numbers()
        x, y = (
            format_base64url(each.to_bytes(_COORDINATE_BYTES, "big"))
            for each in (numbers.x, numbers.y)
        )
        return {"crv": "P-256", "kty": "EC", "x": x, "y": y}

    def answer(self, token: str) -> str:
        """The key authorization of a challenge: it ties its token to this account."""
        thumbprint = hashlib.sha256(msgspec.json.encode(self.jwk)).digest()
        return f"{token}.{format_base64url(thumbprint)}"

    def sign(self, payload: bytes, *, url: str, nonce: str, kid: str = "") -> bytes:
        """A request's body. `kid`: the account's address; empty: the key itself is shown."""
        shown: dict[str, Any] = {"kid": kid} if kid else {"jwk": self.jwk}
        head = {"alg": "ES256", "nonce": nonce, "url": url} | shown
        protected, text = format_base64url(msgspec.json.encode(head)), format_base64url(payload)
        der = self._key.sign(f"{protected}.{text}".encode(), ec.ECDSA(hashes.SHA256()))
        signature = b"".join(
            each.to_bytes(_COORDINATE_BYTES, "big") for each in decode_dss_signature(der)
        )
        return _flattened(protected, text, signature)

    def bound(self, *, url: str, kid: str, secret: Secret) -> Any:  # noqa: ANN401 - JSON
        """The account's key, vouched for by the secret of an account elsewhere (section 7.3.4)."""
        head = msgspec.json.encode({"alg": "HS256", "kid": kid, "url": url})
        protected, text = format_base64url(head), format_base64url(msgspec.json.encode(self.jwk))
        mac = hmac.digest(
            parse_base64url(secret.reveal()), f"{protected}.{text}".encode(), "sha256"
        )
        return msgspec.json.decode(_flattened(protected, text, mac))


def _flattened(protected: str, payload: str, signature: bytes) -> bytes:
    return msgspec.json.encode(
        {"protected": protected, "payload": payload, "signature": format_base64url(signature)}
    )

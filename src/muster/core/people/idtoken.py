"""ID tokens of OpenID providers: read, verified, and refused for their own reason. Pure.

Steps: 1 bounded size and the algorithm of a short list, all of them with public keys  2 a key
of the provider that fits the header  3 the signature  4 issuer, audience, authorized party
5 times, by our own clock  6 the nonce, which ties the token to the browser that asked.
The library is read at the first token: most hubs have no provider.
Source: OpenID Connect Core 1.0, 3.1.3.7; RFC 7519; RFC 8725 (JWT best practice).
"""

import hmac
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from muster.clock import SECOND_NS
from muster.errors import Unauthenticated

if TYPE_CHECKING:
    from jwt.types import Options

MAX_TOKEN = 32_768  # characters; with hundreds of groups in it
MAX_KEYS = 100
SKEW_S = 60  # how far the provider's clock may be from ours
MAX_AGE_S = 600  # since the token was made: it was made for this sign-in
# No `none`, and no HMAC: its key would be one that the provider publishes.
ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
_KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
_MAX_SUBJECT = 255
# Times, issuer and audience are checked below, by our clock and by our rules.
_SIGNATURE: "Options" = {
    "verify_signature": True,
    "enforce_minimum_key_length": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


class OidcRefused(Unauthenticated):
    """A sign-in through a provider that does not come about; `reason` is stable and short."""

    code = "oidc_refused"

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(f"sign-in refused: {text}")
        self.reason = reason


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What an ID token has to say."""

    issuer: str
    client: str
    nonce: str
    now_ns: int


def key_of(token: str) -> tuple[str, str]:
    """(algorithm, key id) in a token's header. Errors: OidcRefused."""
    import jwt

    if len(token) > MAX_TOKEN:
        raise OidcRefused("malformed", "the ID token is too long")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise OidcRefused("malformed", "the ID token is malformed") from error
    algorithm, key = header.get("alg"), header.get("kid", "")
    if algorithm not in ALGORITHMS:
        raise OidcRefused("algorithm", f"the ID token is signed by {str(algorithm)[:20]!r}")
    return str(algorithm), key if isinstance(key, str) else ""


def fitting(keys: Sequence[Mapping[str, Any]], algorithm: str, id: str) -> list[Mapping[str, Any]]:
    """Published keys that may have signed a token with such a header."""
    return [
        key
        for key in keys[:MAX_KEYS]
        if key.get("kty") == _KINDS[algorithm[:2]]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (not id or key.get("kid") == id)
    ]


def verify(token: str, keys: Sequence[Mapping[str, Any]], expected: Expected) -> Mapping[str, Any]:
    """The claims of a token that holds. Errors: OidcRefused."""
    algorithm, id = key_of(token)
    claims = _signed(token, algorithm, fitting(keys, algorithm, id))
    _check_parties(claims, expected)
    _check_times(claims, expected.now_ns // SECOND_NS)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(
        nonce.encode(), expected.nonce.encode()
    ):
        raise OidcRefused("nonce", "the ID token was made for another sign-in (nonce)")
    return claims


def _signed(token: str, algorithm: str, keys: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    import jwt

    if not keys:
        raise OidcRefused("key", "the provider publishes no key that fits the ID token")
    for key in keys:
        try:
            public = jwt.PyJWK.from_dict(dict(key), algorithm)
            claims: Mapping[str, Any] = jwt.decode(
                token,
                public,
                algorithms=[algorithm],
                options=_SIGNATURE,
            )
            return claims
        except (jwt.PyJWTError, ValueError, TypeError, KeyError):
            continue
    raise OidcRefused("signature", "the ID token's signature does not hold")


def _check_parties(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise OidcRefused("issuer", "the ID token is of another issuer")
    audience = claims.get("aud")
    parties = audience if isinstance(audience, list) else [audience]
    if expected.client not in parties:
        raise OidcRefused("audience", "the ID token is meant for another program (audience)")
    party = claims.get("azp", expected.client if len(parties) == 1 else None)
    if party != expected.client:
        raise OidcRefused("azp", "the ID token is meant for another program (authorized party)")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _MAX_SUBJECT:
        raise OidcRefused("subject", "the ID token does not say whom it is about")


def _check_times(claims: Mapping[str, Any], now_s: int) -> None:
    expires, issued = _time(claims, "exp"), _time(claims, "iat")
    begins = _time(claims, "nbf") if "nbf" in claims else issued
    if now_s >= expires + SKEW_S:
        raise OidcRefused("expired", "the ID token has expired; are both clocks right?")
    if issued > now_s + SKEW_S or begins > now_s + SKEW_S:
        raise OidcRefused("early", "the ID token is of the future; are both clocks right?")
    if issued < now_s - MAX_AGE_S - SKEW_S:
        raise OidcRefused("old", "the ID token was made too long ago; are both clocks right?")


def _time(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise OidcRefused("malformed", f"the ID token lacks a time ({name})")
    return value

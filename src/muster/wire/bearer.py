"""Bearer tokens of InfluxDB's wire: a JSON Web Token, signed with a secret that both sides know.

Pure: the secret and the time come from outside. HMAC alone is taken, so that no key of another
kind can be passed off as the secret. Source: RFC 7515, RFC 7519; texts are InfluxDB's.
"""

import hashlib
import hmac
from typing import Any

import msgspec

from muster.clock import SECOND_NS
from muster.errors import InputError, Unauthenticated
from muster.log import Secret
from muster.model.base64url import parse_base64url

MAX_TOKEN = 8_192  # characters
_DIGESTS = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


class BadBearer(Unauthenticated):
    """A token that proves nothing; nothing of it is quoted but the name of its method."""

    code = "bad_bearer"


def read_bearer(token: Secret, secret: Secret, now_ns: int) -> str:
    """The user whom a token names. An empty secret: none is configured, and no token is taken.

    Steps: 1 its three parts  2 its method  3 its signature  4 its times  5 its user.
    Errors: BadBearer.
    """
    if not secret.reveal():
        raise BadBearer("bearer auth disabled")
    # 1
    signed, _, signature = token.reveal().rpartition(".")
    parts = signed.split(".")
    if len(parts) != 2 or len(token.reveal()) > MAX_TOKEN or not signed.isascii():
        raise BadBearer("token contains an invalid number of segments")
    # 2
    method = _object(parts[0]).get("alg")
    digest = _DIGESTS.get(method) if isinstance(method, str) else None
    if digest is None:
        raise BadBearer(f"unexpected signing method: {str(method)[:20]}")
    # 3
    right = hmac.new(secret.reveal().encode(), signed.encode(), digest).digest()
    if not hmac.compare_digest(right, _bytes(signature)):
        raise BadBearer("signature is invalid")
    # 4, 5
    claims = _object(parts[1])
    _check_times(claims, now_ns)
    return _user(claims)


def _check_times(claims: dict[str, Any], now_ns: int) -> None:
    now_s = now_ns / SECOND_NS
    expires, not_before = _number(claims, "exp"), _number(claims, "nbf")
    if expires <= 0:
        raise BadBearer("token expiration required")
    if now_s > expires:
        raise BadBearer("Token is expired")
    if now_s < not_before:
        raise BadBearer("Token is not valid yet")


def _user(claims: dict[str, Any]) -> str:
    name = claims.get("username")
    if not isinstance(name, str):
        raise BadBearer("username in token must be a string")
    if not name:
        raise BadBearer("token must contain a username")
    return name


def _number(claims: dict[str, Any], key: str) -> float:
    value = claims.get(key, 0)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number else 0


def _object(part: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(_bytes(part), type=dict[str, Any])
    except msgspec.DecodeError as error:  # ValidationError is one
        raise BadBearer("token is malformed") from error


def _bytes(part: str) -> bytes:
    try:
        return parse_base64url(part)
    except InputError as error:
        raise BadBearer("token is malformed") from error

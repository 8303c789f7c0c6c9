"""What a request says of who asks. Nothing is checked here.

Order: 1 `u` and `p` of the URL  2 the header Authorization: Bearer, Token, Basic.
Source: InfluxDB 1.8, services/httpd parseCredentials
"""

import base64
import binascii
from collections.abc import Mapping

import msgspec

from muster.log import Secret
from muster.wire.apitoken import BadApiToken, read_api_token

MAX_TEXT = 8_192  # characters of a header or parameter


class Password(msgspec.Struct, frozen=True):
    """A user's; an API token may stand where the password does."""

    name: str
    password: Secret


class Bearer(msgspec.Struct, frozen=True):
    token: Secret


class ApiToken(msgspec.Struct, frozen=True):
    """A token of the hub."""

    token: Secret


Credentials = Password | Bearer | ApiToken


def credentials_of(url: Mapping[str, str], headers: Mapping[str, str]) -> Credentials | None:
    """What is given in a form that is known; None for nothing."""
    name, password = url.get("u", ""), url.get("p", "")
    # 1
    if name and password:
        return _password(name, password)
    # 2
    scheme, _, text = headers.get("authorization", "").strip().partition(" ")
    text = text.strip()
    if not text or len(text) > MAX_TEXT:
        return None
    match scheme.lower():
        case "bearer":
            return Bearer(Secret(text))
        case "token":
            name, colon, password = text.partition(":")
            return _password(name, password) if colon else ApiToken(Secret(text))
        case "basic":
            return _basic(text)
        case _:
            return None


def _basic(text: str) -> Credentials | None:
    try:
        plain = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    name, colon, password = plain.partition(":")
    return _password(name, password) if colon else None


def _password(name: str, password: str) -> Credentials:
    secret = Secret(password)
    try:
        read_api_token(secret)
    except BadApiToken:
        return Password(name, secret)
    return ApiToken(secret)

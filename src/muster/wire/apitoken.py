"""The API token: what a program shows to act for a user.

    mat1_<secret><check>

`secret` is 256 random bits, 43 characters of base64url; `check` is the CRC-32 of all before
it, 7 characters of base32. The fixed form lets scanners find leaked tokens, and the checksum
tells a slip of the hand from a refusal without asking the hub. Pure: no network, no
cryptography. Format page: docs/formats/api-token.md.
"""

import base64
import re
import zlib

from muster.errors import InputError, Unauthenticated
from muster.log import Secret

PREFIX = "mat1_"
SECRET_BYTES = 32

_TEXT = re.compile(r"mat1_[A-Za-z0-9_-]{43}[a-z2-7]{7}")
_CHECK_LENGTH = 7


class BadApiToken(Unauthenticated):
    """Text that is no API token: found out without asking the hub."""

    code = "bad_api_token"


def encode_api_token(random: bytes) -> Secret:
    """The token made of 32 random bytes, which the caller draws."""
    if len(random) != SECRET_BYTES:
        raise InputError(f"an API token is {SECRET_BYTES} random bytes, not {len(random)}")
    body = PREFIX + base64.urlsafe_b64encode(random).decode().rstrip("=")
    return Secret(body + _check_of(body))


def read_api_token(text: Secret) -> Secret:
    """The token, when its form and checksum are right. Errors: BadApiToken; nothing is quoted."""
    plain = text.reveal()
    if plain.startswith("mst1."):
        raise BadApiToken(f"this is a claim token, for machines; an API token begins with {PREFIX}")
    if not plain.startswith(PREFIX):
        raise BadApiToken(f"not an API token: it begins with {PREFIX}")
    if not _TEXT.fullmatch(plain):
        raise BadApiToken("API token is cut off or has a character too many; copy it anew")
    if _check_of(plain[:-_CHECK_LENGTH]) != plain[-_CHECK_LENGTH:]:
        raise BadApiToken("API token is mistyped: its checksum does not fit; copy it anew")
    return text


def _check_of(body: str) -> str:
    crc = zlib.crc32(body.encode()).to_bytes(4, "big")
    return base64.b32encode(crc).decode().lower().rstrip("=")

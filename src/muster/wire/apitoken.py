"""The API token: what a program shows to act for a user.

    mat1_<secret><check>

Secret and check: wire/checkedtext.py. Format page: docs/formats/api-token.md.
"""

from muster.errors import Unauthenticated
from muster.log import Secret
from muster.wire.checkedtext import encode, form_of, is_sound

PREFIX = "mat1_"

_FORM = form_of(PREFIX)


class BadApiToken(Unauthenticated):
    """Text that is no API token: found out without asking the hub."""

    code = "bad_api_token"


def encode_api_token(random: bytes) -> Secret:
    """The token made of 32 random bytes, which the caller draws."""
    return encode(PREFIX, random, "an API token")


def read_api_token(text: Secret) -> Secret:
    """The token, when its form and checksum are right. Errors: BadApiToken; nothing is quoted."""
    plain = text.reveal()
    if plain.startswith("mst1."):
        raise BadApiToken(f"this is a claim token, for machines; an API token begins with {PREFIX}")
    if not plain.startswith(PREFIX):
        raise BadApiToken(f"not an API token: it begins with {PREFIX}")
    if not _FORM.fullmatch(plain):
        raise BadApiToken("API token is cut off or has a character too many; copy it anew")
    if not is_sound(plain):
        raise BadApiToken("API token is mistyped: its checksum does not fit; copy it anew")
    return text

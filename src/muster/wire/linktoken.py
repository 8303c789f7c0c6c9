"""The text of a public link to a dashboard.

    mdl1.<secret><check>

`secret` is 256 random bits, 43 characters of base64url; `check` is the CRC-32 of all before it, 7
characters of base32. It stands in the fragment of a link's URL, which browsers send to nobody.
Format page: docs/formats/dashboard.md
"""

import base64
import re
import zlib

from muster.errors import InputError, Unauthenticated
from muster.log import Secret

PREFIX = "mdl1."
SECRET_BYTES = 32

_TEXT = re.compile(r"mdl1\.[A-Za-z0-9_-]{43}[a-z2-7]{7}")
_CHECK_LENGTH = 7


class BadLink(Unauthenticated):
    """Text that is no link: found out without asking the hub."""

    code = "bad_link"


def encode_link(random: bytes) -> Secret:
    """The text made of 32 random bytes, which the caller draws."""
    if len(random) != SECRET_BYTES:
        raise InputError(f"a link is {SECRET_BYTES} random bytes, not {len(random)}")
    body = PREFIX + base64.urlsafe_b64encode(random).decode().rstrip("=")
    return Secret(body + _check_of(body))


def read_link(text: Secret) -> Secret:
    """The text, when its form and checksum are right. Errors: BadLink; nothing is quoted."""
    plain = text.reveal()
    if not _TEXT.fullmatch(plain) or _check_of(plain[:-_CHECK_LENGTH]) != plain[-_CHECK_LENGTH:]:
        raise BadLink(f"not a public link, or cut off: it begins with {PREFIX}; copy it anew")
    return text


def _check_of(body: str) -> str:
    crc = zlib.crc32(body.encode()).to_bytes(4, "big")
    return base64.b32encode(crc).decode().lower().rstrip("=")

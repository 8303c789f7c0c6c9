"""Secrets as text with a checksum behind: a slip of the hand is told from a refusal.

`<prefix><secret><check>`: 256 random bits as 43 characters of base64url, then the CRC-32 of all
before it as 7 characters of base32. The fixed form lets scanners find leaked secrets.
"""

import base64
import re
import zlib

from muster.errors import InputError
from muster.log import Secret
from muster.model.base64url import format_base64url

SECRET_BYTES = 32
CHECK_LENGTH = 7


def encode(prefix: str, random: bytes, what: str) -> Secret:
    """The text made of 32 random bytes, which the caller draws; `what` it is, for the error."""
    if len(random) != SECRET_BYTES:
        raise InputError(f"{what} is {SECRET_BYTES} random bytes, not {len(random)}")
    body = prefix + format_base64url(random)
    return Secret(body + checksum(body))


def form_of(prefix: str) -> re.Pattern[str]:
    """What texts with a prefix look like, sound or not."""
    return re.compile(rf"{re.escape(prefix)}[A-Za-z0-9_-]{{43}}[a-z2-7]{{{CHECK_LENGTH}}}")


def is_sound(text: str) -> bool:
    """Whether the checksum at its end is that of what stands before."""
    return checksum(text[:-CHECK_LENGTH]) == text[-CHECK_LENGTH:]


def checksum(body: str) -> str:
    """CRC-32 as 7 characters of base32."""
    crc = zlib.crc32(body.encode()).to_bytes(4, "big")
    return base64.b32encode(crc).decode().lower().rstrip("=")

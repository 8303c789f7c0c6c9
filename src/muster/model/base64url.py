"""Bytes as text that may stand in an address: base64url, here always without padding.

Source: RFC 4648 section 5
"""

import base64

from muster.errors import InputError


def format_base64url(data: bytes) -> str:
    """Bytes as text."""
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def parse_base64url(text: str) -> bytes:
    """Text as bytes. Errors: InputError; the text, which may be secret, is not quoted."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise InputError("not base64url") from error

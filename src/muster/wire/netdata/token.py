"""The claim token in the alphabet of Netdata's: 135 characters of `A-Za-z0-9_-`.

    mnt1<id><secret><check>

Id and secret are those of our own claim tokens (wire/claimtoken.py): the same right to enrol,
written for agents that take an address and trust from elsewhere. `check` is all that is left:
72 characters of base64url of SHA-512 over all before it, so that a slip of the hand is told
from a refusal without asking anybody. It tells nothing of the secret to who has not the token.

Source: docs/formats/netdata-link.md ("Claim token")
"""

import hashlib
import re

from muster.log import Secret
from muster.model.base64url import format_base64url
from muster.model.ids import TokenId
from muster.wire.claimtoken import BadToken

PREFIX = "mnt1"
LENGTH = 135
_ID = 16
_SECRET = 43
_BODY = len(PREFIX) + _ID + _SECRET
_CHECK_BYTES = (LENGTH - _BODY) * 3 // 4
_FORM = re.compile(rf"{PREFIX}([a-z2-7]{{{_ID}}})([A-Za-z0-9_-]{{{_SECRET}}})")


def encode(id: TokenId, secret: Secret) -> Secret:
    """Write a token. Errors: BadToken when id or secret have another form."""
    body = f"{PREFIX}{id}{secret.reveal()}"
    if not _FORM.fullmatch(body):
        raise BadToken("claim token: its id or secret is of another form")
    return Secret(body + _check_of(body))


def decode(text: str) -> tuple[TokenId, Secret]:
    """Read a token. Errors: BadToken that says what is wrong; nothing of it is quoted."""
    text = text.strip()
    if not text.startswith(PREFIX):
        raise BadToken(f"not a claim token for Netdata agents: it begins with {PREFIX}")
    if len(text) != LENGTH:
        raise BadToken(f"claim token has {len(text)} characters, not {LENGTH}: copy it anew")
    form = _FORM.match(text)
    if form is None or _check_of(text[:_BODY]) != text[_BODY:]:
        raise BadToken("claim token is mistyped: its checksum does not fit; copy it anew")
    return TokenId(form[1]), Secret(form[2])


def is_token(text: str) -> bool:
    """Whether a text wants to be one of these, whole or not."""
    return text.strip().startswith(PREFIX)


def _check_of(body: str) -> str:
    digest = hashlib.sha512(b"muster-netdata-token\0" + body.encode()).digest()
    return format_base64url(digest[:_CHECK_BYTES])

"""The text of a public link to a dashboard.

    mdl1.<secret><check>

Secret and check: wire/checkedtext.py. The text stands in the fragment of a link's URL, which
browsers send to nobody. Format page: docs/formats/dashboard.md
"""

from muster.errors import Unauthenticated
from muster.log import Secret
from muster.wire.checkedtext import encode, form_of, is_sound

PREFIX = "mdl1."

_FORM = form_of(PREFIX)


class BadLink(Unauthenticated):
    """Text that is no link: found out without asking the hub."""

    code = "bad_link"


def encode_link(random: bytes) -> Secret:
    """The text made of 32 random bytes, which the caller draws."""
    return encode(PREFIX, random, "a link")


def read_link(text: Secret) -> Secret:
    """The text, when its form and checksum are right. Errors: BadLink; nothing is quoted."""
    plain = text.reveal()
    if not _FORM.fullmatch(plain) or not is_sound(plain):
        raise BadLink(f"not a public link, or cut off: it begins with {PREFIX}; copy it anew")
    return text

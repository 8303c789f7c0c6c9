"""A claim sent to another address than the token's own: `--url`, MUSTER_CLAIM_URL.

The token carries where its hub is and the pins by which the hub is known. An address that is
given replaces the first alone: whoever answers there must still be the token's hub.
"""

import msgspec

from muster.errors import InputError
from muster.log import Secret
from muster.model.address import join_address, split_address
from muster.wire.claimtoken import decode_token, encode_token

ENROL_PORT = 7445  # of a hub on its default ports


def readdressed(token: Secret, url: str) -> Secret:
    """The token with one address in place of its own.

    Errors: InputError for what is no `https://host:port` or `host:port`; BadToken.
    """
    address = _parse(url)
    decoded = decode_token(token.reveal())
    return encode_token(msgspec.structs.replace(decoded, addresses=(address,)))


def _parse(url: str) -> str:
    text = url.strip().rstrip("/")
    scheme, separator, rest = text.partition("://")
    if separator and scheme.lower() != "https":
        raise InputError(f"a hub is claimed by https://, not by {scheme[:20]!r}")
    address = rest if separator else text
    try:
        if ":" not in address.rpartition("]")[2]:
            address = f"{address}:{ENROL_PORT}"
        return join_address(*split_address(address))
    except InputError as error:
        shown = address.rpartition("@")[2][:100]  # whatever stands before it may be a password
        raise InputError(f"not a hub's address like https://hub.example:7445: {shown!r}") from error

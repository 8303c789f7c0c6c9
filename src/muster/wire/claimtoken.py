"""The claim token: one line that carries all a new machine needs.

    mst1.<id>.<secret>.<pins>.<addresses>.<check>

Address of the hub, right to enrol, and the pins by which the hub is known before anything
is said to it. The checksum tells a slip of the hand from a refusal, and names its place.
Pure: no network, no cryptography. Format page: docs/formats/token.md.
"""

import base64
import re

import msgspec

from muster.errors import InputError
from muster.log import Secret
from muster.model.address import split_address
from muster.model.base64url import format_base64url, parse_base64url
from muster.model.ids import TokenId
from muster.wire.checkedtext import CHECK_LENGTH, checksum

PREFIX = "mst1"
MAX_TEXT = 2048
MAX_PINS = 4
MAX_ADDRESSES = 8
SECRET_BYTES = 32
PIN_BYTES = 32

_ID = re.compile(r"[a-z2-7]{16}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_PIN = re.compile(r"[0-9a-f]{64}")
_FOREIGN = re.compile(r"[^A-Za-z0-9._-]")
_PARTS = ("prefix", "id", "secret", "pins", "addresses", "check")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."


class BadToken(InputError):
    """Text that is no claim token: found out without asking the hub."""

    code = "bad_token"


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A claim token, read.

    Shapes: `addresses` are "host:port" of the hub's enrol listener, the best first;
            `pins` are SHA-256 of a root's SubjectPublicKeyInfo, lower-case hex: any one
            of them makes the hub the right one, so that tokens outlive a change of CA.
    """

    id: TokenId
    secret: Secret  # 43 characters of base64url: 256 bits
    pins: tuple[str, ...]
    addresses: tuple[str, ...]


def encode_token(token: Token) -> Secret:
    """Write a token. Errors: BadToken when a part breaks the format's limits."""
    _check(token)
    body = ".".join(
        (
            PREFIX,
            token.id,
            token.secret.reveal(),
            format_base64url(b"".join(bytes.fromhex(pin) for pin in token.pins)),
            format_base64url(",".join(token.addresses).encode()),
        )
    )
    text = f"{body}.{checksum(body)}"
    if len(text) > MAX_TEXT:
        raise BadToken(f"claim token would be longer than {MAX_TEXT} characters")
    return Secret(text)


def decode_token(text: str) -> Token:
    """Read a token, as it came from a file, standard input or the environment.

    Errors: BadToken saying what is wrong and where; no more than a character is quoted.
    """
    text = text.strip()
    parts = _split(text)
    _verify(text)
    id_, secret, pins, addresses = parts[1:5]
    token = Token(
        id=TokenId(id_),
        secret=Secret(secret),
        pins=_parse_pins(pins),
        addresses=_parse_addresses(addresses),
    )
    _check(token)
    return token


def new_secret(random: bytes) -> Secret:
    """The secret part made of 32 random bytes, which the caller draws."""
    if len(random) != SECRET_BYTES:
        raise BadToken(f"a token's secret is {SECRET_BYTES} bytes, not {len(random)}")
    return Secret(format_base64url(random))


def new_id(random: bytes) -> TokenId:
    """The public part made of 10 random bytes, which the caller draws."""
    if len(random) != 10:
        raise BadToken(f"a token's id is 10 bytes, not {len(random)}")
    return TokenId(base64.b32encode(random).decode().lower())


def _split(text: str) -> list[str]:
    if not text:
        raise BadToken("claim token is empty")
    if len(text) > MAX_TEXT:
        raise BadToken(f"claim token is longer than {MAX_TEXT} characters")
    if foreign := _FOREIGN.search(text):
        kind = "a space or line break" if foreign[0].isspace() else repr(foreign[0])
        raise BadToken(f"claim token has {kind} at character {foreign.start() + 1}")
    parts = text.split(".")
    if parts[0] != PREFIX:
        if re.fullmatch(r"mst[0-9]+", parts[0]):
            raise BadToken(f"claim token of another version: {parts[0]}, not {PREFIX}")
        raise BadToken(f"not a claim token: it begins with {PREFIX}.")
    if len(parts) < len(_PARTS):
        raise BadToken(f"claim token is cut off after its {_PARTS[len(parts) - 1]}")
    if len(parts) > len(_PARTS):
        raise BadToken(f"claim token has {len(parts)} parts, not {len(_PARTS)}")
    return parts


def _verify(text: str) -> None:
    body, _, check = text.rpartition(".")
    wanted = CHECK_LENGTH
    if len(check) < wanted:
        raise BadToken(f"claim token is cut off: {wanted - len(check)} characters are missing")
    if _is_sound(body, check):
        return
    place = _slip(text)
    where = f" at character {place + 1}" if place is not None else ""
    raise BadToken(f"claim token is mistyped{where}: its checksum does not fit")


def _is_sound(body: str, check: str) -> bool:
    return checksum(body) == check


def _slip(text: str) -> int | None:
    """Where the one wrong character stands, if one changed character explains the checksum.

    A CRC-32 finds it without doubt at these lengths; two slips are not looked for.
    """
    body, _, check = text.rpartition(".")
    for place, current in enumerate(body):
        for other in _ALPHABET:
            if other != current and _is_sound(body[:place] + other + body[place + 1 :], check):
                return place
    wanted = checksum(body)
    slips = [at for at, (one, two) in enumerate(zip(check, wanted, strict=False)) if one != two]
    same_length = len(check) == len(wanted)
    return len(body) + 1 + slips[0] if same_length and len(slips) == 1 else None


def _parse_pins(text: str) -> tuple[str, ...]:
    raw = _from_text(text, "pins")
    if not raw or len(raw) % PIN_BYTES:
        raise BadToken(f"claim token: pins are {PIN_BYTES} bytes each, not {len(raw)} in all")
    return tuple(raw[at : at + PIN_BYTES].hex() for at in range(0, len(raw), PIN_BYTES))


def _parse_addresses(text: str) -> tuple[str, ...]:
    try:
        return tuple(_from_text(text, "addresses").decode("ascii").split(","))
    except UnicodeDecodeError as error:
        raise BadToken("claim token: addresses are not ASCII") from error


def _check(token: Token) -> None:
    if not _ID.fullmatch(token.id):
        raise BadToken(f"claim token: not an id: {token.id[:32]!r}")
    secret = token.secret.reveal()
    if not _SECRET.fullmatch(secret) or format_base64url(_from_text(secret, "secret")) != secret:
        raise BadToken(f"claim token: its secret is not {SECRET_BYTES} bytes of base64url")
    if not 0 < len(token.pins) <= MAX_PINS or not all(map(_PIN.fullmatch, token.pins)):
        raise BadToken(f"claim token: 1 to {MAX_PINS} pins expected")
    if not 0 < len(token.addresses) <= MAX_ADDRESSES:
        raise BadToken(f"claim token: 1 to {MAX_ADDRESSES} addresses expected")
    try:
        for address in token.addresses:
            split_address(address)
    except InputError as error:
        raise BadToken(f"claim token: {error}") from error


def _from_text(text: str, part: str) -> bytes:
    try:
        return parse_base64url(text)
    except InputError as error:
        raise BadToken(f"claim token: its {part} are not base64url") from error

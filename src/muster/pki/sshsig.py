"""Signatures by SSH keys, as `ssh-keygen -Y sign` makes them: checked, never made.

Keys: Ed25519, ECDSA (P-256, P-384, P-521) and RSA of 2048 bits or more, with SHA-2 only.

Source: OpenSSH PROTOCOL.sshsig; RFC 4251 section 5 (string, mpint); RFC 4253 section 6.6;
RFC 5656 section 3.1.2; RFC 8332 (rsa-sha2-256, rsa-sha2-512); RFC 8709 (Ed25519).
"""

import base64
import binascii
import hashlib

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from muster.errors import InputError

MAX_ARMOUR = 8_192
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_MAGIC = b"SSHSIG"
_VERSION = 1
_RSA_BITS = 2_048
_RSA = {b"rsa-sha2-256": hashes.SHA256(), b"rsa-sha2-512": hashes.SHA512()}
_ECDSA: dict[str, hashes.HashAlgorithm] = {
    "secp256r1": hashes.SHA256(),
    "secp384r1": hashes.SHA384(),
    "secp521r1": hashes.SHA512(),
}


class BadSignature(InputError):
    """Not a signature by this key for this message and purpose."""

    code = "bad_signature"


def check_signature(key: str, armour: str, message: bytes, *, namespace: str) -> str:
    """The key's fingerprint ("SHA256:…"), when its holder signed the message for a purpose.

    Shapes: `key` is a line of a .pub file, `armour` the text of a .sig file.
    Errors: BadSignature saying what does not fit.
    """
    blob = _key_blob(key)
    signer, purpose, algorithm, signature = _parse(armour)
    if signer != blob:
        raise BadSignature("signed by another key")
    if purpose != namespace.encode():
        raise BadSignature(f"signed for another purpose: {purpose[:64]!r}")
    if algorithm not in (b"sha256", b"sha512"):
        raise BadSignature(f"hash not allowed: {algorithm[:16]!r}")
    digest = hashlib.new(algorithm.decode(), message).digest()
    signed = _MAGIC + b"".join(map(_string, (purpose, b"", algorithm, digest)))
    try:
        public = serialization.load_ssh_public_key(key.encode("ascii"))
        _verify(public, signature, signed)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadSignature("the signature does not hold") from error
    fingerprint = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return f"SHA256:{fingerprint}"


def _verify(public: object, signature: bytes, signed: bytes) -> None:
    reader = _Reader(signature)
    kind, value = reader.string(), reader.string()
    reader.end()
    match public:
        case ed25519.Ed25519PublicKey() if kind == b"ssh-ed25519":
            public.verify(value, signed)
        case ec.EllipticCurvePublicKey() if kind.startswith(b"ecdsa-sha2-"):
            numbers = _Reader(value)
            r, s = numbers.mpint(), numbers.mpint()
            numbers.end()
            algorithm = _ECDSA[public.curve.name]
            public.verify(encode_dss_signature(r, s), signed, ec.ECDSA(algorithm))
        case rsa.RSAPublicKey() if kind in _RSA and public.key_size >= _RSA_BITS:
            public.verify(value, signed, padding.PKCS1v15(), _RSA[kind])
        case _:
            raise BadSignature(f"kind of key not allowed: {kind[:32]!r}")


def _parse(armour: str) -> tuple[bytes, bytes, bytes, bytes]:
    """(public key, namespace, hash algorithm, signature)."""
    text = armour.strip()
    if len(text) > MAX_ARMOUR or not (text.startswith(_BEGIN) and text.endswith(_END)):
        raise BadSignature("not an SSH signature")
    try:
        body = "".join(text[len(_BEGIN) : -len(_END)].split())
        reader = _Reader(base64.b64decode(body.encode("ascii"), validate=True))
    except (binascii.Error, UnicodeEncodeError) as error:
        raise BadSignature("SSH signature is not base64") from error
    if reader.take(len(_MAGIC)) != _MAGIC or reader.number() != _VERSION:
        raise BadSignature("SSH signature of another version")
    signer, purpose, reserved = reader.string(), reader.string(), reader.string()
    algorithm, signature = reader.string(), reader.string()
    reader.end()
    if reserved:
        raise BadSignature("SSH signature of another version")
    return signer, purpose, algorithm, signature


def _key_blob(key: str) -> bytes:
    parts = key.split()
    try:
        return base64.b64decode(parts[1].encode("ascii"), validate=True)
    except (IndexError, binascii.Error, UnicodeEncodeError) as error:
        raise BadSignature("not an SSH public key") from error


def _string(raw: bytes) -> bytes:
    return len(raw).to_bytes(4, "big") + raw


class _Reader:
    """Takes values off the front of bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, length: int) -> bytes:
        if self._at + length > len(self._data):
            raise BadSignature("SSH signature is cut off")
        self._at += length
        return self._data[self._at - length : self._at]

    def number(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def string(self) -> bytes:
        return self.take(self.number())

    def mpint(self) -> int:
        return int.from_bytes(self.string(), "big", signed=True)

    def end(self) -> None:
        if self._at != len(self._data):
            raise BadSignature("SSH signature has more than it should")

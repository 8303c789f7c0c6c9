"""A CA that somebody made by hand, with the certificates it gave: ca, server and client.

Three pairs of files, NAME.key and NAME.cer (or .crt, .pem), as scripts around openssl leave
them. Only the CA's key is of use here: those of server and client stay where they are.

Steps: 1 find the files  2 each key is that of its certificate  3 the CA signed the others
4 the CA can issue  5 what is weak. Everything here blocks.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from muster.errors import InputError
from muster.log import Secret
from muster.pki import keys
from muster.pki.services import check_issuer
from muster.pki.trust import issued_by
from muster.pki.usage import weaknesses

CA, ROLES = "ca", ("server", "client")
ENDS = (".cer", ".crt", ".pem")
MAX_FILE_BYTES = 64 << 10

Passphrase = Callable[[Path], Secret]  # asks for that of a key that is encrypted


class HandmadeCa(msgspec.Struct, frozen=True, kw_only=True):
    """What was found: it fits together."""

    ca: str  # PEM
    key: Secret
    leaves: tuple[tuple[str, str], ...]  # (role, PEM), those that are there
    remarks: tuple[str, ...]  # what is weak or missing, for people


def read_handmade_ca(folder: Path, passphrase: Passphrase, now_ns: int) -> HandmadeCa:
    """Read and check them. Errors: InputError with the file and what is amiss."""
    # 1
    if not folder.is_dir():
        raise InputError(f"no such folder: {str(folder)!r}")
    path = _certificate_of(folder, CA)
    if path is None:
        raise InputError(f"no {CA}{ENDS[0]} (or {', '.join(ENDS[1:])}) in {str(folder)!r}")
    certificate = _read_certificate(path)
    # 2
    key = _read_key(folder / f"{CA}.key", certificate, passphrase)
    remarks = [f"{path.name}: {each}" for each in weaknesses(certificate, is_ca=True)]
    # 3
    leaves = []
    for role in ROLES:
        leaf = _certificate_of(folder, role)
        if leaf is None:
            remarks.append(f"no {role}{ENDS[0]} is there; the CA is taken without it")
            continue
        found = _read_leaf(leaf, certificate, passphrase)
        remarks += [
            f"{leaf.name}: {each}"
            for each in weaknesses(found, is_ca=False, is_server=role == "server")
        ]
        leaves.append((role, keys.format_chain(found)))
    # 4
    ca = keys.format_chain(certificate)
    try:
        check_issuer(key, ca, now_ns)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    return HandmadeCa(ca=ca, key=key, leaves=tuple(leaves), remarks=tuple(remarks))


def _certificate_of(folder: Path, name: str) -> Path | None:
    return next((path for end in ENDS if (path := folder / (name + end)).is_file()), None)


def _read_leaf(path: Path, ca: x509.Certificate, passphrase: Passphrase) -> x509.Certificate:
    found = _read_certificate(path)
    own = path.with_suffix(".key")
    if own.is_file():
        _require_own(own, found, passphrase)
    if not issued_by(keys.to_der(found), [ca]):
        raise InputError(f"{path} was not issued by the CA beside it")
    return found


def _read_certificate(path: Path) -> x509.Certificate:
    """The first in a file: what follows leads to the CA."""
    try:
        chain = keys.load_chain(_read(path))
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    if not chain:
        raise InputError(f"{path} holds no certificate")
    return chain[0]


def _read_key(path: Path, certificate: x509.Certificate, passphrase: Passphrase) -> Secret:
    text = Secret(_read(path))
    secret = passphrase(path) if "ENCRYPTED" in text.reveal() else None
    try:
        key = keys.load_signing_key(text, secret)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    if keys.key_sha256(key.public_key()) != keys.key_sha256(certificate.public_key()):
        raise InputError(f"{path} is not the key of the certificate beside it")
    return keys.format_key(key)


def _require_own(path: Path, certificate: x509.Certificate, passphrase: Passphrase) -> None:
    """A leaf's key may be of any kind; it is compared and let go."""
    text = _read(path)
    secret = passphrase(path).reveal().encode() if "ENCRYPTED" in text else None
    try:
        key = serialization.load_pem_private_key(text.encode("ascii"), secret)
    except keys.MALFORMED as error:
        raise InputError(f"{path}: not a private key that can be read") from error
    if keys.key_sha256(key.public_key()) != keys.key_sha256(certificate.public_key()):
        raise InputError(f"{path} is not the key of the certificate beside it")


def _read(path: Path) -> str:
    try:
        with path.open(encoding="ascii") as file:
            text = file.read(MAX_FILE_BYTES + 1)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not PEM"
        raise InputError(f"{str(path)!r} cannot be read: {reason}") from error
    if len(text) > MAX_FILE_BYTES:
        raise InputError(f"{path} is longer than {MAX_FILE_BYTES} bytes")
    return text

"""Keys of this node: made here, kept until the hub has certified them, then put in force.

Imports cryptography, so the running agent never imports this file: it runs it as a program
(`request DIR`, `install DIR`) that ends at once. Claims run in a program of their own and
call it directly. A key waits in `DIR/<what>.pending/` and never leaves the machine.
"""

import shutil
import sys
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from muster.agent.joining.identity import (
    Identity,
    NodeFile,
    install_identity,
    load_identity,
    refused,
)
from muster.errors import InputError, MusterError, NotFound
from muster.files import make_folder, sync, write_new
from muster.log import Secret
from muster.model.identity import parse_identity
from muster.pki import keys

RENEWAL = "renewal"


class Certified(msgspec.Struct, frozen=True, kw_only=True):
    """What a hub gave for a request, PEM."""

    chain: str
    anchors: str


class UnfitCertificate(InputError):
    """What the hub gave does not fit what was asked for; the old identity stays in force."""

    code = "unfit_certificate"


def pending_key(data: Path, what: str, reference: str = "") -> Secret:
    """The key that waits for `what`; made when there is none for this `reference`.

    Errors: DiskRefused, PermissionRefused.
    """
    folder = data / f"{what}.pending"
    try:
        if _text(folder / "reference") == reference and (known := _text(folder / "key.pem")):
            return Secret(known)
        shutil.rmtree(folder, ignore_errors=True)
        make_folder(folder)
        key = keys.make_key()
        write_new(folder / "key.pem", key.reveal().encode())
        write_new(folder / "reference", reference.encode())  # last: without it the key is made anew
        sync(folder)
        sync(data)
    except OSError as error:
        raise refused(error) from error
    return key


def drop_pending(data: Path, what: str) -> None:
    """Forget a key that waited."""
    shutil.rmtree(data / f"{what}.pending", ignore_errors=True)


def put_in_force(
    data: Path,
    *,
    key: Secret,
    certified: Certified,
    name: str,
    agents: str,
    claimed_ns: int,
    same_as: NodeFile | None = None,
) -> Identity:
    """Check what the hub gave and install it.

    1. the certificate is for this key  2. it leads to one of the anchors
    3. it names a node; `same_as`: the same node as before
    Errors: UnfitCertificate; DiskRefused, PermissionRefused.
    """
    chain = keys.load_chain(certified.chain)
    if not chain:
        raise UnfitCertificate("the hub gave no certificate")
    leaf = keys.view(chain[0])
    # 1
    if leaf.key_sha256 != keys.own_key_sha256(key):
        raise UnfitCertificate("the hub's certificate is for another key")
    # 2
    _require_anchored(chain, keys.load_chain(certified.anchors))
    # 3
    identity = parse_identity(next((n for n in leaf.names if n.startswith("spiffe://")), ""))
    if same_as and (same_as.node, same_as.hub) != (identity.node, identity.hub):
        raise UnfitCertificate(f"the hub's certificate is for another node: {identity.node}")
    node = NodeFile(
        node=identity.node,
        space=identity.space,
        name=name,
        hub=identity.hub,
        agents=agents,
        serial=leaf.serial,
        sha256=leaf.sha256,
        not_before_ns=leaf.not_before_ns,
        not_after_ns=leaf.not_after_ns,
        claimed_ns=claimed_ns,
    )
    return install_identity(
        data, key=key, chain=certified.chain, anchors=certified.anchors, node=node
    )


def _require_anchored(chain: list[x509.Certificate], anchors: list[x509.Certificate]) -> None:
    for certificate, issuers in zip(chain, [*([c] for c in chain[1:]), anchors], strict=True):
        issued = any(_is_issued_by(certificate, issuer) for issuer in issuers)
        if not issued and certificate not in anchors:
            raise UnfitCertificate("the hub's certificate does not lead to its trust anchor")


def _is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
        return None


def make_renewal_request(data: Path) -> str:
    """A request for a new key of the node (PEM). A request that got no answer is repeated."""
    return keys.make_request(pending_key(data, RENEWAL, load_identity(data).node.serial))


def install_renewal(data: Path, certified: Certified) -> Identity:
    """Put the renewed credential in force. Errors: as `put_in_force`; NotFound."""
    old = load_identity(data).node
    waiting = _text(data / f"{RENEWAL}.pending" / "key.pem")
    if waiting is None:
        raise NotFound("no key waits for a certificate")
    identity = put_in_force(
        data,
        key=Secret(waiting),
        certified=certified,
        name=old.name,
        agents=old.agents,
        claimed_ns=old.claimed_ns,
        same_as=old,
    )
    drop_pending(data, RENEWAL)
    return identity


def main(arguments: list[str]) -> int:
    """Run one step for the agent: result on standard output, cause of failure on the other."""
    try:
        match arguments:
            case ["request", folder]:
                sys.stdout.write(make_renewal_request(Path(folder)))
            case ["install", folder]:
                sys.stdout.write(install_renewal(Path(folder), _read_certified()).node.serial)
            case _:
                raise InputError(
                    "usage: python -m muster.agent.joining.credential request|install DIR"
                )
    except MusterError as error:
        sys.stderr.write(str(error))
        return 1
    return 0


def _read_certified() -> Certified:
    try:
        return msgspec.json.decode(sys.stdin.buffer.read(1 << 20), type=Certified)
    except msgspec.DecodeError as error:
        raise InputError(f"standard input: {error}") from error


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""What is done with the key of a root on the hub's machine, by its operator, outside the hub.

The hub's process never has a key of its CA, so a key that comes from elsewhere does not pass
through it: the command makes what is needed and lays it ready in `DIR/ca.staged`, and the
signer takes it on when the hub says so. Everything here blocks.
"""

import os
import uuid
from pathlib import Path

import msgspec

from muster.errors import Conflict, InputError, NotFound, Unavailable
from muster.files import sync, write_new
from muster.log import Secret
from muster.pki import authority, keys, profile, rollover
from muster.pki.authority import Hierarchy, hub_of
from muster.pki.rollover import Ring
from muster.store.keystore import MAX_FILE_BYTES, KeyStore

MIN_PASSPHRASE = 12  # characters: what protects a file that may be copied and tried at leisure
_MAX_PASSPHRASE_BYTES = 1023  # more OpenSSL does not take


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """A root that somebody brings along. `keep_key` False: the hub never stores its key."""

    certificate: str
    key: Secret
    keep_key: bool = True


def read_certificate(path: Path) -> str:
    """A certificate in a file (PEM). Errors: InputError naming it."""
    try:
        data = path.read_bytes()[: MAX_FILE_BYTES + 1]
        text = data.decode("ascii")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not PEM"
        raise InputError(f"{str(path)!r} cannot be read: {reason}") from error
    keys.load_chain(text)
    return text


def export_root(store: KeyStore, target: Path, passphrase: Secret, now_ns: int) -> str:
    """Write the root's key, encrypted, read it back, and note that; its pin.

    Errors: Conflict when the key is not here or the file is; InputError for a short passphrase
            or one without end;
            Unavailable when the disk refuses, and then nothing is left.
    """
    if len(passphrase.reveal()) < MIN_PASSPHRASE:
        raise InputError(f"a passphrase of {MIN_PASSPHRASE} characters or more is needed")
    if len(passphrase.reveal().encode()) > _MAX_PASSPHRASE_BYTES:
        raise InputError(f"a passphrase has {_MAX_PASSPHRASE_BYTES} bytes at most")
    root = store.read().current
    if root.root_key is None:
        raise Conflict("the root's key is not on this hub")
    text = keys.format_key(keys.load_signing_key(root.root_key), passphrase).reveal()
    try:
        write_new(target, text.encode())
        sync(target.absolute().parent)
    except FileExistsError as error:
        raise Conflict(f"{str(target)!r} is there already") from error
    except OSError as error:
        target.unlink(missing_ok=True)
        raise Unavailable(f"cannot write {str(target)!r}: {error.strerror}") from error
    pin = keys.views(root.root)[0].key_sha256
    written = keys.load_signing_key(Secret(target.read_text()), passphrase)
    if keys.key_sha256(written.public_key()) != pin:
        raise Unavailable(f"{str(target)!r} does not hold what was written; is the disk sound?")
    store.note_export(now_ns)
    return pin


def remove_root(store: KeyStore, *, force: bool) -> None:
    """Let the root's key be elsewhere alone.

    Errors: Conflict when it is gone, or was never exported and it is not forced.
    """
    if not store.has_root_key():
        raise Conflict("the root's key is not on this hub")
    if not store.exported_ns() and not force:
        raise Conflict(
            "no copy of the root's key was made and verified: muster ca root export FILE first"
        )
    store.remove_root_key()


def stage_roll(store: KeyStore, root_key: Secret, now_ns: int) -> None:
    """Lay a new root ready, with the key of the one of now. Errors: Conflict, InputError."""
    ring = store.read()
    fresh = authority.make_hierarchy(now_ns, hub_of(ring.current.agents))
    _stage(store, rollover.prepare(ring, fresh, root_key, now_ns))


def stage_import(
    store: KeyStore, brought: Brought, old_root_key: Secret | None, now_ns: int
) -> None:
    """Lay a root that was brought along ready, as the next one. Errors: Conflict, InputError."""
    ring = store.read()
    fresh = _below(brought, hub_of(ring.current.agents), now_ns)
    old_key = old_root_key or ring.current.root_key
    _stage(store, rollover.prepare(ring, fresh, old_key, now_ns))


def begin_with(store: KeyStore, brought: Brought, now_ns: int) -> str:
    """Lay the CA of a hub that was never started ready; the hub's id. Errors: InputError.

    Its first start takes it on: a CA that is there without records is a hub that lost them.
    """
    hub = str(uuid.uuid4())
    with store.changing():
        store.stage(_below(brought, hub, now_ns), "")
    return hub


def stage_issuers(store: KeyStore, root_key: Secret, now_ns: int) -> None:
    """Lay new issuing certificates ready, under the root of now. Errors: InputError."""
    current = store.read().current
    key, root = keys.load_signing_key(root_key), keys.load_chain(current.root)[0]
    if keys.key_sha256(key.public_key()) != keys.key_sha256(root.public_key()):
        raise InputError("this is not the key of the root that signs now")
    hub = hub_of(current.agents)
    agents_key, agents = authority.make_issuer(profile.AGENTS, hub, root, key, now_ns)
    servers_key, servers = authority.make_issuer(profile.SERVERS, hub, root, key, now_ns)
    fresh = Hierarchy(
        root_key=None,
        root=current.root,
        agents_key=agents_key,
        agents=agents,
        servers_key=servers_key,
        servers=servers,
    )
    store.stage(fresh, "")


def require_owner(folder: Path) -> None:
    """Files of the CA are made for who owns it. Errors: NotFound, InputError with the remedy."""
    if not folder.exists():
        raise NotFound(f"no CA in {folder}; start the hub once, or name its folder with --data DIR")
    owner = folder.stat().st_uid
    if owner != os.geteuid():
        raise InputError(f"{folder} belongs to user {owner}: run this as that user")


def _below(brought: Brought, hub: str, now_ns: int) -> Hierarchy:
    return rollover.below(brought.certificate, brought.key, hub, now_ns, keep_key=brought.keep_key)


def _stage(store: KeyStore, prepared: Ring) -> None:
    if prepared.other is None:
        raise TypeError("a prepared ring has another CA")
    store.stage(prepared.other, prepared.cross)

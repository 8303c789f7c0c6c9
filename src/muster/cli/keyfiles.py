"""Keys that are made here and go nowhere: NAME.key beside the certificate that was got for it."""

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from muster.errors import Conflict, InputError, Unavailable
from muster.files import sync, write_new

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_Certify = Callable[[str], Any]  # a request (PEM) -> what the hub made of it


def certify(folder: Path, name: str, ask: _Certify, *, replace: bool = False) -> Any:  # noqa: ANN401
    """Make a key, have it certified, and leave NAME.key (0600), NAME.pem and ca.pem in a folder.

    `replace`: in place of those that are there, which stay if anything fails.
    Errors: Conflict for files that are there; Unavailable; what the hub says.
    """
    from muster.pki import keys

    base = _UNSAFE.sub("_", name).lstrip(".")
    if not base:
        raise InputError(f"no name for files: {name!r}")
    key_file, chain_file = folder / f"{base}.key", folder / f"{base}.pem"
    if key_file.exists() and not replace:
        raise Conflict(f"{str(key_file)!r} is there already; muster pki renew replaces it")
    key = keys.make_key()
    fresh = folder / f".{base}.key.new"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        write_new(fresh, key.reveal().encode())  # before the hub is asked: is there a place for it?
        try:
            made = ask(keys.make_request(key))
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        chain = keys.load_chain(made["chain"])
        _write(chain_file, made["chain"])
        _write(folder / "ca.pem", keys.format_chain(*chain[1:]))
        fresh.rename(key_file)
        sync(folder)
    except OSError as error:
        raise Unavailable(
            f"cannot write {str(error.filename or folder)!r}: {error.strerror}"
        ) from error
    return made | {"key_file": str(key_file), "chain_file": str(chain_file)}


def _write(path: Path, text: str) -> None:
    """For all to read: these are public."""
    fresh = path.with_name(f".{path.name}.new")
    with suppress(FileNotFoundError):
        fresh.unlink()
    write_new(fresh, text.encode("ascii"))
    fresh.chmod(0o644)
    fresh.rename(path)
